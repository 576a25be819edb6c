import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import { Dataset } from "../../../src/data/mod.ts";
import {
  type EvalModel,
  Evaluator,
  type ItemOutcome,
  type OddRowEffect,
  type TaskData,
} from "../../../src/eval/mod.ts";
import { testData } from "../../support/test_data.ts";
import { jsonl, piqaLike, type PiqaRow, scorer, withFiles } from "../fakes.ts";

const { rows, labels } = piqaLike(301);
const lst = labels.map((label) => `${label}\n`).join("");
const files = { "valid.jsonl": jsonl(rows), "valid-labels.lst": lst };
const labelled = rows.map((row, i) => ({ ...row, label: labels[i] }));

/** Makes a model that knows the answers; with `sign` -1 it always prefers the wrong one. */
function oracle(rows: readonly PiqaRow[], labels: readonly number[], sign = 1): EvalModel {
  const right = new Set(rows.map(({ goal, sol1, sol2 }, i) => `${goal}|${labels[i] ? sol2 : sol1}`));
  return scorer((prompt, continuation) => {
    const goal = /^Question: (.*)\nAnswer:$/s.exec(prompt)![1];
    return right.has(`${goal}|${continuation.slice(1)}`) === sign > 0 ? -1e-3 : -1e6;
  });
}

function uniform(seed: number): EvalModel {
  const random = new Random(seed);
  return scorer((_, continuation) => [...continuation.slice(1)].length * Math.log(1 - random.uniform()));
}

async function accuracy(model: EvalModel, data: TaskData): Promise<number> {
  return (await new Evaluator(model).add("piqa", { data }).run()).value("piqa");
}

Deno.test("an oracle gets all of PIQA right, its opposite none, and a coin about half", async () => {
  await withFiles(files, async (data) => {
    assert.equal(await accuracy(oracle(rows, labels), data), 1);
    assert.equal(await accuracy(oracle(rows, labels, -1), data), 0);
    for (const seed of [1, 2, 3]) {
      const share = await accuracy(uniform(seed), data);
      assert.ok(Math.abs(share - 0.5) <= 3 * Math.sqrt(0.25 / 301), `seed ${seed}: ${share}`);
    }
  });
});

Deno.test("an oracle on shuffled labels is at chance", async () => {
  const shuffled = new Random(9).shuffle([...labels]);
  const agreed = shuffled.filter((label, i) => label === labels[i]).length / 301;
  await withFiles({ ...files, "other.lst": shuffled.join("\n") }, async (folder) => {
    const data = { test: `${folder}/valid.jsonl`, labels: `${folder}/other.lst` };
    assert.equal(await accuracy(oracle(rows, labels), data), agreed);
    assert.ok(Math.abs(agreed - 0.5) < 3 * Math.sqrt(0.25 / 301));
  });
});

Deno.test("PIQA scores the pairs of its protocol", async () => {
  const goal = "Dry a wet book";
  const sol1 = "Stand it open.";
  const sol2 = "Freeze it ";
  await withFiles({ "piqa_valid.jsonl": jsonl([{ goal, sol1, sol2, label: 0 }]) }, async (data) => {
    const model = scorer((_, text) => text === " Stand it open." ? -28 : -19);
    const report = await new Evaluator(model).add("piqa", { data }).run();
    const prompt = "Question: Dry a wet book\nAnswer:";
    assert.deepEqual(model.batches, [[[prompt, " Stand it open."], [prompt, " Freeze it "]]]);
    const expected: ItemOutcome = {
      kind: "choice",
      prompt,
      shots: [],
      dropped: 0,
      cut: 0,
      options: [
        { text: sol1, logProb: -28, tokens: 1, score: -2 },
        { text: sol2, logProb: -19, tokens: 1, score: -1.9 },
      ],
      choice: 1,
      answer: 0,
    };
    assert.deepEqual(report.results[0].items, [expected]);
  });
});

