import assert from "node:assert/strict";
import type { Encoder } from "../../../src/base/encoder.ts";
import { DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { NgramModel } from "../../../src/data/filters/ngram_model.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { ByteEncoder } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const speeches = await Dataset.sample("sotu").take(30).toArray();
const tokenizer = await Tokenizer.train(speeches.slice(0, 8), { vocabSize: 600 });

/** Returns the bytes of all shards of a folder, by name. */
function shardsIn(folder: string): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) Object.assign(files, shardsIn(`${folder}/${name}`));
    else files[name] = Deno.readFileSync(`${folder}/${name}`);
  }
  return files;
}

/** Returns the shards and the progress that was told, with a number of workers. */
async function packed(chain: Dataset, encoder: Encoder, workers: number): Promise<unknown> {
  return await inFolder(async (folder) => {
    const told: unknown[] = [];
    const prepared = await chain.tokenize(encoder, { context: 64, dir: folder })
      .prepare({ workers, onProgress: (done) => void told.push({ ...done }) });
    prepared.close();
    return { told, shards: shardsIn(folder) };
  });
}

Deno.test("token shards do not depend on the number of workers, to the byte", async () => {
  const odd = [" ", "", "a \ud800 b", "▁▁ <s> \u0000"].map((text, i) => ({ text, source: "o", id: `o${i}` }));
  const plain = Dataset.from([...speeches.slice(0, 9), ...odd, ...speeches.slice(9)]);
  const unknownKind = plain.map((record) => record, { name: "same", version: 1 });
  const staged = plain.language({ keep: "en" }).clean({ leastSentences: 1 });
  for (const [chain, counts] of [[plain, [1, 2, 3]], [unknownKind, [2]], [staged, [2]]] as const) {
    const expected = await packed(chain, tokenizer, 0);
    for (const workers of counts) {
      assert.deepEqual(await packed(chain, tokenizer, workers), expected, `${workers}`);
    }
  }
});

Deno.test("the work is done by workers, and here where an encoder cannot be sent", async () => {
  let calls = 0;
  const counting = (job?: Encoder["job"]): Encoder => ({
    vocabSize: tokenizer.vocabSize,
    bosId: tokenizer.bosId,
    eosId: tokenizer.eosId,
    fingerprint: "counting",
    chat: (...given) => tokenizer.chat(...given),
    encode: (...given) => (calls++, tokenizer.encode(...given)),
    job,
  });
  const all = Dataset.from(speeches);
  const expected = await packed(all, counting(), 2);
  assert.equal(calls, 30);
  assert.deepEqual(await packed(all, counting(() => tokenizer.job()), 2), expected);
  assert.equal(calls, 30);
  const job = { module: "file:///nowhere.ts", name: "none", config: undefined };
  assert.deepEqual(await packed(all, counting(() => job), 2), expected);
  assert.equal(calls, 60);
});

Deno.test("perplexities and their parts do not depend on the number of workers", async () => {
  const model = await NgramModel.trainOn(speeches.slice(0, 10), { tokenizer, order: 3 });
  const pages = Dataset.from(speeches).language().perplexity({ model });
  const mixed = Dataset.mix({ a: { from: Dataset.from(speeches.slice(10)), weight: 1 } });
  for (const chain of [pages, mixed.perplexity({ model, keep: ["tail"], quantiles: [0.2, 0.5] })]) {
    const all = async (workers: number) => {
      const records = await chain.toArray({ workers });
      const { steps } = await chain.stats({ workers });
      return { records, steps };
    };
    const expected = await all(0);
    assert.ok(expected.records.length > 1 && expected.records.length < 30, `${expected.records.length}`);
    for (const workers of [2, 3]) assert.deepEqual(await all(workers), expected, `${workers}`);
  }
  // A tokenizer that cannot be sent keeps it on this thread, and a model that was shared learns what it did before.
  const bytes = await NgramModel.trainOn(["abc", "abd"], { tokenizer: new ByteEncoder(), order: 2 });
  assert.equal(bytes.job(), undefined);
  assert.equal(
    (await Dataset.from(speeches).perplexity({ model: bytes }).toArray({ workers: 2 })).length,
    18,
  );
  assert.ok(structuredClone(model.job()));
});

Deno.test("what cannot be tokenized is refused the same way, and an abort ends it", async () => {
  const bad = Dataset.from([...speeches, { text: 5 as unknown as string, source: "s", id: "bad" }]);
  const messages: string[] = [];
  for (const workers of [0, 2]) {
    await assert.rejects(packed(bad, tokenizer, workers), (error) => {
      return error instanceof DataError && messages.push(error.message) > 0;
    });
    await assert.rejects(
      packed(Dataset.from(speeches).filter(() => false, { name: "none" }), tokenizer, workers),
      /no document is left, filter none dropped 30/,
    );
  }
  assert.equal(messages[1], messages[0]);
  const stop = new AbortController();
  const reason = new Error("enough");
  const endless = Dataset.from(function* () {
    while (true) yield* speeches;
  }, { version: 1 });
  setTimeout(() => stop.abort(reason), 500);
  await inFolder((dir) =>
    assert.rejects(
      endless.tokenize(tokenizer, { context: 64, dir }).prepare({ workers: 2, signal: stop.signal }),
      (error) => error === reason,
    )
  );
  await inFolder((dir) =>
    assert.rejects(
      endless.tokenize(new ByteEncoder(), { context: 64, dir })
        .prepare({ workers: 2, signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    )
  );
});
