// A dataset written in 1, 2 and 5 parts is the dataset that one process reads: records, order, ids and counts. What a
// manifest proves is not done again, what it does not prove is. The oracle is `toArray` and `stats` of the whole.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { joinParts } from "../../../src/data/join_parts.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { ManifestFolder } from "../../../src/data/parts/manifest.ts";
import { inFolder } from "../../support/folder.ts";
import { failure } from "../fixtures.ts";
import { corpus, makeCorpus, textOf, unitBytes, writeKilled, writeOne } from "./corpus.ts";

/** Writes all parts and returns the pattern of the shards. */
async function writeAll(folder: string, of: number, ending = ".jsonl.zst"): Promise<string> {
  const out = `${folder}/out-${of}/x-*${ending}`;
  for (let part = of - 1; part >= 0; part--) {
    await writeOne(folder, out, { part, of, workers: of === 2 ? 2 : 0 });
  }
  return out;
}

/** Returns the names and times of the shards. */
function times(folder: string): Map<string, number> {
  return new Map(
    [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)
      .map(({ name }) => [name, Deno.statSync(`${folder}/${name}`).mtime!.getTime()]),
  );
}

/** Returns the names that are not as they were. */
function changed(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after].filter(([name, time]) => before.get(name) !== time).map(([name]) => name);
}

for (const [of, ending] of [[1, ".jsonl.zst"], [2, ".parquet"], [5, ".jsonl.gz"]] as const) {
  Deno.test(`${of} parts as ${ending}: records, order, ids and counts of one process`, () =>
    inFolder(async (folder) => {
      await makeCorpus(folder);
      const joined = await joinParts(await writeAll(folder, of, ending), { verify: true });
      const whole: unknown[] = [];
      const stats = await corpus(folder).map((value) => (whole.push(value), value)).stats({ workers: 0 });
      assert.ok(joined.lines.length > 27, `${joined.lines.length} units`);
      assert.deepEqual(await joined.dataset.toArray(), whole);
      assert.deepEqual(joined.stats.toJSON(), { ...stats.toJSON(), steps: stats.steps.slice(0, -1) });
      assert.equal(joined.errors.length, 1);
      assert.match(joined.errors[0].first, /damaged\.jsonl\.gz:\d+: cannot unpack/);
      const lines = (await Deno.readTextFile(`${folder}/out-${of}/x${ending}.manifest/manifest.jsonl`)).trim()
        .split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        joined.lines.map((line) => JSON.parse(JSON.stringify(line))),
      );
    }));
}

Deno.test("another number of parts does nothing again; a changed file and a lost shard are done again, alone", () =>
  inFolder(async (folder) => {
    await makeCorpus(folder, 3);
    const out = await writeAll(folder, 2);
    const shards = `${folder}/out-2`;
    const before = times(shards);
    for (let part = 0; part < 3; part++) await writeOne(folder, out, { part, of: 3 });
    assert.deepEqual(changed(before, times(shards)), []);
    const { lines } = await joinParts(out);
    const shardOf = (name: string) => lines.find(({ inputs }) => inputs[0].path.endsWith(name))!.output.name;
    const lost = shardOf("plain-2.jsonl");
    await Deno.writeFile(`${shards}/${lost}`, new Uint8Array(lines[0].output.size));
    await Deno.writeTextFile(`${folder}/plain-1.jsonl`, JSON.stringify({ text: textOf(9, 9).repeat(3) }));
    assert.match(
      (await failure(() => joinParts(out))).message,
      /unit \w+: its shard .* bytes, not .*; run part \d of [23] again/,
    );
    for (let part = 0; part < 3; part++) await writeOne(folder, out, { part, of: 3 });
    const again = changed(before, times(shards));
    assert.deepEqual(again.sort(), [lost, shardOf("plain-1.jsonl")].sort());
    const joined = await joinParts(out, { verify: true });
    assert.deepEqual(await joined.dataset.toArray(), await corpus(folder).toArray({ workers: 0 }));
    await Deno.writeTextFile(`${folder}/plain-9.jsonl`, JSON.stringify({ text: textOf(9, 8).repeat(3) }));
    await writeOne(folder, out, { part: 2, of: 3 });
    assert.match(
      (await failure(() => joinParts(out))).message,
      /part 2 of 3 is missing; part 2 saw other input files than parts 0, 1, run all parts again/,
    );
  }));

