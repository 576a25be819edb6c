import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import {
  barChart,
  barChartSvg,
  COLOURS,
  type LineChart,
  lineChart,
  lineChartSvg,
  sparkline,
  svgImage,
} from "../../src/display/mod.ts";

type Points = [number, number][];
const curve = (n: number, f: (i: number) => number): Points =>
  Array.from({ length: n }, (_, i) => [i + 1, f(i)]);
const chart = (points: Points, more: Partial<LineChart> = {}): LineChart => ({
  title: "Loss",
  xLabel: "step",
  yLabel: "nats",
  series: [{ name: "train", points }],
  ...more,
});

/** Asserts that every number of the drawing is finite and inside the picture. */
function checkSvg(svg: string, what: string): void {
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|\[object/, what);
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
  for (const [, list] of svg.matchAll(/points="([^"]*)"/g)) {
    for (const pair of list.split(" ")) {
      const [x, y] = pair.split(",").map(Number);
      assert.ok(x >= 0 && x <= width && y >= 0 && y <= height, `${what}: point ${pair}`);
    }
  }
  for (const [, , value] of svg.matchAll(/ (x|cx|width)="(-?[\d.]+)"/g)) {
    assert.ok(Number(value) >= 0 && Number(value) <= width, `${what}: ${value}`);
  }
  for (const [, , value] of svg.matchAll(/ (y|cy|height)="(-?[\d.]+)"/g)) {
    assert.ok(Number(value) >= 0 && Number(value) <= height, `${what}: ${value}`);
  }
}

/** Returns the texts of the ticks as numbers, in the order drawn: y upwards, then x. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((m) => m[1]);
}

/** Returns the number of dots: round ends of lines without length. */
function dots(svg: string): number {
  return [...svg.matchAll(/<path[^>]* d="M[\d.]+ [\d.]+h0"[^>]*stroke-linecap="round"/g)].length;
}

Deno.test("the text of a line chart is a sparkline and the last value of each curve", () => {
  const { text } = lineChart({
    ...chart([]),
    series: [
      { name: "train", points: [[1, 8], [2, 4], [3, NaN], [4, 1]] },
      { name: "validation", points: [], dashed: true },
    ],
  });
  assert.equal(text, "Loss (nats)\n  train       █▄ ▁  1 at step 4\n  validation  no points yet");
});

Deno.test("a small line chart, element by element", () => {
  const svg = lineChartSvg(chart([[0, 1], [10, 3]], { width: 400, height: 200 }));
  assert.deepEqual(texts(svg), [
    "Loss",
    "train",
    "step",
    "nats",
    ..."1.0 1.5 2.0 2.5 3.0".split(" "),
    ..."0 2 4 6 8 10".split(" "),
  ]);
  assert.match(svg, /<tspan dx="6" fill="#57606a">3<\/tspan>/);
  assert.match(svg, /<rect width="100%" height="100%" fill="#ffffff"\/>/);
  assert.equal(svg.match(/<polyline/g)!.length, 1);
  assert.equal(dots(svg), 2);
});

Deno.test("no input draws a NaN or leaves the picture", () => {
  const random = new Random(42);
  const hard: [string, Points][] = [
    ["no points", []],
    ["one point", [[5, 2]]],
    ["equal values", curve(20, () => 3)],
    ["equal zeros", curve(20, () => 0)],
    ["equal x", [[7, 1], [7, 2]]],
    ["not finite", curve(20, (i) => [1, NaN, Infinity, -Infinity, 2][i % 5])],
    ["only NaN", curve(3, () => NaN)],
    ["NaN x", [[NaN, 1], [1, 1], [Infinity, 2]]],
    ["huge", curve(9, (i) => (i - 4) * 4e307)],
    ["all huge", curve(9, () => Number.MAX_VALUE)],
    ["tiny", curve(9, (i) => i * Number.MIN_VALUE)],
    ["tiny and huge", [[1, Number.MIN_VALUE], [2, Number.MAX_VALUE]]],
    ["almost equal", curve(9, (i) => 1e9 + i * 1e-7)],
    ["huge x", [[1e300, 1], [2e300, 2]]],
    ["many", curve(200_000, () => random.normal())],
    ["negative", curve(9, (i) => -i)],
  ];
  for (const [what, points] of hard) {
    for (const [logX, logY] of [[false, false], [false, true], [true, false], [true, true]]) {
      for (const [width, height] of [[640, 260], [120, 120]]) {
        const svg = lineChartSvg(chart(points, { logX, logY, width, height }));
        checkSvg(svg, `${what}, logX ${logX}, logY ${logY}, ${width}x${height}`);
        assert.ok(svg.length < 100_000, `${what}: ${svg.length} characters`);
        assert.ok([...svg.matchAll(/<path/g)].length < 60, `${what}: too many ticks`);
      }
    }
  }
});

