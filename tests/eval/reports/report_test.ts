import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/mod.ts";
import { defineTask, type EvalModel, Evaluator } from "../../../src/eval/mod.ts";
import { wilsonInterval } from "../../../src/eval/tasks/metric.ts";
import { scorer, withFiles, writer } from "../fakes.ts";

const goals = [
  { goal: "Dry a wet book", sol1: "Stand it open.", sol2: "Freeze it <b>.", label: 0 },
  { goal: "Boil an egg", sol1: "Use a fridge.", sol2: "Use hot water.", label: 1 },
  { goal: "Sharpen a pencil", sol1: "Use a sharpener.", sol2: "Use a spoon.", label: 0 },
];
const data = Dataset.from(goals, { name: "goals" });
const likes: Record<string, number> = {
  " Stand it open.": -7,
  " Freeze it <b>.": -28,
  " Use a fridge.": -13,
  " Use hot water.": -28,
  " Use a sharpener.": -16,
  " Use a spoon.": -24,
};
const llama: EvalModel = {
  ...scorer((_, option) => likes[option]),
  ...writer(() => "yes"),
  name: "tiny",
  loss: () => Promise.resolve({ loss: 4.9312, bitsPerByte: 2, perplexity: 138, tokens: 12345, bytes: 44444 }),
};
const polite = defineTask({
  name: "polite",
  kind: "generate",
  items: [{ q: "May I?" }, { q: "Please?" }],
  prompt: "{q}",
  answer: ({ q }) => q === "May I?" ? "yes" : "of course",
});
const said = defineTask({
  name: "said",
  kind: "perplexity",
  items: ["Use a spoon."],
  prompt: "One says:",
  answer: (text) => text,
});
const report = await new Evaluator(llama).add("piqa", { data, limit: 3 }).add(polite).add(said)
  .loss(Dataset.from([{ text: "a" }], { name: "tail" }), { name: "held out" }).run();

Deno.test("the table gives each number with its error, its n and its protocol", () => {
  const lines = report.table().toString().split("\n");
  assert.deepEqual(lines.map((line) => line.trimEnd()), [
    "task      model  metric                     value   95% interval       n  chance",
    "─".repeat(80),
    "piqa      tiny   accuracy            66.7 ± 27.2%  20.8 to 93.9%       3   50.0%",
    "polite    tiny   exact match         50.0 ± 35.4%   9.5 to 90.5%       2",
    "said      tiny   perplexity        26,489,122,130                      1",
    "said      tiny   loss, nats per                24                      1",
    "                 token",
    "said      tiny   bits per byte              2.885                      1",
    "held out  tiny   loss, nats per             4.931                 12,345",
    "                 token",
    "held out  tiny   bits per byte              1.976                 12,345",
    "held out  tiny   perplexity                 138.5                 12,345",
    "",
    "task      protocol",
    "─".repeat(45),
    "piqa      0-shot, log-likelihood / characters",
    "polite    0-shot, greedy, exact match",
    "said      0-shot, perplexity over all tokens",
    "held out  mean over 12.3K tokens",
    'piqa: the first 3 items; data from goals, records 3; prompt "Question: {goal}\\nAnswer:", no chat template',
    'polite: all items; prompt "{q}", no chat template; at most 64 tokens, stop ["\\n"]',
    'said: all items; prompt "One says:", no chat template',
    "held out: all windows; data from tail, records 1",
  ]);
  assert.equal(report.toString(), report.table().toString());
  assert.match(report.table().picture().html!, /<table/);
});

Deno.test("explain shows a choice with its scores as bars, the right answer marked", () => {
  const view = report.explain("piqa", 1);
  assert.deepEqual(view.toString().split("\n"), [
    "piqa, item 1, on tiny",
    "  protocol  0-shot, log-likelihood / characters",
    "  prompt    Question: Boil an egg",
    "            Answer:",
    "  option 0  Use a fridge.",
    "  option 1  Use hot water.",
    "  choice    0, ✗ wrong",
    "  answer    1",
    "",
    "Share of each option, by its score; ✓ is the right answer",
    `  0 Use a fridge.   ${"█".repeat(24)}  73.1%, chosen, score -1,`,
    `${" ".repeat(46)}log-likelihood -13`,
    `✓ 1 Use hot water.  ${"█".repeat(9).padEnd(24)}  26.9%, right answer, score -2,`,
    `${" ".repeat(46)}log-likelihood -28`,
  ]);
  assert.match(view.picture().html!, /<b>✓ 1 Use hot water\.<\/b>[\s\S]*right answer/);
  const html = report.explain("piqa", 0).picture().html!;
  assert.ok(html.includes("Freeze it &lt;b&gt;.") && !html.includes("it <b>"));
});

