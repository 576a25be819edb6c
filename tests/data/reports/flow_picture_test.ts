// The plan of a dataset as a picture: boxes in HTML, lines in text, with what each step kept and dropped.
import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { flowOf } from "../../../src/data/reports/flow.ts";
import { flowPicture } from "../../../src/data/reports/flow_picture.ts";
import { painted } from "../../../src/display/terminal.ts";
import { inFolder } from "../../support/folder.ts";
import { ByteEncoder } from "../fixtures.ts";

const texts = (name: string, count: number) =>
  Dataset.from(Array.from({ length: count }, (_, i) => ({ text: `${name} number ${i} `.repeat(4) })), {
    name,
  });

const mixture = () =>
  Dataset.mix({
    novel: {
      from: texts("novel", 40).filter(({ id }) => !id.endsWith("3"), { name: "without 3" }),
      weight: 3,
      maxEpochs: 2,
    },
    web: { from: texts("web", 40), weight: 1 },
  });

/** Returns the words of the boxes, one list per row of boxes. */
function boxes(html: string): string[][] {
  return html.split("flex-wrap:wrap").slice(1).map((row) =>
    [...row.matchAll(/border-radius:6px"><b>([^<]*)<\/b><div[^>]*>([^<]*)</g)].map(([, op, words]) =>
      `${op} ${words}`.trim()
    )
  );
}

Deno.test("a plan is drawn in reading order: sources, then the steps behind them", () => {
  const dataset = mixture().map((document) => document, { name: "same" });
  assert.equal(
    String(dataset),
    `Dataset
  novel  75.0%, at most 2 epochs
    from novel, records 40
    ↓ filter without 3
    ↓ map same
  web  25.0%
    from web, records 40
    ↓ map same
  ↓ mix seed 42`,
  );
  const html = dataset.picture().html!;
  assert.deepEqual(boxes(html), [
    ["from novel, records 40", "filter without 3", "map same"],
    ["from web, records 40", "map same"],
    ["mix seed 42"],
  ]);
  assert.equal(html.split("→").length - 1, 3, "an arrow between two boxes of a row");
  assert.equal(html.split("↓").length - 1, 1, "and one down to the joined step");
  assert.doesNotMatch(html, /kept/);
  assert.match(html, /width:75%/, "a bar for the share of a source");
});

Deno.test("after a reading each step shows what it kept and dropped, and a mixture what was asked and drawn", async () => {
  const dataset = mixture();
  const stats = await dataset.stats();
  const [novel, web] = stats.sources.map(({ drawn }) => `${(100 * drawn).toFixed(1)}% drawn`);
  const lines = String(stats).split("\n");
  assert.equal(lines[1], `  novel  75.0% asked, ${novel}, at most 2 epochs`);
  assert.equal(lines[2], "    from novel, records 40   80 kept  ████████████");
  assert.equal(lines[3], "    ↓ filter without 3       72 kept  ███████████░");
  assert.equal(lines[4], "          8 dropped: not without 3");
  assert.equal(lines[5], `  web  25.0% asked, ${web}`);
  const html = stats.picture().html!;
  assert.match(html, />72 kept<\/div><div[^>]*>8 dropped: not without 3</);
  assert.match(
    html,
    /width:90%;background:[^"]*"><\/div><div [^>]*width:10%;border:/,
    "kept filled, dropped outlined",
  );
  assert.equal(
    String(dataset).split("\n")[0],
    "Dataset, with the counts of the last reading",
    "the dataset itself knows them too",
  );
  assert.match(
    String(dataset.map((d) => d, { name: "new" })),
    /filter without 3 +72 kept.*\n.*\n {4}↓ map new\n/,
  );
});

Deno.test("a dataset that was packed, as training does, shows the counts of the packing", () =>
  inFolder(async (dir) => {
    const dataset = () =>
      texts("hill", 20).filter(({ id }) => id !== "hill:7", { name: "not 7", version: 1 });
    for (const own of [dataset(), dataset()]) { // the second finds the shards of the first
      const tokens = own.tokenize(new ByteEncoder(), { context: 16, dir });
      assert.doesNotMatch(String(tokens), /kept/);
      (await tokens.prepare()).close();
      assert.match(String(tokens), /^Tokens in windows of 16: .*\n {2}from hill.* 20 kept .*\n.*19 kept/);
      assert.match(String(own), /1 dropped: not not 7/);
    }
  }));

Deno.test("long notes are folded in HTML and wrapped in text, which fits 80 columns", () => {
  const plan = texts("a", 1).filter(() => true, { name: "yes ".repeat(30).trim() }).plan;
  const reasons = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`reason <${i}>`, i + 1]));
  const counts = {
    step: "",
    kept: 12_345,
    dropped: reasons,
    notes: { "first reason": "file.jsonl:12: ".repeat(9), "characters cut": 1200 },
    bytes: {},
  };
  const { text, html, terminal } = flowPicture("Title", flowOf(plan, { counts: () => counts }));
  assert.ok(text.split("\n").every((line) => line.length < 80), text);
  assert.equal(text.match(/yes/g)!.length, 30, "a long step is wrapped, not cut");
  assert.match(text, /45 dropped: reason <8> 9, reason <7> 8, /);
  assert.match(html!, />12,345 kept<\/div><div[^>]*>45 dropped<\/div><div[^>]*>· reason &lt;8&gt; 9</);
  assert.match(html!, /<details[^>]*><summary[^>]*>\d+ more<\/summary>.*file\.jsonl/);
  // deno-lint-ignore no-control-regex
  assert.equal(terminal!(painted).replace(/\x1b\[\d+m/g, ""), text);
});