Deno.test("a logarithmic x axis gives decades equal room, and leaves out what is not positive", () => {
  const svg = lineChartSvg(chart([[-1, 9], [0, 9], [1e-4, 3], [1e-3, 2], [1e-2, 1]], { logX: true }));
  const [points] = [...svg.matchAll(/<polyline[^>]* points="([^"]*)"/g)].map((hit) =>
    hit[1].split(" ").map((point) => Number(point.split(",")[0]))
  );
  assert.equal(points.length, 3);
  assert.ok(Math.abs((points[1] - points[0]) - (points[2] - points[1])) < 0.2, `${points}`);
  for (const tick of ["0.0001", "0.001", "0.01"]) assert.ok(texts(svg).includes(tick), `${texts(svg)}`);
  assert.ok(!texts(svg).includes("9.0"), "the axis of y ends at what is drawn");
});

Deno.test("a gap stays a gap and a lone point beside it is seen", () => {
  const svg = lineChartSvg(chart([...curve(20, (i) => i === 18 ? NaN : i)]));
  assert.equal(svg.match(/<polyline/g)!.length, 1);
  assert.equal(dots(svg), 1);
});

Deno.test("thinning keeps the peaks", () => {
  const spiked = curve(50_000, (i) => i === 31_234 ? 100 : Math.sin(i / 9000));
  const tops = (svg: string) =>
    Math.min(...[...svg.matchAll(/[\d.]+,([\d.]+)[ "]/g)].map((m) => Number(m[1])));
  const few = curve(3, (i) => i === 1 ? 100 : 0);
  assert.ok(Math.abs(tops(lineChartSvg(chart(spiked))) - tops(lineChartSvg(chart(few)))) < 3);
});

Deno.test("faint curves are thin and lie behind, dashed ones are dashed", () => {
  const svg = lineChartSvg({
    ...chart([]),
    series: [
      { name: "average", points: curve(20, (i) => i) },
      { name: "bound", points: [[1, 3], [20, 3]], dashed: true },
      { name: "raw", points: curve(20, (i) => i), faint: true },
    ],
  });
  const lines = [...svg.matchAll(/<polyline[^>]*>/g)].map((m) => m[0]);
  assert.deepEqual(lines.map((l) => [l.includes('stroke-width="1"'), l.includes("dasharray")]), [
    [true, false],
    [false, false],
    [false, true],
  ]);
});

Deno.test("a band is shaded around its curve, the axes reach its edges, and text names its end", () => {
  const spread = (factor: number): LineChart => ({
    ...chart([]),
    series: [{
      name: "mean",
      points: curve(20, (i) => i),
      band: curve(20, (i) => i).map(([x, y]) => [x, y - factor, y + factor]),
    }],
  });
  const svg = lineChartSvg(spread(1000));
  const areas = [...svg.matchAll(/<polygon[^>]*>/g)].map((m) => m[0]);
  assert.equal(areas.length, 1);
  assert.ok(areas[0].includes(`fill="${COLOURS[0]}"`));
  assert.ok(/>1,?000</.test(svg) && />-1,?000</.test(svg), "the axis has the edges of the band");
  assert.ok(!lineChartSvg(spread(1)).includes(">1000<"));
  assert.ok(lineChart(spread(2)).text.includes("19 (17 to 21) at step 20"));
  assert.equal([...lineChartSvg(chart(curve(20, (i) => i))).matchAll(/<polygon/g)].length, 0);
});

Deno.test("names and titles are escaped, cut and free of what XML forbids", () => {
  const evil = `</text><script>"&'\x00\x1b\uffff`;
  const options = chart([[1, 1]], { title: evil.repeat(20), xLabel: evil, yLabel: evil });
  for (
    const svg of [
      lineChartSvg(options),
      barChartSvg({ title: evil, bars: [{ label: evil, value: 1, note: evil }] }),
    ]
  ) {
    assert.doesNotMatch(svg, /<script|\p{Cc}|\uffff/u);
    assert.match(svg, /&lt;script&gt;/);
    checkSvg(svg, "escaped");
  }
  assert.match(lineChartSvg(options), /…<\/text>/);
});

Deno.test("forty curves leave room for themselves", () => {
  const series = Array.from(
    { length: 40 },
    (_, k) => ({ name: `series ${k}`.padEnd(16, "."), points: curve(5, (i) => i + k) }),
  );
  const svg = lineChartSvg({ ...chart([]), series });
  checkSvg(svg, "forty");
  const more = texts(svg).find((t) => /^and \d+ more$/.test(t));
  assert.ok(more, "the key says how many it leaves out");
  const named = texts(svg).filter((t) => t.startsWith("series")).length;
  assert.equal(named + Number(more.split(" ")[1]), 40);
  const [, right, row] = svg.match(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>and \d+ more/)!.map(Number);
  for (
    const [, x, y, text] of svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)">(series \d+\.*<tspan[^>]*>[^<]*)/g)
  ) {
    const width = text.replace(/<[^>]*>/, "  ").length * 6;
    assert.ok(Number(y) < row || Number(x) + width < right - 60, `${text} touches what follows`);
  }
});

Deno.test("ticks are round, apart and say different things", () => {
  const random = new Random(7);
  for (let trial = 0; trial < 300; trial++) {
    const low = random.normal() * 10 ** random.below(9);
    const span = 10 ** (random.uniform() * 12 - 5);
    const svg = lineChartSvg(chart([[low, low], [low + span, low + span]]));
    const ticks = [
      ...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" fill="#57606a" text-anchor="(end|middle)">([^<]*)</g),
    ];
    for (const anchor of ["end", "middle"]) {
      const said = ticks.filter((t) => t[3] === anchor && t[4] !== "step").map((t) => t[4]);
      assert.equal(new Set(said).size, said.length, `${low} + ${span}: ${said}`);
      assert.ok(said.length >= 1 && said.length <= 14, `${low} + ${span}: ${said}`);
    }
    const xs = ticks.filter((t) => t[3] === "middle" && t[4] !== "step");
    for (let i = 1; i < xs.length; i++) {
      const gap = Number(xs[i][1]) - Number(xs[i - 1][1]);
      const half = (xs[i][4].length + xs[i - 1][4].length) / 2 * 5;
      assert.ok(gap > half, `${low} + ${span}: labels ${xs[i - 1][4]} and ${xs[i][4]} touch`);
    }
  }
});

Deno.test("bars: text, parts of a whole, the right answer", () => {
  const picture = barChart({
    title: "Documents",
    bars: [
      { label: "language", value: 75, of: 100, note: "not English" },
      { label: "dedup", value: 50, of: 75, highlight: true },
    ],
  });
  assert.equal(
    picture.text,
    [
      "Documents",
      "  language  ██████████████████░░░░░░  75 of 100, not English",
      "✓ dedup     ████████████░░░░░░        50 of 75",
    ].join("\n"),
  );
});

Deno.test("bars: no input draws a NaN or leaves the picture", () => {
  const hard = [[], [0], [NaN, 1], [Infinity, 2], [-1, -2], [-1, 2], [Number.MAX_VALUE, -Number.MAX_VALUE], [
    1e-320,
  ]];
  for (const values of hard) {
    const bars = values.map((value, i) => ({ label: `${"long ".repeat(i * 30)}${i}`, value }));
    const svg = barChartSvg({ title: "", bars, width: 240, format: () => "v" });
    checkSvg(svg, String(values));
  }
});

Deno.test("options are strict", () => {
  const wrong: [object, RegExp][] = [
    [{ ...chart([]), xlabel: "x" }, /did you mean "xLabel"/],
    [{ ...chart([]), width: NaN }, /lineChart\.width/],
    [
      { ...chart([]), series: [{ name: "a", points: 3 }] },
      /series\.0\.points: must be an array of \[x, y\] pairs/,
    ],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => lineChart(options as LineChart),
      (e) => e instanceof ConfigError && message.test(e.message),
    );
  }
  assert.throws(() => barChart({ title: "", bars: [{ label: "a", value: "1" }] } as never), ConfigError);
});

Deno.test("sparkline: width, gaps, equal and huge values", () => {
  assert.equal(sparkline([1, 2, 3, 4, 5, 6, 7, 8]), "▁▂▃▄▅▆▇█");
  assert.equal(sparkline([2, NaN, 2]), "▄ ▄");
  assert.equal(sparkline([]), "");
  assert.equal(sparkline([-1.7e308, 1.7e308]), "▁█");
  assert.equal(sparkline(Float32Array.from({ length: 1000 }, (_, i) => i), 8), "▁▂▃▄▅▆▇█");
});

Deno.test("an image is plain base64 with its text beside it", () => {
  const svg = `<svg>${"灌木".repeat(20_000)}</svg>`;
  const [, alt, data] = svgImage(svg, `a "b"`).match(
    /^<img alt="([^"]*)" style="max-width:100%" src="data:image\/svg\+xml;base64,([A-Za-z0-9+\/=]+)">$/,
  )!;
  assert.equal(alt, "a &quot;b&quot;");
  assert.equal(new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0))), svg);
});

