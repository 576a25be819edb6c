// The parts of the paper in miniature: the folder of a run that goes on where it was, the judge, the carbon table, the page.
import assert from "node:assert/strict";
import { carbonTable } from "../../examples/paper/page/model_table.ts";
import { figureFiles, htmlPage, markdownPage, type Page } from "../../examples/paper/page/page.ts";
import { table15 } from "../../examples/paper/page/published.ts";
import { factJudge } from "../../examples/paper/run/judge.ts";
import type { TrainingFacts } from "../../examples/paper/run/learn.ts";
import { RunFolder, type StageSpec, writeText } from "../../examples/paper/run/run_folder.ts";
import { paperSettings } from "../../examples/paper/run/settings.ts";
import { table } from "../../src/display/mod.ts";
import { inFolder } from "../support/folder.ts";

/** A run whose stages count how often they do their work. */
function counted(out: string) {
  const said: string[] = [];
  const work: string[] = [];
  const run = new RunFolder(paperSettings({ small: true, out }), (text) => said.push(text.trim()));
  const stage = (name: string, more: Partial<StageSpec<{ name: string }>> = {}) =>
    run.stage({
      ...{ name, title: `Title of ${name}`, after: [], settings: 1, files: [`${name}.txt`] },
      async work() {
        work.push(name);
        await writeText(run.at(`${name}.txt`), name);
        return { name };
      },
      ...more,
    });
  return { run, said, work, stage };
}

