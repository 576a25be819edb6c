import assert from "node:assert/strict";
import {
  bytes,
  count,
  duration,
  energy,
  fixed,
  mass,
  number,
  percent,
  plural,
  rate,
} from "../../src/display/mod.ts";

Deno.test("count keeps three digits and never shows a thousand of a unit", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [7, "7"],
    [999, "999"],
    [1000, "1.00K"],
    [1234567, "1.23M"],
    [999_499, "999K"],
    [999_999, "1.00M"],
    [6.7e9, "6.70B"],
    [1.4e12, "1.40T"],
    [-5321, "-5.32K"],
    [0.25, "0.250"],
    [1e30, "1.00e30"],
    [NaN, "NaN"],
    [-Infinity, "-∞"],
  ];
  for (const [x, text] of cases) assert.equal(count(x), text);
});

Deno.test("bytes are decimal", () => {
  assert.deepEqual([0, 512, 1000, 56_800_000, 2.5e12].map(bytes), [
    "0 B",
    "512 B",
    "1.00 kB",
    "56.8 MB",
    "2.50 TB",
  ]);
});

Deno.test("energy and mass have units from a lamp to the paper's runs", () => {
  assert.deepEqual([0.0521, 36, 449e6, 2.638e9].map(energy), ["0.0521 Wh", "36 Wh", "449 MWh", "2.64 GWh"]);
  assert.deepEqual([0.02, 14, 173e6, 1.016e9].map(mass), ["0.0200 g", "14 g", "173 t", "1.02 kt"]);
});

Deno.test("duration changes unit at the rounded border", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [1e-5, "0.01 ms"],
    [0.25, "250 ms"],
    [0.9994, "999 ms"],
    [0.9996, "1.0 s"],
    [9.94, "9.9 s"],
    [9.96, "10 s"],
    [59.6, "1 min 00 s"],
    [65, "1 min 05 s"],
    [3599.6, "1 h 00 min"],
    [7500, "2 h 05 min"],
    [86_399, "1 d 00 h"],
    [273_600, "3 d 04 h"],
    [-3.2, "-3.2 s"],
    [Infinity, "∞"],
  ];
  for (const [x, text] of cases) assert.equal(duration(x), text);
});

Deno.test("number gives significant digits and never an exponent in between", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [-0, "0"],
    [3, "3"],
    [4.1, "4.100"],
    [9.99996, "10.00"],
    [999, "999"],
    [2021, "2,021"],
    [12345, "12,345"],
    [1234.5, "1,235"],
    [-99999.5, "-100,000"],
    [0.00012, "0.0001200"],
    [0.00001, "1.000e-5"],
    [1e15, "1.000e15"],
  ];
  for (const [x, text] of cases) assert.equal(number(x), text);
  assert.equal(number(3.14159, 2), "3.1");
});

Deno.test("fixed and percent keep their decimals, and zero has no sign", () => {
  assert.equal(fixed(1234567.891, 2), "1,234,567.89");
  assert.equal(fixed(-0.0001, 2), "0.00");
  assert.equal(percent(0.1234), "12.3%");
  assert.equal(percent(1, 0), "100%");
  assert.equal(percent(NaN), "NaN");
});

Deno.test("a number of things has its noun in the right form, and thousands are grouped", () => {
  const cases: [number, string, string][] = [
    [0, "document", "0 documents"],
    [1, "document", "1 document"],
    [1721, "token", "1,721 tokens"],
    [2, "entry", "2 entries"],
    [2, "day", "2 days"],
    [3, "batch", "3 batches"],
    [1, "pass", "1 pass"],
    [2, "pass", "2 passes"],
    [1.5, "epoch", "1.500 epochs"],
  ];
  for (const [amount, noun, text] of cases) assert.equal(plural(amount, noun), text);
  assert.equal(plural(2, "child", "children"), "2 children");
});

Deno.test("a speed is grouped below ten thousand and has a suffix above", () => {
  const speeds = [0, 0.25, 85.4, 1720.7, 9999.4, 9999.6, 12_345, 1.2e6].map((x) => rate(x, "tokens"));
  assert.deepEqual(speeds, [
    "0 tokens/s",
    "0.250 tokens/s",
    "85.4 tokens/s",
    "1,721 tokens/s",
    "9,999 tokens/s",
    "10.0K tokens/s",
    "12.3K tokens/s",
    "1.20M tokens/s",
  ]);
});
