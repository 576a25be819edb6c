// The choice of files in a folder: examples beside the items, several files of one name, odd folder names, other tasks' files.
import assert from "node:assert/strict";
import { Evaluator, type TaskData } from "../../../src/eval/mod.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";
import { article, boolq, csvQuestion, gsm8k, range, rows, siqa, winogrande } from "./published_rows.ts";

const model = { ...scorer(() => -1), ...writer(() => " x") };

async function run(task: string, data: TaskData) {
  const [result] = (await new Evaluator(model).add(task, { data, shots: 0 }).run()).results;
  return result;
}

Deno.test("MMLU: the five examples are found beside the test folder from every start", () =>
  withFiles({
    "data/test/anatomy_test.csv": csvQuestion(0, "right"),
    "data/dev/anatomy_dev.csv": range(5).map((i) => csvQuestion(i, "example")).join(""),
    "data/val/anatomy_val.csv": csvQuestion(3, "wrong"),
  }, async (folder) => {
    for (const start of ["", "/data", "/data/test", "/data/test/*_test.csv", "/data/test/anatomy_test.csv"]) {
      const report = await new Evaluator(model).add("mmlu", { data: folder + start }).run();
      const [{ prompt, shots }] = report.results[0].items;
      assert.deepEqual(shots, [0, 1, 2, 3, 4], start);
      assert.ok(prompt.includes("example 4") && !prompt.includes("wrong"), prompt);
    }
  }));

Deno.test("MMLU: one folder per subject, with its examples", () =>
  withFiles(
    Object.fromEntries(["anatomy", "virology"].flatMap((subject) => {
      const rows = (count: number, mark: string) =>
        jsonl(
          range(count).map((i) => ({
            question: `${mark} ${i}`,
            subject,
            choices: ["a", "b", "c", "d"],
            answer: 1,
          })),
        );
      return [
        [`hub/mmlu/${subject}/test.jsonl`, rows(2, "right")],
        [`hub/mmlu/${subject}/dev.jsonl`, rows(5, "example")],
      ];
    })),
    async (folder) => {
      for (const start of ["", "/hub", "/hub/mmlu"]) {
        const { items } = (await new Evaluator(model).add("mmlu", { data: folder + start }).run()).results[0];
        assert.equal(items.length, 4, start);
        assert.ok(
          items.every(({ prompt }) => prompt.includes("example 4") && prompt.includes("right")),
          start,
        );
      }
    },
  ));

Deno.test("a folder with several files of the published name is refused, and they are named", () =>
  withFiles({ "a/x/dev.jsonl": rows(2, boolq), "a/y/dev.jsonl": rows(2, boolq) }, async (folder) => {
    await assert.rejects(
      run("boolq", folder),
      /a\/x\/dev\.jsonl, .*a\/y\/dev\.jsonl all fit, name one of them/,
    );
    assert.equal((await run("boolq", `${folder}/a/x`)).items.length, 2);
  }));

Deno.test("folders with characters of patterns in their names, and the links of the hub's cache", () => {
  const odd = "my [data] {1} *?";
  const snapshot = "datasets--ehovy--race/snapshots/2fec9fd8";
  return withFiles({
    [`${odd}/RACE/test/high/0.txt`]: article(0, "right", "high"),
    [`${odd}/data/test/anatomy_test.csv`]: csvQuestion(0, "right"),
    "datasets--ehovy--race/blobs/abc": article(0, "right", "middle"),
    [`${snapshot}/middle/README.md`]: "x",
  }, async (folder) => {
    for (const start of ["", "/RACE", "/RACE/test", "/RACE/test/high"]) {
      assert.equal((await run("race-high", `${folder}/${odd}${start}`)).items.length, 2, start);
    }
    assert.equal((await run("race-high", folder)).items.length, 2);
    assert.equal((await run("mmlu", `${folder}/${odd}`)).items.length, 1);
    await Deno.symlink("../../../blobs/abc", `${folder}/${snapshot}/middle/test.jsonl`);
    for (const start of ["", "/snapshots", "/snapshots/2fec9fd8", "/snapshots/2fec9fd8/middle"]) {
      assert.equal(
        (await run("race-middle", `${folder}/datasets--ehovy--race${start}`)).items.length,
        2,
        start,
      );
    }
  });
});

Deno.test("a file of another task does not stand in for a missing one under LLAMERO_DATA", () =>
  withFiles({
    "winogrande_1.1/dev.jsonl": rows(5, winogrande),
    "socialiqa-train-dev/dev.jsonl": rows(6, (i, mark) => ({ ...siqa(i, mark), label: "1" })),
    "gsm8k/test.jsonl": rows(2, gsm8k),
    "other/facts.json": "[{}]",
  }, async (folder) => {
    const before = Deno.env.get("LLAMERO_DATA");
    Deno.env.set("LLAMERO_DATA", folder);
    try {
      for (const [task, count] of [["winogrande", 5], ["siqa", 6]] as const) {
        const report = await new Evaluator(model).add(task).run();
        assert.equal(report.results[0].items.length, count);
      }
      for (const name of ["boolq", "math", "mmlu"]) {
        await assert.rejects(new Evaluator(model).add(name).run(), /no data was named/);
      }
    } finally {
      if (before === undefined) Deno.env.delete("LLAMERO_DATA");
      else Deno.env.set("LLAMERO_DATA", before);
    }
  }));
