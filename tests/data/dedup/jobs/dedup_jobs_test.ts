// Jobs of deduplication that are killed, run in a wrong order, or find other files than they left.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Dataset } from "../../../../src/data/dataset.ts";
import { DedupJobs } from "../../../../src/data/dedup/jobs/dedup_jobs.ts";
import { joinParts } from "../../../../src/data/join_parts.ts";
import { failure } from "../../fixtures.ts";
import { inFolder } from "../../../support/folder.ts";
import { signatures } from "./killed_jobs.ts";
import { writeCorpus } from "./made_corpus.ts";

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a part that is killed and starts again does at most the file it was at, and leaves nothing behind", () =>
  inFolder(async (folder) => {
    await writeCorpus(`${folder}/in`, 1, 7, 40);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", fileURLToPath(new URL("./killed_jobs.ts", import.meta.url)), folder],
      stdout: "piped",
    }).spawn();
    for await (const _ of child.stdout.pipeThrough(new TextDecoderStream())) break;
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    const left = filesIn(`${folder}/jobs/signatures`);
    assert.equal(left.filter((name) => name.endsWith(".tmp")).length, 2);
    const files = new Set<string>();
    const report = await signatures(folder, (key) => files.add(key.split(".")[0]));
    const known = left.filter((name) => name.endsWith(".bands")).length;
    assert.deepEqual(report, { written: 7 - known, known });
    assert.equal(known, 4, "files 0 to 3 were done");
    assert.deepEqual([...files], ["4", "5", "6"]);
    assert.equal(filesIn(`${folder}/jobs/signatures`).length, 14);
    assert.deepEqual(await signatures(folder), { written: 0, known: 7 });
  }));

Deno.test("a job names the first file that is missing, damaged or of other data, and the part that writes it", () =>
  inFolder(async (folder) => {
    const path = await writeCorpus(`${folder}/in`, 2, 4, 20);
    const pages = Dataset.jsonl(path, { text: "text" });
    const jobs = () => new DedupJobs(pages, `${folder}/jobs`, { by: "line", ranges: 4 });
    const run = (job: string, part: number, of = 2) => jobs().run(job, { part, of });
    await run("signatures", 1);
    const early = await failure(() => run("removals", 0));
    assert.match(
      early.message,
      /2 of 4 files of the job "signatures" are missing or of other data, first .*hashes/,
    );
    assert.match(early.message, /\(.*f\d\.jsonl\); run the job again, part 0 of 2 writes it/);
    await run("signatures", 0);
    const size = (name: string) => Deno.statSync(`${folder}/jobs/signatures/${name}`).size;
    const [first] = filesIn(`${folder}/jobs/signatures`).sort((a, b) => size(b) - size(a));
    await Deno.truncate(`${folder}/jobs/signatures/${first}`, 100);
    assert.match(
      (await failure(() => run("removals", 0))).message,
      new RegExp(`1 of 4 files .* first .*${first}`),
    );
    assert.equal((await run("signatures", 0)).written + (await run("signatures", 1)).written, 1);
    const bytes = await Deno.readFile(`${folder}/jobs/signatures/${first}`);
    await Deno.writeFile(`${folder}/jobs/signatures/${first}`, bytes.with(3, bytes[3] ^ 1));
    const damaged = await failure(async () => void (await run("removals", 0), await run("removals", 1)));
    assert.match(
      damaged.message,
      new RegExp(`Cannot read .*${first}: it is damaged, remove it and run the job`),
    );
    await Deno.remove(`${folder}/jobs/signatures/${first}`);
    for (const job of jobs().stages) for (const part of [0, 1]) await run(job, part);
    assert.deepEqual(await run("removals", 0), { written: 0, known: 2 });
    assert.match((await failure(() => run("buckets", 0))).message, /the jobs are signatures, removals/);
    await Deno.writeTextFile(`${folder}/in/f3.jsonl`, '{"text": "new"}\n', { append: true });
    const write = () => jobs().write(`${folder}/out/p-*.jsonl`, { part: 0, of: 1 });
    assert.match(
      (await failure(write)).message,
      /4 of 4 files of the job "removals" are missing or of other data/,
    );
  }));

Deno.test("a damaged input file is named in the manifest and stops neither the jobs nor the others", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    const packed = gzipSync(
      Array.from({ length: 5000 }, (_, i) => `{"text": "text ${i % 4000} ${i % 7}"}\n`).join(""),
    );
    await Deno.writeFile(`${folder}/in/a.jsonl.gz`, packed);
    await Deno.writeFile(`${folder}/in/b.jsonl.gz`, packed.subarray(0, packed.length / 2));
    await Deno.writeFile(`${folder}/in/c.jsonl.gz`, packed);
    const pages = Dataset.jsonl(`${folder}/in/*.gz`, { text: "text" });
    const jobs = new DedupJobs(pages, `${folder}/jobs`, { ranges: 8 });
    for (const job of jobs.stages) for (const part of [0, 1, 2]) await jobs.run(job, { part, of: 3 });
    for (const part of [0, 1, 2]) await jobs.write(`${folder}/out/p-*.jsonl`, { part, of: 3 });
    const { dataset, errors } = await joinParts(`${folder}/out/p-*.jsonl`);
    assert.equal(errors.length, 1);
    assert.match(errors[0].first, /b\.jsonl\.gz/);
    assert.deepEqual(await dataset.toArray(), await pages.dedup().toArray());
  }));

Deno.test("a file that cannot be read holds back no other one, and is named at the end", () =>
  inFolder(async (folder) => {
    await writeCorpus(`${folder}/in`, 3, 5, 20);
    for (const file of [1, 3]) await Deno.writeTextFile(`${folder}/in/f${file}.jsonl`, '{"text": broken}\n');
    const pages = Dataset.jsonl(`${folder}/in/*.jsonl`, { text: "text", onBroken: "throw" });
    const run = () => new DedupJobs(pages, `${folder}/jobs`, {}).run("signatures", { part: 0, of: 1 });
    const { message } = await failure(run);
    assert.match(
      message,
      /Cannot do 2 of 5 units of part 0 of 1: .*f1\.jsonl .*f3\.jsonl .*run the part again/,
    );
    assert.equal(filesIn(`${folder}/jobs/signatures`).length, 3);
    for (const file of [1, 3]) {
      await Deno.writeTextFile(`${folder}/in/f${file}.jsonl`, '{"text": "mended"}\n');
    }
    assert.deepEqual(await run(), { written: 2, known: 3 });
  }));

Deno.test("options that no job can follow are refused", async () => {
  const pages = Dataset.from([{ text: "a" }]);
  const make = (options: unknown) => () => new DedupJobs(pages, "x", options as never);
  assert.throws(
    make({ by: "near", normalize: "ccnet" }),
    /DedupJobs\.normalize: must be left out with by: "near"/,
  );
  assert.throws(make({ ranges: 0 }), /DedupJobs\.ranges/);
  assert.throws(make({ range: 3 }), /DedupJobs\.range: unknown option/);
  const shuffled = new DedupJobs(pages.shuffle(), "x", {});
  assert.match(
    (await failure(() => shuffled.run("signatures"))).message,
    /Cannot work on a part of the dataset/,
  );
});
