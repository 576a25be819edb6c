import assert from "node:assert/strict";
import {
  barChart,
  barChartSvg,
  heatMap,
  keyValues,
  lineChart,
  lineChartSvg,
  meterHtml,
  table,
} from "../../src/display/mod.ts";
import { turns } from "../../src/display/turns.ts";
import { flowHtml } from "../../src/data/reports/flow_html.ts";
import type { CardFacts } from "../../src/train/monitoring/card/card_facts.ts";
import { runCard } from "../../src/train/monitoring/card/run_card.ts";
import { TokenView } from "../../src/tokenizer/token_view.ts";
import { contrast, over } from "../support/contrast.ts";

/** The pages that pictures stand on, each with the colour of its theme's words. */
const pages = [["#212121", "#ffffff"], ["#ffffff", "#111111"], ["#cccccc", "#1e1e1e"]] as const;

const names = ["train", "raw", "validation", "bound", "e", "f", "g"];
const lines = {
  title: "Loss",
  xLabel: "step",
  yLabel: "nats per token",
  series: names.map((name, k) => ({
    name,
    points: Array.from({ length: 12 }, (_, i) => [i, k + i % 3] as const),
    faint: k === 1,
    dashed: k === 3,
    best: "lowest" as const,
  })),
};
const bars = {
  title: "Documents",
  bars: [{ label: "kept", value: 3, of: 4, note: "a note" }, { label: "right", value: -1, highlight: true }],
};
const values = [[1, 0.5, NaN], [0, 0.2, 0.7]];
const heat = { title: "Heat", rows: ["a", "b"], columns: ["x", "y", "z"], most: 1 };
const words = { ...heat, panels: [{ title: "", values, texts: [["1", "2", ""], ["3", "4", "5"]] }] };
const cells = { ...heat, panels: [{ title: "", values }, { title: "two", values }] };
const tokens = Array.from({ length: 12 }, (_, id) => ({ id, token: `t${id}`, special: id === 3 }));
const steps = [
  {
    op: "jsonl",
    words: "corpus.jsonl",
    counts: { kept: 90, dropped: 10, reasons: ["blank"], notes: ["cut 3"] },
  },
  { op: "clean", words: "" },
];
const flow = {
  branches: [{ name: "books", facts: "90 records", asked: 0.5, drawn: 0.4, flow: { branches: [], steps } }],
  steps,
};
const parts = [{ text: "yes", look: "marked" as const }, { text: "<s>", look: "quiet" as const }, {
  text: "no",
}];
const run: CardFacts = {
  title: "run 1 of 5M",
  status: "running",
  stage: "pretrain",
  stages: [{ name: "pretrain", done: 3, steps: 12 }],
  history: [8, 6, 5].map((loss, i) => ({
    step: i + 1,
    stage: "pretrain",
    loss,
    gradNorm: 1,
    learningRate: 1e-3,
    tokens: 4096 * (i + 1),
    seconds: i + 1,
  })),
  validations: [],
  evaluations: [],
  tokens: 12_288,
  seconds: 4,
  otherWork: { preparing: 0.6, saving: 0.4 },
  speed: 4096,
  peakMemory: 56_800_000,
  warnings: ["a warning"],
  startCall: "trainer.run()",
};

const html: Record<string, string> = {
  lineChart: lineChart(lines).html!,
  "lineChart without points": lineChart({ ...lines, series: [{ name: "a", points: [] }] }).html!,
  barChart: barChart(bars).html!,
  "heatMap of words": heatMap(words).html!,
  "heatMap of cells": heatMap(cells).html!,
  table: table([{ a: 1, b: "two" }], { title: "Table", note: "note" }).html!,
  keyValues: keyValues("Facts", [["a", "b"]]).html!,
  meter: meterHtml(0.4),
  tokens: new TokenView("t", tokens).picture().html!,
  "flow of a dataset": flowHtml(flow),
  turns: turns([{ role: "user", parts }], { title: "Turns", note: "note" }).html!,
  "card of a run": runCard(run).html!,
};
const svgs: Record<string, string[]> = {
  lineChartSvg: [lineChartSvg(lines)],
  barChartSvg: [barChartSvg(bars)],
  "empty charts": [lineChartSvg({ ...lines, series: [] }), barChartSvg({ title: "", bars: [] })],
  ...Object.fromEntries(
    ["lineChart", "heatMap of cells", "card of a run"].map((
      name,
    ) => [`image of ${name}`, imagesOf(html[name])]),
  ),
};

