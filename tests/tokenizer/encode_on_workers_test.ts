import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../src/base/errors.ts";
import { book, oddStrings, sample } from "./sample.ts";

const paragraphs = book.split("\n\n");

Deno.test("ids do not depend on the number of workers", async () => {
  const tokenizer = await sample();
  const texts = [...paragraphs, ...oddStrings(300, 5, true), "", book.slice(0, 300_000), "ahoy"];
  for (
    const [options, counts] of [[{ bos: true, eos: true }, [0, 1, 3]], [{ special: true }, [2]]] as const
  ) {
    const expected = tokenizer.encodeBatch(texts, options);
    for (const workers of counts) {
      assert.deepEqual(await tokenizer.encodeBatch(texts, { ...options, workers }), expected, `${workers}`);
    }
  }
  assert.deepEqual(await tokenizer.encodeBatch([], { workers: 2 }), []);
  const exact = paragraphs.slice(0, 300).concat("a▁b");
  assert.deepEqual(
    await tokenizer.encodeBatch(exact, { exact: true, workers: 2 }),
    tokenizer.encodeBatch(exact, { exact: true }),
  );
});

Deno.test("the first text that cannot be encoded is refused as it is without workers", async () => {
  const tokenizer = await sample();
  const texts = paragraphs.map((text, i) => i % 900 === 850 ? `${"ab".repeat(i)}\ud800` : text);
  const refusal = async (workers?: number) => {
    try {
      await tokenizer.encodeBatch(texts, { exact: true, ...(workers === undefined ? {} : { workers }) });
    } catch (error) {
      assert.ok(error instanceof DataError);
      return error.message;
    }
  };
  assert.match(await refusal() ?? "", /character 1700 is a lone surrogate/);
  for (const workers of [0, 2]) assert.equal(await refusal(workers), await refusal());
  for (const texts of [[5 as unknown as string], ["a", null as unknown as string]]) {
    await assert.rejects(tokenizer.encodeBatch(texts, { workers: 2 }), ConfigError);
  }
});

Deno.test("an abort ends it, and options are checked", async () => {
  const tokenizer = await sample();
  const stop = new AbortController();
  const reason = new Error("enough");
  const many = Array.from({ length: 40 }, () => paragraphs).flat();
  setTimeout(() => stop.abort(reason), 200);
  await assert.rejects(
    tokenizer.encodeBatch(many, { workers: 2, signal: stop.signal }),
    (error) => error === reason,
  );
  await assert.rejects(tokenizer.encodeBatch(many, { workers: -1 }), ConfigError);
  await assert.rejects(tokenizer.encodeBatch(many, { workers: 1, special: true, exact: true }), ConfigError);
  assert.throws(() => tokenizer.encodeBatch(many, { sepcial: true } as unknown as { bos: true }), /special/);
});
