import assert from "node:assert/strict";
import { unpainted } from "../../../src/display/terminal.ts";
import { programPicture } from "../../../src/gpu/listing/program_picture.ts";
import { Recorder } from "../../../src/gpu/mod.ts";
import { matmul } from "../../../src/ops/mod.ts";
import { device, recorded } from "./recorded.ts";

const title = "test: some calls";
const picture = (blocks: number, ms?: readonly number[]) =>
  programPicture({ title, ...recorded(blocks), ms, canRun: true });

Deno.test("a program's text has a line per call, and one for a block that repeats another", () => {
  const lines = picture(3).text.split("\n");
  assert.equal(lines[0], title);
  assert.match(lines[2], /^block 0 forward, calls 0 to 2 .* kB$/);
  assert.match(
    lines[3],
    /^ {4}0 {2}norm, rms {11}rmsnorm .* kB {2}x\[4 32\] g\[32\] \*y\[4 32\] \*scale\[4\]$/,
  );
  assert.match(lines[6], /^block 1 forward, calls 3 to 5 .* as block 0 forward$/);
  assert.match(lines.at(-2)!, /^block 0 backward, .* as block 2 backward/);
  assert.match(lines.at(-1)!, /program\.profile\(\) measures/);
});

Deno.test("a program's text fits a terminal; with times it shows them and their sums", () => {
  for (const line of picture(2).terminal!(unpainted, 70).split("\n")) assert.ok(line.length <= 70, line);
  const { calls } = recorded(1);
  const { text } = picture(1, calls.map((_, i) => i + 1));
  assert.match(text, /^block 0 forward, calls 0 to 2 +6\.000 ms$/m);
  assert.match(text, /^ +2 +softmax +softmax +3\.000 ms /m);
  assert.doesNotMatch(text, /measures/);
});

Deno.test("a program that can run no more names no way to measure it", () => {
  const { text, html = "" } = programPicture({ title, ...recorded(1), canRun: false });
  assert.doesNotMatch(text + html, /profile/);
});

Deno.test("rows open to formulas; each WGSL text stands in the HTML once", () => {
  const html = picture(12).html!;
  const count = (text: string) => html.split(text).length - 1;
  assert.equal(count("{ let v = x_vec(x[base + c]); squares += total(times(v, v)); }"), 1, "rmsnorm.wgsl");
  assert.equal(count("let gate = times(a, s);"), 1, "swiglu_grad.wgsl");
  assert.equal(count("<b>"), 24, "a line per block and direction");
  assert.equal(count("<i>"), 22, "all but the first of each repeat it");
  assert.ok(count("sqrt(mean_i(x_i^2) + eps)") >= 1);
  assert.equal(count("<details"), count("</details>"));
});

Deno.test("bars of time are as long as the share of the longest call", () => {
  const { calls } = recorded(1);
  const html = picture(1, calls.map((_, i) => i === 1 ? 8 : 2)).html!;
  const row = (n: number) => /width:(\d+)px/.exec(html.split("<summary>  ")[n + 1] ?? "")?.[1];
  assert.deepEqual([row(0), row(1), row(2)].map(Number), [23, 90, 23]);
});

Deno.test("a program of a thousand calls stays small in a notebook", () => {
  assert.ok(picture(12).html!.length < 60_000);
  assert.ok(recorded(200).calls.length > 1000);
  assert.ok(picture(200).html!.length < 200_000);
});

Deno.test("an unrolled kernel stands in the HTML as its template", () => {
  const r = new Recorder({ ...device, family: "subgroup", subgroup: 8, subgroups: true });
  const [a, b, c] = ["a", "b", "c"].map((name) => r.tensor(name, [64, 64]));
  matmul(r, "nn", a, b, c);
  const { html = "" } = programPicture({ title, calls: r.calls, forwardCalls: 1, canRun: true });
  assert.match(html, /#for q, i/);
  assert.ok(html.length < r.calls[0].kernel!.code.length / 2);
});

Deno.test("names of tensors and parts cannot inject HTML", () => {
  const r = new Recorder(device);
  r.scope("<u>part</u>", () => r.sum("<s>y</s>", r.tensor("a", [4]), r.tensor("b", [4])));
  const { html = "" } = programPicture({
    title: "<em>t</em>",
    calls: r.calls,
    forwardCalls: 1,
    canRun: true,
  });
  assert.doesNotMatch(html, /<(u|s|em)>/);
});
