// The made-up benchmark files of examples/paper: every row is read without complaint, the right answers are right, and no
// item stands in the sources or the instructions. Functions run in tests/full/paper_functions_test.ts.
import assert from "node:assert/strict";
import { Dataset } from "@llamero/sdk";
import { benchmarkNames, makeBenchmarks } from "../../examples/paper/benchmarks.ts";
import { makeInstructions } from "../../examples/paper/instructions.ts";
import { makeSources } from "../../examples/paper/sources.ts";
import { makeWorld } from "../../examples/paper/world.ts";
import { factsOf } from "../../examples/paper/world/facts.ts";
import { benchmarks } from "../../src/eval/benchmarks/registry.ts";
import { type EvalModel, Evaluator, type Report } from "../../src/eval/mod.ts";
import { inFolder } from "../support/folder.ts";
import { filesBelow } from "./paper_files.ts";

/** The benchmarks that need no sandbox for Python. */
const withoutCode = benchmarkNames.filter((name) => !["humaneval", "mbpp"].includes(name));

/** Runs benchmarks with a model that finds all options equally likely and writes what it is told to. */
function scoresOf(
  folder: string,
  names: readonly string[],
  write: (prompt: string) => string,
): Promise<Report> {
  const model: EvalModel = {
    name: "fake",
    scoreBatch: (pairs) => Promise.resolve(pairs.map(() => ({ logProb: -1, tokens: 1 }))),
    generate: (prompt) => ({ text: () => Promise.resolve(write(String(prompt))) }),
  };
  const plan = new Evaluator(model, { cache: false });
  return names.reduce((plan, name) => plan.add(name, { data: `${folder}/${name}` }), plan).run();
}

for (const small of [true, false]) {
  Deno.test(`${small ? "small" : "all"} benchmarks: rows are read without complaint, options differ, right ones stand anywhere`, () =>
    inFolder(async (folder) => {
      assert.deepEqual(benchmarkNames, benchmarks.map(({ name }) => name));
      await makeBenchmarks(folder, { small });
      for (
        const { task, items, rejects, protocol } of (await scoresOf(folder, withoutCode, () => "")).results
      ) {
        assert.ok(items.length >= 12, `${task} has ${items.length} items`);
        assert.deepEqual([protocol.unusable, rejects], [0, undefined], task);
        const choices = items.filter((item) => item.kind === "choice");
        for (const { options } of choices) {
          assert.equal(new Set(options.map(({ text }) => text)).size, options.length, task);
        }
        const places = new Set(choices.map(({ answer }) => answer));
        if (choices.length && !["crows-pairs", "truthfulqa"].includes(task)) assert.ok(places.size > 1, task);
      }
    }));
}

Deno.test("a model that writes the published answers of facts, sums and exercises has them all right", () =>
  inFolder(async (folder) => {
    await makeBenchmarks(folder, { small: true });
    const names = ["natural-questions", "triviaqa", "math", "gsm8k"];
    const texts = new Map<string, string>();
    for (const { task, items } of (await scoresOf(folder, names, () => "")).results) {
      for (const item of items) {
        if (item.kind !== "generate") continue;
        texts.set(item.prompt, task === "math" ? `\\boxed{${item.answers[0]}}` : item.answers[0]);
      }
    }
    const report = await scoresOf(folder, names, (prompt) => texts.get(prompt)!);
    for (const { task, measures } of report.results) assert.equal(measures[0].value, 1, task);
  }));

Deno.test("no benchmark item stands in the sources, and the questions of held-out facts stand nowhere", () =>
  inFolder(async (folder) => {
    const options = { small: true };
    const sources = await makeSources(`${folder}/sources`, options);
    await makeBenchmarks(`${folder}/tasks`, options);
    const rows = Dataset.jsonl(await makeInstructions(folder, options)).conversations();
    const talks = (await rows.toArray()).map(({ messages }) =>
      messages.map(({ content }) => content).join("\n")
    );
    const documents = [
      ...await Dataset.commonCrawl(sources.commonCrawl).toArray(),
      ...await Dataset.c4(sources.c4).toArray(),
      ...await Dataset.github(sources.github).toArray(),
      ...await Dataset.wikipedia(sources.wikipedia).toArray(),
      ...await Dataset.books(sources.books).toArray(),
      ...await Dataset.arxiv(sources.arxiv).toArray(),
      ...await Dataset.stackExchange(sources.stackExchange).toArray(),
      ...talks.map((text, i) => ({ text, source: "instructions", id: `instructions ${i}` })),
    ];
    const files = Object.keys(await filesBelow(`${folder}/tasks`)).filter((name) =>
      !/train|_dev|stats|lst$/.test(name)
    );
    const paths = files.map((name) => `${folder}/tasks/${name}`);
    const checked = Dataset.from(documents).contamination(paths);
    const { notes } = (await checked.stats()).steps.at(-1)!;
    assert.ok(Number(notes["benchmark items"]) > 250, `${notes["benchmark items"]} items are long enough`);
    assert.equal(notes.contaminated, undefined);

    const all = documents.map(({ text }) => text).join("\n").toLowerCase();
    const facts = factsOf(makeWorld(options));
    const asked = facts.filter(({ isHeldOut }) => isHeldOut).flatMap(({ questions }) => questions);
    assert.ok(asked.length > 100);
    assert.deepEqual(asked.filter((question) => all.includes(question.toLowerCase())), []);
    const untold = facts.filter(({ statements }) =>
      !statements.some((one) => all.includes(one.toLowerCase()))
    );
    assert.deepEqual(untold.map(({ id }) => id), []);
  }));

Deno.test("the same seed gives the same bytes of benchmarks and instructions, another seed gives others", () =>
  inFolder(async (folder) => {
    const bytesOf = async (name: string, seed?: number) => {
      await makeBenchmarks(`${folder}/${name}`, { small: true, seed });
      await makeInstructions(`${folder}/${name}`, { small: true, seed });
      return await filesBelow(`${folder}/${name}`);
    };
    const [first, again, other] = [await bytesOf("a"), await bytesOf("b"), await bytesOf("c", 2)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  }));