function imagesOf(text: string): string[] {
  return [...text.matchAll(/base64,([^"]+)/g)].map(([, data]) =>
    new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)))
  );
}

interface Shape {
  name: string;
  attributes: Record<string, string>;
}

function shapes(svg: string): Shape[] {
  return [...svg.matchAll(/<([a-z]+)((?: [\w:-]+="[^"]*")*)/gi)].map(([, name, list]) => ({
    name,
    attributes: Object.fromEntries([...list.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key, v]) => [key, v])),
  }));
}

/** Returns the opaque colour that covers a whole document; undefined where the page shines through. */
function panelOf(all: Shape[]): string | undefined {
  const first = all[1];
  const covers = first?.name === "rect" && first.attributes.width === "100%" &&
    first.attributes.height === "100%";
  return covers && !first.attributes["fill-opacity"] ? first.attributes.fill : undefined;
}

for (const [name, list] of Object.entries(svgs)) {
  Deno.test(`${name}: words in an SVG reach 4.5:1 on its panel, marks 3:1 on panel and pages`, () => {
    assert.ok(list.length > 0, "no image");
    for (const svg of list) {
      const all = shapes(svg);
      const panel = panelOf(all);
      const grounds = [...pages.map(([, page]) => page), ...panel ? [panel] : []];
      for (const { name, attributes } of all.slice(panel ? 2 : 1)) {
        if (name === "text" || name === "tspan") {
          assert.ok(panel, "words without a panel");
          const ink = attributes.fill ?? all[0].attributes.fill;
          assert.ok(contrast(ink, panel) >= 4.5, `words ${ink} on ${panel}: ${contrast(ink, panel)}`);
          continue;
        }
        assert.equal(attributes.opacity, undefined, "a mark that is half transparent");
        for (const colour of attributes.class === "grid" ? [] : coloursOf(attributes)) {
          for (const ground of grounds) {
            assert.ok(contrast(colour, ground) >= 3, `${name} ${colour} on ${ground}`);
          }
        }
      }
    }
  });
}

function coloursOf({ fill, stroke }: Record<string, string>): string[] {
  return [fill, stroke].filter((colour) => colour !== undefined && colour !== "none");
}

for (const [name, text] of Object.entries(html)) {
  Deno.test(`${name}: words in HTML inherit the theme's colour and reach 4.5:1 on their ground`, () => {
    assert.doesNotMatch(text, /[;"]color:/, "a colour of words");
    for (const [, style, content] of text.matchAll(/<\w+[^>]* style="([^"]*)">([^<]*)/g)) {
      const ground = /background:(#[\da-f]+)/.exec(style)?.[1];
      const pale = Number(/opacity:([\d.]+)/.exec(style)?.[1] ?? 1);
      const line = /border[^:]*:\d+px \w+ (#[\da-f]+)/.exec(style)?.[1];
      if (line && line !== "#8886") {
        for (const [, page] of pages) assert.ok(contrast(line, page) >= 3, line);
      }
      for (const [theme, page] of pages) {
        const under = ground?.length === 9 ? over(ground, page) : ground ?? page;
        if (content.trim() !== "") {
          const alpha = Math.round(255 * pale).toString(16).padStart(2, "0");
          const said = over(theme + alpha, under);
          assert.ok(contrast(said, under) >= 4.5, `"${content}" on ${ground} over ${page}`);
        } else if (ground?.length === 7) {
          assert.ok(contrast(ground, page) >= 3, `mark ${ground} on ${page}`);
        }
      }
    }
  });
}

Deno.test("the strongest cell of a heat map is as strong as a mark, the weakest is seen beside a blank one", () => {
  const opacities = shapes(svgs["image of heatMap of cells"][0]).filter(({ name }) => name === "rect")
    .map(({ attributes }) => Number(attributes["fill-opacity"]));
  assert.equal(opacities.length, 5);
  assert.equal(Math.max(...opacities), 1);
  assert.equal(Math.min(...opacities), 0.1);
});

Deno.test("charts fill their cell and tables scroll in it", () => {
  assert.match(html.lineChart, /max-width:960px[\s\S]*width:100%/);
  assert.match(html.barChart, /width:100%;max-width:960px/);
  for (const name of ["table", "keyValues", "heatMap of words", "heatMap of cells"]) {
    assert.match(html[name], /<div style="overflow-x:auto;max-width:100%"><(table|div)/, name);
  }
});