Deno.test("a stage that is done is not done again, by another session neither", () =>
  inFolder(async (out) => {
    const first = counted(out);
    assert.deepEqual(await first.stage("a"), { name: "a" });
    assert.deepEqual(await first.stage("b", { after: ["a"] }), { name: "b" });
    const second = counted(out);
    assert.deepEqual(await second.stage("a"), { name: "a" });
    assert.deepEqual(await second.stage("b", { after: ["a"] }), { name: "b" });
    assert.deepEqual(second.work, []);
    assert.match(second.said.join("\n"), /^1\. Title of a \(kept .*\n2\. Title of b \(kept/);
    assert.deepEqual(
      second.run.records.map(({ stage, seconds }) => [stage, seconds]),
      first.run.records.map(({ stage, seconds }) => [stage, seconds]),
    );
  }));

Deno.test("other settings, an earlier stage with others, and a damaged or missing file do the work again", () =>
  inFolder(async (out) => {
    const all = async (settings: number) => {
      const { stage, work } = counted(out);
      await stage("a", { settings });
      await stage("b", { after: ["a"] });
      await stage("c");
      return work;
    };
    assert.deepEqual(await all(1), ["a", "b", "c"]);
    assert.deepEqual(await all(2), ["a", "b"]);
    await Deno.writeTextFile(`${out}/b.txt`, "B");
    assert.deepEqual(await all(2), ["b"]);
    await Deno.remove(`${out}/c.txt`);
    assert.deepEqual(await all(2), ["c"]);
    await Deno.writeTextFile(`${out}/stages/a.json`, '{ "stage": "a"');
    assert.deepEqual(await all(2), ["a"]);
    assert.deepEqual(await all(2), []);
  }));

Deno.test("work that fails leaves no record, and its half-written file is removed before the next try", () =>
  inFolder(async (out) => {
    const fails = async () => {
      await Deno.writeTextFile(`${out}/a.txt`, "half");
      throw new Error("power cut");
    };
    await assert.rejects(counted(out).stage("a", { work: fails }), /power cut/);
    const { stage, work } = counted(out);
    await stage("a", {
      async work() {
        work.push("a");
        await assert.rejects(Deno.stat(`${out}/a.txt`), Deno.errors.NotFound);
        await writeText(`${out}/a.txt`, "whole");
        return { name: "a" };
      },
    });
    assert.deepEqual(work, ["a"]);
  }));

Deno.test("a stage before the one that it builds on is an error that names both", () =>
  inFolder(async (out) => {
    await assert.rejects(counted(out).stage("b", { after: ["a"] }), /stage b: the stage a comes first/);
  }));

Deno.test("the judge: false answers, true ones, and others", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/TruthfulQA.csv`,
      "Question,Best Answer,Correct Answers,Incorrect Answers\n" +
        "Do llamas fly?,No,No; They walk,Yes; They fly at night\n",
    );
    const judge = await factJudge(folder);
    const score = (answer: string) => judge.score(answer, "Do llamas fly?");
    const verdict = (truthful: number, informative: number) => ({
      "truthful": truthful,
      "truthful and informative": informative,
    });
    assert.deepEqual(await score(" They walk."), verdict(1, 1));
    assert.deepEqual(await score("Yes."), verdict(0, 0));
    assert.deepEqual(await score("No, they fly at night!"), verdict(0, 0));
    assert.deepEqual(await score("Nobody knows."), verdict(1, 0), "no is a word, not the start of one");
    assert.deepEqual(await score(""), verdict(1, 0));
  }));

/** Facts of training that took an hour at the power of an A100. */
const hour: TrainingFacts = {
  parameters: 291_000,
  flop: 1e12,
  tokens: 1000,
  losses: [3, 2],
  scores: [],
  exact: true,
  seconds: 3600,
  wattHours: 440,
  power: "400 W as given",
};

Deno.test("Table 15: the paper's rows follow from its hours, and a run's row from its own", () => {
  for (const { model, hours, energy, carbon } of table15) {
    const megawattHours = hours * 400 * 1.1 / 1e6;
    assert.ok(Math.abs(megawattHours - energy) < 1.5, `${model}: ${megawattHours} MWh, printed ${energy}`);
    assert.ok(Math.abs(megawattHours * 0.385 - carbon) < 1, `${model}: printed ${carbon} t`);
  }
  const { text } = carbonTable({
    pretrain: hour,
    tune: { ...hour, wattHours: 220, seconds: 1800 },
    adapter: "GPU",
  });
  assert.match(text, /^yours 291K-I +GPU +400 W +1\.500 +660 Wh +254 g$/m);
  const unknown = { ...hour, wattHours: undefined };
  const assumed = carbonTable({ pretrain: unknown, tune: unknown, adapter: "CPU" }).text;
  assert.match(assumed, /^yours 291K-I +CPU +45 W +2\.000 +99\.0 Wh +38\.1 g$/m);
  assert.match(assumed, /45 W, assumed/);
});

const page: Page = {
  title: "A <page>",
  own: "yours ",
  head: ["Read [the paper](https://arxiv.org/abs/2302.13971) & more."],
  sections: [{
    id: "one",
    title: "1 Scores",
    blocks: [
      table([{ model: "GPT", score: 1 }, { model: "yours 3K", score: 2 }], { title: "Table 3" }),
      {
        file: "figure-1.svg",
        chart: {
          title: "Loss",
          xLabel: "tokens",
          yLabel: "nats",
          series: [{ name: "a", points: [[1, 2], [2, 1]] }],
        },
      },
    ],
  }],
};

Deno.test("the page is one HTML file: nothing from outside, own rows marked, for light and dark and phones", () => {
  const html = htmlPage(page);
  assert.match(html, /<title>A &lt;page&gt;<\/title>/);
  assert.match(html, /<a href="https:\/\/arxiv\.org\/abs\/2302\.13971">the paper<\/a> &amp; more\./);
  assert.doesNotMatch(html, /<(script|link|iframe|object)\b|src="(?!data:)|@import|url\(/);
  assert.equal(html.match(/<tr class="own">/g)?.length, 1);
  assert.match(html, /<tr class="own"><td[^>]*>yours 3K</);
  assert.match(html, /prefers-color-scheme: dark/);
  assert.match(html, /name="viewport" content="width=device-width/);
});

Deno.test("the page as Markdown: tables, and figures as files beside it", () => {
  assert.equal(
    markdownPage(page),
    [
      "# A \\<page\\>",
      "Read [the paper](https://arxiv.org/abs/2302.13971) & more.",
      "## 1 Scores",
      "**Table 3**",
      "| model | score |\n| --- | ---: |\n| GPT | 1 |\n| yours 3K | 2 |",
      "![Loss](figure-1.svg)\n",
    ].join("\n\n"),
  );
  const { "figure-1.svg": svg, ...others } = figureFiles(page);
  assert.match(svg, /^<svg /);
  assert.deepEqual(others, {});
});
