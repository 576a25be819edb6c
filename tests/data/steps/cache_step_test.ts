import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { inFolder } from "../../support/folder.ts";

const write = (path: string, lines: string[]) =>
  Deno.writeTextFile(path, lines.map((text, n) => JSON.stringify({ text, n }) + "\n").join(""));

Deno.test("what comes before a cache runs once, also for whoever reads it early, and counts the same", () =>
  inFolder(async (folder) => {
    await write(`${folder}/a.jsonl`, ["one", "two", "two", "three ü\u2028"]);
    let calls = 0;
    const chain = () =>
      Dataset.jsonl(`${folder}/a.jsonl`, { text: "text" }).dedup()
        .map((document) => (calls++, document), { name: "costly", version: 1 }).cache();
    const plain = await Dataset.jsonl(`${folder}/a.jsonl`, { text: "text" }).dedup().toArray();
    assert.deepEqual(await chain().take(1).toArray(), plain.slice(0, 1));
    assert.equal(calls, 3);
    const stats = (await chain().stats()).toJSON();
    assert.deepEqual((await chain().stats()).toJSON(), stats);
    assert.deepEqual(await chain().filter(({ meta }) => meta?.n !== 0).toArray(), plain.slice(1));
    assert.equal(calls, 3);
    assert.deepEqual((stats.steps as { kept: number }[]).map(({ kept }) => kept), [4, 3, 3, 3]);
    assert.match(String(chain()), /costly\n {2}↓ cache$/);
    await write(`${folder}/a.jsonl`, ["one", "two", "four", "five", "six"]);
    assert.deepEqual((await chain().toArray()).map(({ text }) => text), [
      "one",
      "two",
      "four",
      "five",
      "six",
    ]);
  }));

Deno.test("a function without a version, and an iterator, are cached for this process alone", () =>
  inFolder(async (folder) => {
    let calls = 0;
    const chain = Dataset.from([{ n: 1 }, { n: 2 }]).map(({ n }) => ({ n: n * 2, calls: ++calls })).cache();
    assert.deepEqual(await chain.toArray(), [{ n: 2, calls: 1 }, { n: 4, calls: 2 }]);
    assert.deepEqual(await chain.toArray(), [{ n: 2, calls: 1 }, { n: 4, calls: 2 }]);
    const once = Dataset.from([1, 2, 3].values()).cache();
    assert.deepEqual(await once.toArray(), [1, 2, 3]);
    assert.deepEqual(await once.toArray(), [1, 2, 3]);
    assert.throws(() => Deno.statSync(`${folder}/home/records`), Deno.errors.NotFound);
  }));

Deno.test("a reading that fails or is stopped leaves no cache, and a mixture is cached by source", () =>
  inFolder(async (folder) => {
    let broken = true;
    const chain = Dataset.from([{ text: "a" }, { text: "b" }]).map((document) => {
      if (broken) throw new Error("not now");
      return document;
    }, { version: 1 }).cache();
    await assert.rejects(chain.toArray(), /not now/);
    broken = false;
    assert.equal((await chain.toArray()).length, 2);
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await assert.rejects(Dataset.from([{ text: "c" }]).cache().toArray({ signal: stop.signal }), /enough/);
    const mix = Dataset.mix({ a: { from: chain, weight: 1 }, b: { from: Dataset.sample("sotu"), weight: 1 } })
      .cache();
    const texts = (await mix.toArray()).map(({ text }) => text);
    assert.deepEqual((await mix.toArray()).map(({ text }) => text), texts);
    assert.ok([...Deno.readDirSync(`${folder}/home/records`)].length >= 2);
  }));