Deno.test("the data of PIQA is found in every published form", async (t) => {
  const right = oracle(rows, labels);
  const rest = { "notes.txt": "" };
  const check = (name: string, given: Record<string, string>, data: (folder: string) => TaskData) =>
    t.step(
      name,
      () => withFiles(given, async (folder) => assert.equal(await accuracy(right, data(folder)), 1)),
    );
  await check("a file, labels beside it", files, (folder) => `${folder}/valid.jsonl`);
  await check("a file: URL", files, (folder) => new URL(`file://${folder}/valid.jsonl`));
  await check("a file with labels", { "x.jsonl": jsonl(labelled) }, (folder) => `${folder}/x.jsonl`);
  await check("a folder of folders", { "piqa/valid.jsonl": jsonl(labelled), ...rest }, (folder) => folder);
  await check("labels elsewhere", { "a.jsonl": jsonl(rows), "b.lst": lst }, (folder) => (
    { test: `${folder}/a.jsonl`, labels: `${folder}/b.lst` }
  ));
  await check("a dataset", rest, () => Dataset.from(labelled));
  await check(
    "a dataset of a file",
    { "x.jsonl": jsonl(labelled) },
    (folder) => Dataset.jsonl(`${folder}/x.jsonl`),
  );
  await t.step("compressed", () =>
    withFiles({ "valid-labels.lst": lst }, async (folder) => {
      await Deno.writeFile(`${folder}/valid.jsonl.gz`, gzipSync(files["valid.jsonl"]));
      assert.equal(await accuracy(right, folder), 1);
    }));
  await t.step("LLAMERO_DATA", () =>
    withFiles({ "piqa/valid.jsonl": jsonl(labelled) }, async (folder) => {
      const before = Deno.env.get("LLAMERO_DATA");
      Deno.env.set("LLAMERO_DATA", folder);
      try {
        assert.equal((await new Evaluator(right).add("piqa").run()).value("piqa"), 1);
      } finally {
        if (before === undefined) Deno.env.delete("LLAMERO_DATA");
        else Deno.env.set("LLAMERO_DATA", before);
      }
    }));
});

Deno.test("bad data is named by file and line: an odd row in the report, a file as a whole in the error", async (t) => {
  /** Checks the one odd row of a report. */
  const odd = (
    name: string,
    given: Record<string, string>,
    want: { file: string; line?: number; says: RegExp },
    effect: OddRowEffect = "left out",
  ) =>
    t.step(name, () =>
      withFiles(given, async (folder) => {
        const report = await new Evaluator(uniform(1)).add("piqa", { data: folder }).run();
        const [row, ...more] = report.rejects("piqa").facts;
        assert.deepEqual([row.file, row.line, row.effect], [`${folder}${want.file}`, want.line, effect]);
        assert.match(row.problem, want.says);
        assert.equal(more.length, 0);
        assert.equal(report.results[0].protocol.unusable, effect === "asked" ? 0 : 1);
      }));
  const check = (
    name: string,
    given: Record<string, string>,
    want: { file: string; line?: number; says: RegExp },
    data: (folder: string) => TaskData = (folder) => folder,
  ) =>
    t.step(name, () =>
      withFiles(given, async (folder) => {
        await assert.rejects(accuracy(uniform(1), data(folder)), (error: unknown) => {
          assert.ok(error instanceof DataError, String(error));
          assert.equal(error.file, `${folder}${want.file}`);
          assert.equal(error.line, want.line);
          assert.match(error.message, want.says);
          return true;
        });
      }));
  const at = (line: number, says: RegExp, file = "/valid.jsonl") => ({ file, line, says });
  const change = (i: number, row: unknown) => jsonl(labelled.slice(0, 5).with(i, row as typeof labelled[0]));
  const { goal, sol1, sol2 } = rows[0];
  await odd(
    "a missing field",
    { "valid.jsonl": change(2, { goal, sol1, label: 1 }) },
    at(3, /field sol2 must be a text, current value is undefined/),
  );
  await odd(
    "a number for a text",
    { "valid.jsonl": change(4, { goal: 7, sol1, sol2, label: 1 }) },
    at(5, /field goal must be a text, current value is 7/),
  );
  await odd(
    "a blank right option",
    { "valid.jsonl": change(1, { goal, sol1: "  ", sol2, label: 0 }) },
    at(2, /the right option, 0, is blank/),
    "wrong",
  );
  await odd(
    "a blank wrong option",
    { "valid.jsonl": change(1, { goal, sol1: "  ", sol2, label: 1 }) },
    at(2, /only option 1 has a text/),
    "wrong",
  );
  await odd(
    "a row that stands twice",
    { "valid.jsonl": change(1, labelled[0]) },
    at(2, /stands more than once/),
    "asked",
  );
  await odd(
    "a label that differs from the file beside it",
    {
      "valid.jsonl": change(3, { ...labelled[3], label: 1 - labels[3] }),
      "valid-labels.lst": labels.slice(0, 5).join("\n"),
    },
    at(4, /field label is \d, but .*valid-labels\.lst:4 says "\d"; the row counts$/),
    "asked",
  );
  await odd(
    "a label out of range",
    { "valid.jsonl": change(3, { goal, sol1, sol2, label: 2 }) },
    at(4, /field label must be from 0 to 1, current value is 2/),
  );
  await odd(
    "a hidden label",
    { "valid.jsonl": change(3, { goal, sol1, sol2, label: -1 }) },
    at(4, /current value is -1/),
  );
  await check(
    "no labels at all",
    { "valid.jsonl": jsonl(rows) },
    at(1, /field label .* there is no .*\/valid-labels\.lst either/),
  );
  await odd(
    "a wrong line of labels",
    { ...files, "valid-labels.lst": lst.replace(/^(.\n.\n)./, "$1x") },
    at(3, /label must be from 0 to 1, current value is "x"/, "/valid-labels.lst"),
  );
  await check(
    "too few labels",
    { ...files, "valid-labels.lst": lst.slice(0, 600) },
    at(301, /there are only 300 labels, but more items/, "/valid-labels.lst"),
  );
  await check(
    "too many labels",
    { ...files, "valid-labels.lst": `${lst}0\n1\n\n` },
    at(302, /303 labels, but only 301 items/, "/valid-labels.lst"),
  );
  await odd(
    "broken JSON after a blank line",
    { "valid.jsonl": `${jsonl(labelled.slice(0, 2))}\n{"goal": \n` },
    at(4, /JSON/),
  );
  await check("no such file", {}, { file: "/valid.json", says: /no such file/ }, (f) => `${f}/valid.json`);
  await check("an empty folder", {}, { file: "", says: /looked for valid\.jsonl, piqa_valid\.jsonl/ });
  await check("a folder with a test set alone", { "tests.jsonl": jsonl(rows) }, {
    file: "",
    says: /looked for valid\.jsonl.*; it holds tests\.jsonl: name the file/,
  });
});