Deno.test("explain shows generated and scored texts", () => {
  assert.deepEqual(report.explain("polite", 1).toString().split("\n"), [
    "polite, item 1, on tiny",
    "  protocol   0-shot, greedy, exact match",
    "  prompt     Please?",
    "  generated  yes",
    "  answers    of course",
    "  value      0",
  ]);
  assert.deepEqual(report.explain("said", 0).toString().split("\n").slice(3), [
    "  text            Use a spoon.",
    "  log-likelihood  -24 nats over 1 token",
    "  perplexity      26,489,122,130",
  ]);
});

Deno.test("compare shows the scores beside those of the paper", () => {
  const view = report.compare();
  const lines = view.toString().split("\n");
  assert.deepEqual(lines.filter((line) => /LLaMA|tiny|piqa|GPT/.test(line)).map((line) => line.trimEnd()), [
    "model                              piqa  from",
    "GPT-3 175B                        81.0%  paper",
    "LLaMA 7B                          79.8%  paper",
    "LLaMA 13B                         80.1%  paper",
    "LLaMA 33B                         82.3%  paper",
    "LLaMA 65B                         82.8%  paper",
    "tiny            66.7% [20.8, 93.9], n 3  this report",
    "piqa of tiny is over the first 3 items only",
  ]);
  assert.equal(lines.at(-1), "The paper has no score for polite, said, held out");
  assert.equal(view.facts.length, 11);
  const own = view.facts.at(-1)!;
  assert.deepEqual(own.n, { piqa: 3 });
  assert.deepEqual(own.intervals!.piqa.map((bound) => Math.round(bound * 10) / 10), [20.8, 93.9]);
});

Deno.test("a model of the paper's name does not hide the paper's row", async () => {
  const mine = await new Evaluator({ "LLaMA 7B": llama }).add("piqa", { data, shots: 1 }).run();
  const lines = mine.compare().toString().split("\n").filter((line) => /^LLaMA 7B/.test(line));
  assert.equal(lines.length, 2);
  assert.match(mine.compare().toString(), /piqa of LLaMA 7B is 1-shot, the paper's is 0-shot/);
});

Deno.test("an unknown task, item, model or metric is refused with the known ones", () => {
  const refused = (make: () => unknown, says: RegExp) =>
    assert.throws(make, (error: unknown) => error instanceof ConfigError && says.test(error.message));
  refused(() => report.explain("piqua", 0), /task "piqua" in the report: did you mean "piqa"/);
  refused(() => report.value("boolq"), /it has piqa, polite, said, held out/);
  refused(() => report.explain("piqa", 3), /item 3 of "piqa": it has items 0 to 2/);
  refused(() => report.explain("piqa", -1), /items 0 to 2/);
  refused(() => report.explain("piqa", 0, { model: "big" }), /model "big" in the report: it has tiny/);
  refused(() => report.value("piqa", { metric: "f1" }), /its metrics are accuracy/);
});

Deno.test("the report's JSON has numbers and protocols, its file the items too", async () => {
  const json = JSON.parse(JSON.stringify(report));
  assert.deepEqual(json.results[0], {
    task: "piqa",
    benchmark: "piqa",
    model: "tiny",
    kind: "choice",
    measures: [{
      metric: "accuracy",
      value: 2 / 3,
      error: Math.sqrt(2 / 27),
      interval: wilsonInterval(2 / 3, 3),
      n: 3,
      unit: "share",
      chance: 0.5,
    }],
    protocol: {
      rule: "log-likelihood / characters",
      shots: 0,
      seed: 42,
      limit: 3,
      truncated: 0,
      droppedShots: 0,
      unusable: 0,
      prompt: "Question: {goal}\nAnswer:",
      chatTemplate: false,
      data: "from goals, records 3",
      notes: [],
    },
  });
  await withFiles({ "report.json": "old" }, async (folder) => {
    await report.write(`${folder}/report.json`);
    const written = JSON.parse(await Deno.readTextFile(`${folder}/report.json`));
    assert.ok(Math.abs(Date.parse(written.date) - Date.now()) < 600_000);
    assert.deepEqual(written.results, JSON.parse(JSON.stringify(report.results)));
    assert.equal(written.results[0].items[1].options[1].score, -2);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["report.json"]);
  });
});