Deno.test("the text of a chart without a title is headed by its quantity alone", () => {
  const { text } = lineChart({
    title: "",
    xLabel: "step",
    yLabel: "nats per token",
    series: [{ name: "loss", points: [[1, 2], [2, 1]] }],
  });
  assert.equal(text.split("\n")[0], "nats per token");
});

Deno.test("a curve names its best value where the last is not the best", () => {
  const points: Points = [[1, 3], [2, 1], [3, NaN], [4, 2]];
  const text = (best?: "lowest" | "highest") =>
    lineChart({ ...chart([]), series: [{ name: "a", points, best }] }).text.split("\n")[1].slice(11);
  assert.equal(text(), "2 at step 4");
  assert.equal(text("lowest"), "2 at step 4, lowest 1 at step 2");
  assert.equal(text("highest"), "2 at step 4, highest 3 at step 1");
  const rising = lineChart({
    ...chart([[1, 1], [2, 5]]),
    series: [{ name: "a", points: [[1, 1], [2, 5]], best: "highest" }],
  });
  assert.doesNotMatch(rising.text, /highest/);
});

Deno.test("a chart in a notebook has its words in HTML and takes the width of its cell", () => {
  const { html } = lineChart(chart([[0, 1], [10, 3]]));
  const [, data] = html!.match(/base64,([^"]+)/)!;
  const svg = atob(data);
  assert.doesNotMatch(svg, /<text/);
  assert.match(svg, /preserveAspectRatio="none"/);
  assert.match(html!, /<img alt="Loss[^"]*" style="display:block;width:100%;height:220px/);
  for (const word of ["Loss", "train", "<b>3</b>", "step", "nats", ">1.5<", ">10<"]) {
    assert.ok(html!.includes(word), word);
  }
});

Deno.test("bars in a narrow terminal fit, and no number is cut", () => {
  const bars = [
    {
      label: "a long name of a step that is cut somewhere",
      value: 1_234_567,
      of: 12_345_678,
      note: "because of 9,999 reasons",
    },
    { label: "b", value: 3, of: 4, highlight: true },
  ];
  const { text, terminal } = barChart({ title: "Bars", bars });
  assert.match(text, /1,234,567 of 12,345,678/);
  for (const line of text.split("\n")) assert.ok([...line].length <= 80, line);
  assert.match(terminal!((words, style) => `<${style}>${words}`), /<green>✓/);
});