Deno.test("a changed plan is done again, and shards of files that are gone are removed by the join", () =>
  inFolder(async (folder) => {
    await makeCorpus(folder, 2);
    const out = await writeAll(folder, 1);
    const before = times(`${folder}/out-1`);
    const other = corpus(folder).filter(({ text }) => text.length > 100, { name: "longer" });
    await Deno.remove(`${folder}/prose-0.txt`);
    await other.write(out, { part: 0, of: 1, unitBytes, workers: 0 });
    const after = times(`${folder}/out-1`);
    assert.equal(changed(before, after).length, before.size - 1);
    assert.equal(after.size, before.size);
    const joined = await joinParts(out, { verify: true });
    assert.deepEqual(await joined.dataset.toArray(), await other.toArray({ workers: 0 }));
    assert.equal(times(`${folder}/out-1`).size, before.size - 1);
  }));

Deno.test("another number of parts over other input replaces an earlier result, and the join waits for all of them", () =>
  inFolder(async (folder) => {
    const out = `${folder}/out/x-*.jsonl`;
    const add = (name: string) => Deno.writeTextFile(`${folder}/${name}.jsonl`, `{"text":"file ${name}"}`);
    const write = (part: number, of: number) =>
      Dataset.jsonl(`${folder}/*.jsonl`, { text: "text" }).write(out, { part, of });
    const texts = async () => (await (await joinParts(out)).dataset.toArray()).map(({ text }) => text);
    for (const name of ["a", "c"]) await add(name);
    for (const part of [0, 1]) await write(part, 2);
    await write(0, 3); // the same input: the earlier result stays good
    assert.deepEqual(await texts(), ["file a", "file c"]);
    await add("b");
    for (const part of [0, 2]) await write(part, 3);
    assert.match((await failure(texts)).message, /part 1 of 3 is missing; run it again/);
    await write(1, 3);
    assert.deepEqual(await texts(), ["file a", "file b", "file c"]);
    await Deno.remove(`${folder}/c.jsonl`);
    await write(0, 1);
    assert.deepEqual(await texts(), ["file a", "file b"]);
  }));

Deno.test("a part that reads its own shards is refused, however the folder is written", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.jsonl`, '{"text":"a"}');
    const write = (pattern: string, part: number) =>
      Dataset.jsonl(pattern, { text: "text" }).write(`${folder}/x-*.jsonl`, { part, of: 2 });
    for (const part of [0, 1]) await write(`${folder}/a.jsonl`, part);
    for (const pattern of ["*.jsonl", "**/*.jsonl", "./x-*.jsonl"]) {
      const { message } = await failure(() => write(`${folder}/${pattern}`, 1));
      assert.match(message, /the dataset reads .*x-\w{16}\.jsonl, which is a shard .*write to a folder/);
    }
    await write(`${folder}/a.jsonl`, 1);
  }));

Deno.test("a part whose draft another process takes away says so, and an error of the disk names the unit", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.jsonl`, '{"text":"a"}');
    const out = `${folder}/out/x-*.jsonl`;
    const takeDrafts = Dataset.jsonl(`${folder}/*.jsonl`, { text: "text" }).map((document) => {
      for (const { name } of Deno.readDirSync(`${folder}/out`)) {
        if (name.endsWith(".tmp")) Deno.removeSync(`${folder}/out/${name}`);
      }
      return document;
    }, { name: "take", version: 1 });
    assert.match(
      (await failure(() => takeDrafts.write(out, { part: 0, of: 1 }))).message,
      /Cannot write .*x-\w+\.jsonl: .*by another process that does the same work/,
    );
    const pages = Dataset.jsonl(`${folder}/*.jsonl`, { text: "text" });
    await Deno.writeTextFile(`${folder}/rejects`, "a file where the folder should be");
    assert.match(
      (await failure(() => pages.write(out, { part: 0, of: 1, rejects: `${folder}/rejects/r-*.jsonl` })))
        .message,
      /Cannot do .*a\.jsonl: .*run the part again/,
    );
  }));