Deno.test("an empty file has no items", async () => {
  await withFiles({ "valid.jsonl": "", "valid-labels.lst": "" }, async (data) => {
    await assert.rejects(accuracy(uniform(1), data), /valid\.jsonl: there is nothing in it/);
  });
});

Deno.test("without data the error names the published id; nothing is downloaded", async () => {
  const before = Deno.env.get("LLAMERO_DATA");
  Deno.env.delete("LLAMERO_DATA");
  try {
    await assert.rejects(
      new Evaluator(uniform(1)).add("piqa").run(),
      (error: unknown) => error instanceof ConfigError && /hf:\/\/ybisk\/piqa, download/.test(error.message),
    );
    await assert.rejects(accuracy(uniform(1), "hf://ybisk/piqa"), /it must be hf:\/\/owner\/name\/path/);
  } finally {
    if (before !== undefined) Deno.env.set("LLAMERO_DATA", before);
  }
});

Deno.test("limit reads only the rows that it needs", async () => {
  const broken = `${jsonl(labelled.slice(0, 7))}{"goal": 1}\n`;
  await withFiles({ "valid.jsonl": broken }, async (data) => {
    const plan = new Evaluator(oracle(rows, labels)).add("piqa", { data, limit: 7 });
    const [{ measures: [{ value, n }], protocol }] = (await plan.run()).results;
    assert.equal(value, 1);
    assert.equal(n, 7);
    assert.equal(protocol.limit, 7);
  });
});

const { folder, present } = await testData("piqa_valid.jsonl", "piqa_valid-labels.lst");

Deno.test({
  name: `the published validation set, 1,838 items${present.reason}`,
  ignore: present.ignore,
  async fn() {
    const real = new URL("piqa_valid.jsonl", folder);
    const text = await Deno.readTextFile(real);
    const rows: PiqaRow[] = text.trim().split("\n").map((line) => JSON.parse(line));
    const labels = (await Deno.readTextFile(new URL("piqa_valid-labels.lst", real))).trim().split("\n").map(
      Number,
    );
    const report = await new Evaluator(oracle(rows, labels)).add("piqa", { data: real }).run();
    assert.equal(report.value("piqa"), 1);
    assert.equal(report.results[0].measures[0].n, 1838);
    assert.equal(await accuracy(oracle(rows, labels, -1), new URL(".", real)), 0);
    const share = await accuracy(uniform(4), real);
    assert.ok(Math.abs(share - 0.5) <= 3 * Math.sqrt(0.25 / 1838), String(share));
  },
});
