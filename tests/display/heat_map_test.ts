import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { type HeatMap, heatMap } from "../../src/display/mod.ts";

const svgOf = (map: HeatMap) => {
  const [, data] = heatMap(map).html!.match(/base64,([^"]+)/)!;
  return new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)));
};

Deno.test("a heat map in text: shades, blanks, panels beside each other", () => {
  const values = [[1, NaN], [0, 0.5]];
  const { text } = heatMap({
    title: "Map",
    rows: ["a", "bc"],
    panels: [{ title: "one", values }, { title: "two", values }],
  });
  assert.equal(text, ["Map", "      one  two", "  a   █    █", "  bc   ▒    ▒"].join("\n"));
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

Deno.test("no input draws a NaN, leaves the picture or injects", () => {
  const evil = `</text><script>"&'\x00`;
  const big = Array.from({ length: 40 }, (_, i) => Array(40).fill(i));
  const hard = [[], [[]], [[NaN]], [[0, 0]], [[Infinity, -3]], big, [[1e308, -1e308]]];
  for (const values of hard) {
    for (const count of [0, 1, 7]) {
      const panels = Array.from({ length: count }, () => ({ title: evil, values }));
      const svg = svgOf({ title: evil, rows: values.map(() => evil), panels, width: 240 });
      assert.doesNotMatch(svg, /NaN|Infinity|undefined|<script|\p{Cc}/u);
      const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
      for (
        const [, x, y, w, h] of svg.matchAll(
          /<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)"/g,
        )
      ) {
        assert.ok(Number(x) >= 0 && Number(x) + Number(w) <= width + 0.1, `x ${x} ${w} of ${width}`);
        assert.ok(Number(y) >= 0 && Number(y) + Number(h) <= height + 0.1, `y ${y} ${h} of ${height}`);
      }
    }
  }
});

Deno.test("heat map options are strict", () => {
  assert.throws(() => heatMap({ title: "", rows: [], panels: [], coloums: [] } as never), ConfigError);
});
