import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { benchmarks, Evaluator, published, type Report, scoreCurves } from "../../../src/eval/mod.ts";
import { fixture } from "./fixtures.ts";
import { scorer, withFiles, writer } from "../fakes.ts";

Deno.test("the benchmarks have the paper's names, RACE two of them, and its sections are suites", () => {
  assert.equal(
    benchmarks.map(({ name }) => name).join(" "),
    "boolq piqa siqa hellaswag winogrande arc-easy arc-challenge openbookqa natural-questions triviaqa race-middle " +
      "race-high math gsm8k humaneval mbpp mmlu real-toxicity-prompts crows-pairs winogender truthfulqa",
  );
  const names = (suite: string) =>
    new Evaluator().suite(suite, { data: "d", limit: 9 }).toJSON().tasks.map(({ name }) => name);
  assert.equal(names("common-sense").length, 8);
  assert.deepEqual(names("reading"), ["race-middle", "race-high"]);
  assert.deepEqual(names("closed-book").slice(2, 5), [
    "natural-questions 5-shot",
    "natural-questions 64-shot",
    "triviaqa 0-shot",
  ]);
  assert.deepEqual(names("math"), ["math", "math maj1@256", "gsm8k", "gsm8k maj1@100"]);
  assert.deepEqual(names("code"), ["humaneval", "humaneval pass@100", "mbpp", "mbpp pass@80"]);
  assert.deepEqual(names("bias"), [
    "real-toxicity-prompts",
    "real-toxicity-prompts respectful",
    "crows-pairs",
    "winogender",
    "truthfulqa",
  ]);
  const llama = new Evaluator().suite("llama").toJSON().tasks;
  assert.deepEqual(new Set(llama.map(({ task }) => task)), new Set(benchmarks.map(({ name }) => name)));
  const refused = (make: () => unknown, says: RegExp) =>
    assert.throws(make, (error: unknown) => error instanceof ConfigError && says.test(error.message));
  refused(() => new Evaluator().suite("commonsense"), /did you mean "common-sense"/);
  refused(() => new Evaluator().suite("math", { limits: 3 } as object), /did you mean "limit"/);
});

Deno.test("every published column belongs to a benchmark, with its variant and shots", () => {
  for (const { task, variant, shots, table } of published) {
    const own = benchmarks.find(({ name }) => name === task);
    assert.ok(own, `${task} of table ${table}`);
    if (variant !== undefined) assert.ok(variant in own.variants!, `${task} ${variant}`);
    const varies = task === "natural-questions" || task === "triviaqa";
    if (shots !== undefined && !varies) assert.equal(own.shots, shots, task);
  }
});

Deno.test("a suite finds each task in the folder named after it", async () => {
  const files = Object.fromEntries(
    ["race-middle", "race-high"].flatMap((task) =>
      Object.entries(fixture(task, 4).files).map((
        [name, text],
      ) => [`${task}/${name.replace("/", "_")}`, text])
    ),
  );
  const renamed = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name.replace(/(middle|high)_test/, "test"), text]),
  );
  await withFiles(renamed, async (data) => {
    const report = await new Evaluator(scorer(() => -1)).suite("reading", { data, limit: 3 }).run();
    assert.deepEqual(report.results.map(({ task, items }) => [task, items.length]), [["race-middle", 3], [
      "race-high",
      3,
    ]]);
  });
});

Deno.test("scores against tokens, Markdown and a section of a model card", async () => {
  await withFiles(fixture("boolq", 20).files, async (data) => {
    const at = (yes: number): Promise<Report> =>
      new Evaluator({ tiny: scorer((_, option) => option === " yes" ? yes : -1) }).add("boolq", { data })
        .run();
    const reports = [await at(-2), await at(0)];
    const curves = scoreCurves(reports.map((report, i) => ({ tokens: 1000 * (i + 1), report })));
    const value = (i: number) => 100 * reports[i].value("boolq");
    assert.deepEqual(curves.facts, [{
      name: "boolq, accuracy",
      points: [[1000, value(0)], [2000, value(1)]],
    }]);
    assert.match(curves.toString(), /Scores during training \(percent\)\n +boolq, accuracy/);
    assert.throws(() => scoreCurves([]), ConfigError);
    const markdown = reports[1].toMarkdown().split("\n");
    assert.equal(markdown[0], "| task | model | metric | value | 95% interval | n | protocol |");
    assert.match(
      markdown[2],
      /^\| boolq \| tiny \| accuracy \| \d+\.\d ± \d+\.\d% \| \d+\.\d to \d+\.\d% \| 20 \| 0-shot, log-likelihood - .*\|$/,
    );
    assert.match(
      reports[1].toMarkdown(),
      /- boolq on tiny: always answering "(yes|no)" would score \d+\.\d%/,
    );
    assert.match(reports[1].modelCard(), /^## Evaluation\n\nMeasured on \d{4}-\d\d-\d\d with the protocols/);
    await reports[1].write(`${data}/report.md`);
    assert.equal(await Deno.readTextFile(`${data}/report.md`), reports[1].toMarkdown());
    const protocol = reports[1].protocol("boolq");
    assert.match(protocol.toString(), /prompt +\{passage\}\n +Question: \{question\}\?\n +Answer:/);
    assert.equal(protocol.facts.shots, 0);
  });
});

Deno.test("chat: prompts go through the template, and the report says so", async () => {
  await withFiles({ ...fixture("piqa", 2).files, ...fixture("gsm8k", 1).files }, async (data) => {
    const asked: unknown[] = [];
    const ids = (text: string) => Uint32Array.from([...text].map((c) => c.codePointAt(0)!));
    const model = {
      ...scorer(() => -1),
      config: { context: 4000 },
      tokenizer: {
        fingerprint: "t",
        encode: ids,
        chat: ([{ role, content }]: readonly { role: string; content: string }[]) => ({
          ids: ids(`<${role}>${content}<a>`),
        }),
      },
      scoreBatch: (pairs: readonly (readonly [Uint32Array, string])[]) => {
        asked.push(...pairs.map(([prompt, option]) => [String.fromCodePoint(...prompt), option]));
        return Promise.resolve(pairs.map(() => ({ logProb: -1, tokens: 1 })));
      },
      generate: writer(() => "no").generate,
      chat: (
        prompt: string,
      ) => (asked.push(prompt), { text: () => Promise.resolve(fixture("gsm8k", 1).right[0]) }),
    };
    const report = await new Evaluator(model as never).add("piqa", { data, chat: true, limit: 1 })
      .add("gsm8k", { data, chat: true, shots: 0 }).run();
    assert.deepEqual(asked, [
      ["<user>Question: Do q0x\nAnswer:<a>", "bb w1zzz w1"], // the longer pair comes first
      ["<user>Question: Do q0x\nAnswer:<a>", "a w0"],
      "Q: How many are q0x?\nA:",
    ]);
    assert.equal(report.value("gsm8k"), 1);
    assert.deepEqual(report.results.map(({ protocol }) => protocol.chatTemplate), [true, true]);
    assert.match(report.table().toString(), /piqa: the first 1 items; .*, with the chat template/);
    await assert.rejects(
      new Evaluator(scorer(() => -1)).add("piqa", { data, chat: true }).run(),
      /\{ chat: true \}: it has no chat template/,
    );
  });
});
