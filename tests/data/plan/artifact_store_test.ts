import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { shardFolder } from "../../../src/data/plan/artifact_store.ts";
import { all, ByteEncoder, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const files = (folder: string): string[] => {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
};

async function corpus(folder: string): Promise<string> {
  const path = `${folder}/a.txt`;
  await Deno.writeTextFile(path, Array.from({ length: 40 }, (_, i) => `paragraph ${i}`).join("\n\n"));
  return path;
}

Deno.test("shards are made once, for every context, and read again by whoever tokenizes the same", () =>
  inFolder(async (folder) => {
    const text = Dataset.text(await corpus(folder), { by: "paragraph" });
    const encoder = new ByteEncoder();
    const open = async (context: number, encoder: ByteEncoder) =>
      (await text.tokenize(encoder, { context }).prepare()).close();
    await open(16, encoder);
    assert.equal(encoder.calls, 40);
    await open(16, encoder);
    await open(32, encoder);
    await open(16, new ByteEncoder());
    assert.equal(encoder.calls, 40);
    assert.equal(files(`${folder}/home/tokens`).length, 1);
    await open(16, new ByteEncoder(300));
    assert.equal(files(`${folder}/home/tokens`).length, 2);
    await Deno.writeTextFile(`${folder}/a.txt`, "something else, long enough for a window");
    const prepared = await text.tokenize(encoder, { context: 16 }).prepare();
    assert.equal(prepared.sources[0].documents, 1);
    prepared.close();
  }));

Deno.test("hosts whose locks do not reach each other make drafts of their own, of which the first to be whole stays", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/shared`;
    let both = 0;
    const { promise: met, resolve: meet } = Promise.withResolvers<void>();
    const open = (host: string) =>
      shardFolder(
        dir,
        "key",
        async (draft) => {
          if (++both === 2) meet();
          await met; // both are at work at the same time, as no lock between hosts hinders them
          await Deno.writeTextFile(`${draft}/host`, host);
          return { host };
        },
        undefined,
        host,
      );
    const [a, b] = await Promise.all([open("a"), open("b")]);
    assert.deepEqual([a.folder, b.folder], [`${dir}/key`, `${dir}/key`]);
    assert.deepEqual(files(dir), ["key"], "no draft is left");
    const { host } = JSON.parse(await Deno.readTextFile(`${dir}/key/facts.json`));
    assert.equal(await Deno.readTextFile(`${dir}/key/host`), host);
  }));

Deno.test("ids take two bytes where the vocabulary fits, else four, and read back the same", () =>
  inFolder(async (folder) => {
    const text = Dataset.text(await corpus(folder));
    const windows = [];
    for (const [vocabSize, idBytes] of [[65_536, 2], [65_537, 4]]) {
      const dir = `${folder}/${vocabSize}`;
      const prepared = await text.tokenize(new ByteEncoder(vocabSize), { context: 16, dir }).prepare();
      windows.push(await all(prepared.ordered()));
      assert.equal(Deno.statSync(`${dir}/${files(dir)[0]}/ids`).size, 64 + idBytes * prepared.tokens);
      prepared.close();
    }
    assert.deepEqual(windows[0], windows[1]);
  }));

Deno.test("shards that were cut or changed are refused by file and byte, not read", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/shards`;
    const encoder = new ByteEncoder();
    const tokens = Dataset.text(await corpus(folder), { by: "paragraph" }).tokenize(encoder, {
      context: 16,
      dir,
    });
    (await tokens.prepare()).close();
    const shard = `${dir}/${files(dir)[0]}`;
    for (const name of ["ids", "borders"]) {
      const good = await Deno.readFile(`${shard}/${name}`);
      await Deno.writeFile(`${shard}/${name}`, good.subarray(0, good.length - 3));
      const error = await failure(() => tokens.prepare());
      assert.ok(error instanceof FormatError);
      assert.equal(error.file, `${shard}/${name}`);
      assert.match(
        error.message,
        /expected file size in bytes \d+, but it is \d+; delete its folder to make it again/,
      );
      await Deno.writeFile(`${shard}/${name}`, good);
    }
    const ids = await Deno.readFile(`${shard}/ids`);
    await Deno.writeFile(`${shard}/ids`, ids.with(64 + 2 * 20 + 1, 255));
    const prepared = await tokens.prepare();
    const error = await failure(() => all(prepared.ordered()));
    prepared.close();
    assert.ok(error instanceof FormatError);
    assert.match(error.message, /id 65\d\d\d of record 20 must be below 262/);
    await Deno.writeTextFile(`${shard}/facts.json`, "{");
    assert.match((await failure(() => tokens.prepare())).message, /Cannot read the facts of token shards/);
  }));

Deno.test("an aborted or failed preparation leaves nothing behind, and a later one succeeds", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/shards`;
    const encoder = new ByteEncoder();
    const stop = new AbortController();
    const tokens = Dataset.text(await corpus(folder), { by: "paragraph" }).tokenize(encoder, {
      context: 16,
      dir,
    });
    const progress: number[] = [];
    const error = await failure(() =>
      tokens.prepare({
        signal: stop.signal,
        onProgress: ({ documents }) => {
          progress.push(documents);
          if (documents === 7) stop.abort(new Error("enough"));
        },
      })
    );
    assert.equal(error.message, "enough");
    assert.deepEqual(progress, [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(files(dir), []);
    const prepared = await tokens.prepare();
    assert.equal(prepared.sources[0].documents, 40);
    prepared.close();
  }));

Deno.test("two preparations of the same at the same time give one set of shards", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/shards`;
    const tokens = Dataset.text(await corpus(folder), { by: "paragraph" }).tokenize(new ByteEncoder(), {
      context: 16,
      dir,
    });
    const both = await Promise.all([tokens.prepare(), tokens.prepare()]);
    assert.deepEqual(await all(both[0].ordered()), await all(both[1].ordered()));
    assert.equal(files(dir).length, 1);
    for (const prepared of both) prepared.close();
  }));

Deno.test("functions that capture variables never get each other's shards, unless a version says so", () =>
  inFolder(async (folder) => {
    const path = await corpus(folder);
    const shout = (mark: string, version?: number) =>
      Dataset.text(path, { by: "paragraph" }).map(
        (document) => ({ ...document, text: document.text + mark }),
        { version },
      )
        .tokenize(new ByteEncoder(), { context: 16 });
    const bytes = async (mark: string, version?: number) => {
      const prepared = await shout(mark, version).prepare();
      prepared.close();
      return prepared.bytes;
    };
    const plain = await bytes("");
    assert.equal(await bytes("!!"), plain + 80);
    assert.deepEqual(files(`${folder}/home/tokens`), []);
    assert.equal(await bytes("", 1), plain);
    assert.equal(files(`${folder}/home/tokens`).length, 1);
    assert.equal(await bytes("!!", 2), plain + 80);
  }));
