// Pictures as Markdown: tables with alignments and escaped cells, facts, joined pictures, and text that keeps its columns.
import assert from "node:assert/strict";
import { join, keyValues, lineChart, markdownOf, table } from "../../src/display/mod.ts";

Deno.test("a table is a Markdown table under its title, with every line of its note below", () => {
  const rows = [{ source: "a|b", share: 0.7 }, { source: "<i>", share: 12.25 }];
  assert.equal(
    markdownOf(table(rows, { title: "Mixture", note: "one *pass*\nof two" })),
    [
      "**Mixture**",
      "| source | share |\n| --- | ---: |\n| a\\|b | 0.70 |\n| \\<i\\> | 12.25 |",
      "one \\*pass\\*",
      "of two",
    ].join("\n\n"),
  );
});

Deno.test("facts are a table without names of columns", () => {
  assert.equal(
    markdownOf(keyValues("Plan", [["steps", "20"], ["bytes", "1 MB"]])),
    "**Plan**\n\n|  |  |\n| --- | --- |\n| steps | 20 |\n| bytes | 1 MB |",
  );
});

Deno.test("a picture without Markdown stands as its text: a line escaped, several lines in a block of code", () => {
  assert.equal(markdownOf({ text: "one [line]" }), "one \\[line\\]");
  const points: [number, number][] = [[1, 3], [2, 2]];
  const chart = lineChart({
    title: "Loss",
    xLabel: "step",
    yLabel: "nats",
    series: [{ name: "loss", points }],
  });
  assert.equal(markdownOf(chart), `\`\`\`text\n${chart.text}\n\`\`\``);
});

Deno.test("joined pictures have Markdown where one of them has it", () => {
  const joined = join({ text: "said" }, table([{ a: 1 }]));
  assert.equal(joined.markdown, "said\n\n| a |\n| ---: |\n| 1 |");
  assert.equal(join({ text: "one" }, { text: "two" }).markdown, undefined);
});
