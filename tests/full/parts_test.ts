// A part of a dataset is written in the memory in which the whole is, as JSON Lines and as Parquet, and as fast.
import assert from "node:assert/strict";
import { runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";

const documents = 300_000;

interface Measured {
  records: number;
  megabytes: number;
  seconds: number;
}

Deno.test("a part takes the memory of a whole write; ranges of one file are its documents", async () => {
  await inFolder(async (folder) => {
    const run = async (what: string): Promise<Measured> => {
      const { code, stdout, stderr } = await runDeno(
        ["run", "-A", "tests/full/parts_child.ts", folder, what, `${documents}`],
      );
      assert.equal(code, 0, stderr);
      const measured: Measured = JSON.parse(stdout);
      const { records, megabytes, seconds } = measured;
      console.log(
        `${what}: ${records} documents, at most ${megabytes.toFixed(0)} MB, ${seconds.toFixed(1)} s`,
      );
      return measured;
    };
    await run("generate");
    const whole = await run("whole");
    const part = await run("part");
    const parquet = await run("parquet");
    const again = await run("part");
    const joined = await run("join");
    for (const { records } of [whole, part, parquet, again, joined]) assert.equal(records, documents);
    assert.ok(
      part.megabytes < 1.2 * whole.megabytes + 20,
      `${part.megabytes} MB, whole ${whole.megabytes} MB`,
    );
    assert.ok(
      parquet.megabytes < whole.megabytes + 300,
      `${parquet.megabytes} MB, whole ${whole.megabytes} MB`,
    );
  });
});