Deno.test("missing parts are named", () =>
  inFolder(async (folder) => {
    await makeCorpus(folder, 1);
    const out = `${folder}/out/x-*.jsonl`;
    assert.match((await failure(() => joinParts(out))).message, /no part has ended/);
    for (const part of [0, 2, 4]) await writeOne(folder, out, { part, of: 5 });
    assert.match(
      (await failure(() => joinParts(out))).message,
      /parts 1, 3 of 5 are missing; run them again/,
    );
    await writeOne(folder, out, { part: 3, of: 5 });
    assert.match((await failure(() => joinParts(out))).message, /part 1 of 5 is missing; run it again/);
    await corpus(folder).filter(() => true, { name: "all" }).write(out, { part: 1, of: 5, unitBytes });
    assert.match(
      (await failure(() => joinParts(out))).message,
      /part 1 had another plan than parts 0, 2, 3, 4, run all parts again/,
    );
  }));

Deno.test("a part that is killed and begins again redoes one unit at most", () =>
  inFolder(async (folder) => {
    await makeCorpus(folder);
    const out = `${folder}/out/x-*.jsonl.gz`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fileURLToPath(new URL("./corpus.ts", import.meta.url)), folder, out],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.includes("far enough")) break;
    }
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL", said);
    const killed = times(`${folder}/out`);
    const drafts = [...killed.keys()].filter((name) => name.endsWith(".tmp"));
    assert.equal(drafts.length, 1);
    const done = changed(new Map(), killed).filter((name) => !name.endsWith(".tmp"));
    assert.ok(done.length > 10, `${done.length} shards`);
    await writeKilled(folder, out);
    const after = times(`${folder}/out`);
    assert.equal([...after.keys()].filter((name) => name.endsWith(".tmp")).length, 0);
    const lines = new ManifestFolder(out);
    assert.deepEqual(done.filter((name) => after.get(name) !== killed.get(name)).slice(1), []);
    assert.equal((await lines.units()).length, after.size);
    const joined = await joinParts(out, { verify: true });
    assert.deepEqual(await joined.dataset.toArray(), await corpus(folder).toArray({ workers: 0 }));
  }));

Deno.test("rejects of a part are one file per unit, and the path of a part needs a star", () =>
  inFolder(async (folder) => {
    await makeCorpus(folder, 1);
    const out = `${folder}/out/x-*.jsonl`;
    await writeOne(folder, out, { part: 0, of: 1, rejects: `${folder}/rejects/r-*.jsonl` });
    const rejects = await Dataset.jsonl(`${folder}/rejects/r-*.jsonl`).toArray();
    const { stats } = await joinParts(out);
    const dropped = stats.steps.flatMap(({ dropped }) => Object.values(dropped)).reduce((a, b) => a + b);
    assert.equal(rejects.length, dropped);
    const names = () => [...Deno.readDirSync(`${folder}/rejects`)].map(({ name }) => name).sort();
    const before = names();
    await Deno.writeTextFile(`${folder}/rejects/${before[0]}.${crypto.randomUUID()}.tmp`, "left by a kill");
    await Deno.remove(`${folder}/out`, { recursive: true });
    await writeOne(folder, out, { part: 0, of: 1, rejects: `${folder}/rejects/r-*.jsonl` });
    assert.deepEqual(names(), before);
    for (
      const [path, options, why] of [
        [`${folder}/x.jsonl`, {}, /needs one \*/],
        [out, { rejects: `${folder}/r.jsonl` }, /needs one \*/],
        [`${folder}/x-*.csv`, {}, /must end in .jsonl/],
        [out, { shardBytes: 10 }, /shardBytes: must be left out with part/],
      ] as const
    ) {
      assert.match(
        (await failure(() => corpus(folder).write(path, { part: 0, of: 1, ...options }))).message,
        why,
      );
    }
    assert.match(
      (await failure(() => corpus(folder).write(out, { unitBytes: 10 }))).message,
      /unitBytes: needs part/,
    );
  }));

