// Tar archives are unpacked into the cache folder, zip archives are refused with the way to unpack them.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { Evaluator, type TaskData } from "../../../src/eval/mod.ts";
import { scorer, withFiles, writer } from "../fakes.ts";
import { csvQuestion, problem, range } from "./published_rows.ts";

const model = { ...scorer(() => -1), ...writer(() => " x") };

async function run(task: string, data: TaskData) {
  const [result] = (await new Evaluator(model).add(task, { data, shots: 0 }).run()).results;
  return result;
}

/** Writes files as a tar archive. */
async function tarOf(path: string, files: Record<string, string>): Promise<void> {
  const pack = tar.pack();
  for (const [name, text] of Object.entries(files)) pack.entry({ name }, text);
  pack.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of pack) parts.push(part as Uint8Array);
  const bytes = Buffer.concat(parts);
  await Deno.writeFile(path, path.endsWith(".gz") ? gzipSync(bytes) : bytes);
}

Deno.test("a tar archive is unpacked once, with the files that the task reads alone", () =>
  withFiles({ "x": "" }, async (folder) => {
    await tarOf(`${folder}/data.tar`, {
      "data/test/anatomy_test.csv": csvQuestion(0, "right"),
      "data/dev/anatomy_dev.csv": range(5).map((i) => csvQuestion(i, "example")).join(""),
      "data/auxiliary_train/race.csv": csvQuestion(1, "wrong"),
      "../../outside_test.csv": csvQuestion(2, "wrong"),
      "data/test/._anatomy_test.csv": "\0\0",
    });
    for (let time = 0; time < 2; time++) {
      const report = await new Evaluator(model).add("mmlu", { data: `${folder}/data.tar` }).run();
      const [{ prompt, shots }] = report.results[0].items;
      assert.equal(report.results[0].items.length, 1);
      assert.equal(shots.length, 5, "the examples come from the archive too");
      assert.ok(prompt.includes("right 0") && !prompt.includes("wrong"), prompt);
    }
    const kept = [...Deno.readDirSync(`${folder}/home/archives`)].map(({ name }) => name);
    assert.equal(kept.length, 1);
    const files = [...Deno.readDirSync(`${folder}/home/archives/${kept[0]}/data`)].map(({ name }) => name)
      .sort();
    assert.deepEqual(files, ["dev", "test"]);
    await tarOf(`${folder}/MATH.tar.gz`, {
      "MATH/test/algebra/0.json": problem(0, "right"),
      "MATH/train/algebra/0.json": problem(3, "wrong"),
    });
    const { items } = await run("math", `${folder}/MATH.tar.gz`);
    assert.deepEqual(items.map((item) => item.prompt.includes("right 0")), [true]);
    await assert.rejects(
      run("boolq", `${folder}/data.tar`),
      /data\.tar: Cannot find the data in the archive: looked for/,
    );
    await assert.rejects(
      run("boolq", `${folder}/none.tar`),
      /none\.tar: Cannot read the archive: there is no such file/,
    );
  }));

Deno.test("members that are named from the current folder are found", () =>
  withFiles({ "x": "" }, async (folder) => {
    await tarOf(`${folder}/a.tar.gz`, {
      "./anatomy_test.csv": csvQuestion(0, "right"),
      "././anatomy_dev.csv": csvQuestion(1, "wrong"),
    });
    const { items } = await run("mmlu", `${folder}/a.tar.gz`);
    assert.equal(items.length, 1);
  }));

Deno.test("a zip archive names the way to unpack it", () =>
  withFiles({ "ARC-V1-Feb2018.zip": "PK\x03\x04" }, async (folder) => {
    await assert.rejects(
      run("arc-easy", `${folder}/ARC-V1-Feb2018.zip`),
      /unpack it first, such as with `unzip`/,
    );
    await assert.rejects(run("arc-easy", folder), /it holds ARC-V1-Feb2018\.zip: unpack the archive/);
  }));
