// The chain of deduplication over 200,000 documents with planted repetitions across 20 files, one of them damaged: parts 1,
// 2 and 5, each part a process of its own, keep the documents of one process, with its counts, in bounded memory; a part
// that is killed does at most the file it was at again.
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Document, joinParts } from "../../src/data/mod.ts";
import { root, runDeno } from "../repo/tree.ts";
import { inFolder } from "../support/folder.ts";
import { made, pagesIn } from "./dedup_jobs_child.ts";

const child = "tests/full/dedup_jobs_child.ts";
const jobs = {
  document: ["signatures", "removals", "filter"],
  near: ["signatures", "buckets", "clusters", "removals", "filter"],
} as const;
type By = keyof typeof jobs;

async function doPart(...args: string[]): Promise<{ report: unknown; seconds: number; megabytes: number }> {
  const { code, stdout, stderr } = await runDeno(["run", "-A", "--no-check", child, ...args]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Runs all parts of a job; returns the CPU seconds of all and the largest peak of one. */
async function doJob(folder: string, out: string, by: By, job: string, of: number) {
  const total = { seconds: 0, megabytes: 0 };
  for (let part = 0; part < of; part++) {
    const { seconds, megabytes } = await doPart(folder, out, by, job, `${part}`, `${of}`);
    total.seconds += seconds;
    total.megabytes = Math.max(total.megabytes, megabytes);
  }
  return total;
}

Deno.test("parts 1, 2 and 5 keep the documents and counts of one process, each in less than 500 MB", () =>
  inFolder(async (folder) => {
    await runDeno(["run", "-A", "--no-check", child, folder]);
    const bytes = [...Deno.readDirSync(`${folder}/raw`)]
      .reduce((sum, { name }) => sum + Deno.statSync(`${folder}/raw/${name}`).size, 0);
    for (const by of ["document", "near"] as const) {
      const single = pagesIn(folder).dedup({ by });
      const stats = await single.stats();
      const ids = (await single.toArray()).map(({ id }) => id);
      const step = stats.steps.at(-1)!;
      const dropped = Object.values(step.dropped).reduce((sum, count) => sum + count, 0);
      assert.ok(dropped > 0.09 * made.documents && ids.length === step.kept, `${dropped} dropped`);
      for (const  of of[1, 2, 5]) {
        const out = `${folder}/${of}`;
        for (const job of ["prepare", ...jobs[by]]) {
          const { seconds, megabytes } = await doJob(folder, out, by, job, of);
          console.log(
            `${by}, ${of} parts, ${job}: ${seconds.toFixed(1)} CPU s, ${
              (bytes / 1e6 / seconds).toFixed(1)
            } MB/s, ` +
              `at most ${megabytes.toFixed(0)} MB resident`,
          );
          assert.ok(megabytes < 500, `${job}: ${megabytes} MB`);
        }
        const { dataset, stats: joined } = await joinParts<Document>(`${out}/${by}-*.jsonl`);
        assert.deepEqual((await dataset.toArray()).map(({ id }) => id), ids);
        const own = joined.steps.at(-1)!;
        assert.deepEqual([own.kept, own.dropped], [step.kept, step.dropped]);
        const { errors } = await joinParts(`${out}/prepared-*.jsonl`);
        assert.equal(errors.length, 1);
        assert.match(errors[0].first, /07\.jsonl\.gz/);
      }
    }
  }));

Deno.test("a part that is killed in the middle does at most the file it was at again", () =>
  inFolder(async (folder) => {
    await runDeno(["run", "-A", "--no-check", child, folder]);
    const out = `${folder}/out`;
    const args = (job: string) => [folder, out, "near", job, "0", "1"];
    for (
      const [job, parts, complete] of [["prepare", out, /^prepared-.*\.jsonl$/], [
        "signatures",
        `${out}/near/signatures`,
        /\.bands$/,
      ]] as const
    ) {
      const list = () => {
        try {
          return [...Deno.readDirSync(parts)].filter(({ name }) => complete.test(name)).map(({ name }) =>
            name
          );
        } catch {
          return [];
        }
      };
      const killed = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", join(root, child), ...args(job)],
        stdout: "null",
        stderr: "null",
      }).spawn();
      while (list().length < 6) await new Promise((done) => setTimeout(done, 20));
      killed.kill("SIGKILL");
      assert.equal((await killed.status).signal, "SIGKILL");
      const times = () =>
        new Map(list().map((name) => [name, Deno.statSync(`${parts}/${name}`).mtime?.getTime()]));
      const before = times();
      await doPart(...args(job));
      const after = times();
      assert.equal(after.size, made.files);
      const again = [...before].filter(([name, time]) => after.get(name) !== time);
      assert.ok(again.length <= 1, `${job}: ${again.length} of ${before.size} files were written again`);
      console.log(`${job}: ${before.size} files at the kill, ${again.length} written again`);
    }
  }));