Deno.test("Parquet holds documents and conversations, and names the field that has no column", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x-*.parquet`;
    const rows = [{ prompt: "Hum?", completion: "Hum." }, {
      prompt: "Again?",
      completion: "ü".repeat(70_000),
    }];
    const chats = Dataset.from(rows).conversations();
    await chats.write(path, { part: "auto" });
    assert.deepEqual(await (await joinParts<unknown>(path)).dataset.toArray(), await chats.toArray());
    const own = {
      text: "b",
      source: "s",
      id: "i",
      meta: { source: "own", id: 7, text: ["x"], deep: { meta: null } },
    };
    const documents = Dataset.from([{ text: "a", source: "s", id: "j" }, own, { ...own, meta: {} }]);
    for (const ending of [".parquet", ".jsonl"]) {
      await documents.write(`${folder}/d-*${ending}`, { part: "auto" });
      const { dataset } = await joinParts(`${folder}/d-*${ending}`);
      assert.deepEqual(await dataset.toArray(), await documents.toArray());
      assert.equal(dataset.plan.kind, "documents");
      assert.equal(dataset.fingerprint, (await joinParts(`${folder}/d-*${ending}`)).dataset.fingerprint);
    }
    const wrong = Dataset.from([{ text: "a", other: 1 }]);
    assert.match(
      (await failure(() => wrong.write(path, { part: "auto" }))).message,
      /its field other has no column/,
    );
    const bare = Dataset.from([{ n: 1 }]);
    assert.match((await failure(() => bare.write(path, { part: "auto" }))).message, /field n has no column/);
    const none = Dataset.from([{ text: "a" }]).filter(() => false, { name: "none" });
    assert.equal((await none.write(path, { part: "auto" })).records, 0);
    assert.deepEqual(await (await joinParts(path)).dataset.toArray(), []);
  }));

Deno.test("files that a step compares in groups are compared in the same groups by parts", () =>
  inFolder(async (folder) => {
    for (let file = 0; file < 7; file++) {
      const lines = Array.from(
        { length: 30 },
        (_, n) => JSON.stringify({ text: `line ${(n * (file + 1)) % 40}\nown ${file} ${n}` }),
      );
      await Deno.writeTextFile(`${folder}/${file}.jsonl`, lines.join("\n"));
    }
    const pages = Dataset.jsonl(`${folder}/?.jsonl`, { text: "text" });
    for (const keep of ["none", "first"] as const) {
      const against = Dataset.jsonl(`${folder}/0.jsonl`, { text: "text" }).take(3);
      const dataset = pages.dedup({ by: "line", scope: 2, keep, against });
      const out = `${folder}/${keep}/x-*.jsonl`;
      for (let part = 0; part < 3; part++) await dataset.write(out, { part, of: 3 });
      const joined = await joinParts(out);
      assert.equal(joined.lines.length, 4);
      assert.deepEqual(await joined.dataset.toArray(), await dataset.toArray());
      assert.deepEqual(joined.stats.toJSON(), (await dataset.stats()).toJSON());
    }
  }));

Deno.test("a unit that fails holds back no other one, and the part ends with its error", () =>
  inFolder(async (folder) => {
    for (let file = 0; file < 8; file++) {
      await Deno.writeTextFile(`${folder}/${file}.jsonl`, `{"text":"file ${file}"}`);
    }
    const out = `${folder}/out/x-*.jsonl`;
    const failing = (bad: (text: string) => boolean) =>
      Dataset.jsonl(`${folder}/?.jsonl`, { text: "text" }).map((document) => {
        if (bad(document.text)) throw new Error(`no ${document.text}`);
        return document;
      }, { name: "checked" });
    const done = () => [...Deno.readDirSync(`${folder}/out`)].filter(({ isFile }) => isFile).length;
    const one = failing((text) => text === "file 2");
    assert.match(
      (await failure(() => one.write(out, { part: 0, of: 1 }))).message,
      /2.jsonl:1: .*threw no file 2$/,
    );
    assert.equal(done(), 7);
    assert.match((await failure(() => joinParts(out))).message, /no part has ended/);
    await Deno.remove(`${folder}/out`, { recursive: true });
    const two = failing((text) => text === "file 2" || text === "file 5");
    const { message } = await failure(() => two.write(out, { part: 0, of: 1 }));
    assert.match(
      message,
      /2 of 8 units of part 0 of 1: .*2.jsonl .*no file 2.*5.jsonl .*no file 5.*run the part again/,
    );
    await Deno.remove(`${folder}/out`, { recursive: true });
    let calls = 0;
    const none = failing(() => ++calls > 0);
    assert.match(
      (await failure(() => none.write(out, { part: 0, of: 1 }))).message,
      /0.jsonl:1: .*no file 0$/,
    );
    assert.equal(calls, 3);
    assert.equal(done(), 0);
    const stopped = () => one.write(out, { part: 0, of: 1, signal: AbortSignal.abort(new Error("stopped")) });
    assert.match((await failure(stopped)).message, /stopped/);
  }));
