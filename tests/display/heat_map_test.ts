import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { type HeatMap, heatMap } from "../../src/display/mod.ts";

const svgsOf = (map: HeatMap) =>
  [...heatMap(map).html!.matchAll(/base64,([^"]+)/g)].map(([, data]) =>
    new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)))
  );

Deno.test("a heat map in text: shades, blanks, panels beside each other", () => {
  const values = [[1, NaN], [0, 0.5]];
  const { text } = heatMap({
    title: "Map",
    rows: ["a", "bc"],
    panels: [{ title: "one", values }, { title: "two", values }],
  });
  assert.equal(text, ["Map", "      one  two", "  a   █    █", "  bc   ▒    ▒", "  0 ·░▒▓█ 1"].join("\n"));
});

Deno.test("a heat map with words names its columns and keeps the words", () => {
  const { text } = heatMap({
    title: "",
    rows: ["r"],
    columns: ["x", "a long long name"],
    panels: [{ title: "", values: [[1, 2]], texts: [["one", "two"]] }],
  });
  assert.deepEqual(text.split("\n").map((l) => l.trim().split(/\s{2,}/)), [["x", "a long lon…"], [
    "r",
    "one",
    "two",
  ]]);
});

/** Asserts that all cells are inside the picture. */
function checkCells(svg: string): void {
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|<script|\p{Cc}/u);
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
  const cells = /<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)"/g;
  for (const [, x, y, w, h] of svg.matchAll(cells)) {
    assert.ok(Number(x) >= 0 && Number(x) + Number(w) <= width + 0.1, `x ${x} ${w} of ${width}`);
    assert.ok(Number(y) >= 0 && Number(y) + Number(h) <= height + 0.1, `y ${y} ${h} of ${height}`);
  }
}

Deno.test("no input draws a NaN, leaves the picture or injects", () => {
  const evil = `</text><script>"&'\x00`;
  const big = Array.from({ length: 40 }, (_, i) => Array(40).fill(i));
  const hard = [[], [[]], [[NaN]], [[0, 0]], [[Infinity, -3]], big, [[1e308, -1e308]]];
  for (const values of hard) {
    for (const count of [0, 1, 7]) {
      const panels = Array.from({ length: count }, () => ({ title: evil, values }));
      const map = { title: evil, rows: values.map(() => evil), panels, width: 240 };
      assert.doesNotMatch(heatMap(map).html!, /NaN|undefined|<script|\p{Cc}/u);
      const svgs = svgsOf(map);
      assert.equal(svgs.length, count);
      svgs.forEach(checkCells);
    }
  }
});

Deno.test("heat map options are strict", () => {
  assert.throws(() => heatMap({ title: "", rows: [], panels: [], coloums: [] } as never), ConfigError);
});

Deno.test("every heat map in a notebook has the scale of its shades", () => {
  const values = [[0.25, 4000]];
  const image = heatMap({ title: "", rows: ["r"], panels: [{ title: "", values }] }).html!;
  assert.match(image, />0 <span[^>]*#0f7cc01a"[\s\S]*#0f7cc0ff"><\/span> 4,000</);
  const words = heatMap({
    title: "",
    rows: ["r"],
    panels: [{ title: "", values, texts: [["a", "b"]] }],
    most: 1,
    format: (x) => `${100 * x}%`,
  }).html!;
  assert.match(words, />0% <span[\s\S]*<\/span> 100%</);
});

Deno.test("names of many rows and columns are thinned, so that they do not collide", () => {
  const values = Array.from({ length: 200 }, () => Array(200).fill(1));
  const names = values.map((_, i) => `token${i}`);
  const html = heatMap({ title: "", rows: names, columns: names, panels: [{ title: "", values }] }).html!;
  const size = Number(html.match(/<div style="height:(\d+)px/)![1]);
  const rows = [...html.matchAll(/>(\d+) token\d+<\/div>/g)].map((m) => Number(m[1]));
  assert.ok(rows.length > 10);
  for (let i = 1; i < rows.length; i++) assert.ok((rows[i] - rows[i - 1]) * size >= 10);
  const lefts = [...html.matchAll(/position:absolute;left:([\d.-]+)px/g)].map((m) => Number(m[1]));
  for (let i = 1; i < lefts.length; i++) assert.ok(lefts[i] - lefts[i - 1] >= 16, String(lefts));
  assert.doesNotMatch(html, /Columns:/);
  const other = heatMap({
    title: "",
    rows: ["a"],
    columns: ["x", "y"],
    panels: [{ title: "", values: [[1, 2]] }],
  });
  assert.match(other.html!, /Columns: 1 x, 2 y/);
});
