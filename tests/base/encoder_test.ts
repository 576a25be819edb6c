// The ids of a document: BOS where texts get one, EOS where the vocabulary has one, and a cache key for each way.
import assert from "node:assert/strict";
import { documentIds, documentKey, type Encoder, opensWithBos } from "../../src/base/encoder.ts";

function encoder(bosId: number, eosId: number, addsBos?: boolean): Encoder {
  return {
    vocabSize: 300,
    bosId,
    eosId,
    addsBos,
    fingerprint: "f",
    encode(text, { bos = false, eos = false } = {}) {
      if (bos && bosId < 0 || eos && eosId < 0) throw new Error("no such token");
      return Uint32Array.of(...bos ? [bosId] : [], ...new TextEncoder().encode(text), ...eos ? [eosId] : []);
    },
    chat: () => {
      throw new Error("no template");
    },
  };
}

Deno.test("a document stands between the tokens that its encoder adds", () => {
  const cases: [encoder: Encoder, ids: number[], key: string][] = [
    [encoder(256, 257), [256, 104, 105, 257], "f"],
    [encoder(256, 257, true), [256, 104, 105, 257], "f"],
    [encoder(256, 257, false), [104, 105, 257], "f without BOS"],
    [encoder(-1, 257), [104, 105, 257], "f"],
    [encoder(256, -1), [256, 104, 105], "f"],
  ];
  for (const [one, ids, key] of cases) {
    assert.deepEqual([...documentIds(one, "hi")], ids);
    assert.equal(documentKey(one), key);
    assert.equal(opensWithBos(one), ids[0] === 256);
  }
  assert.throws(() => documentIds(encoder(-1, -1), "hi"), /no such token/);
});
