import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { Document } from "../../../src/data/document.ts";
import { all, failure } from "../fixtures.ts";

Deno.test("records in memory come as they are; texts get the id and source they lack", async () => {
  assert.deepEqual(await Dataset.from([3, 1, 2]).toArray(), [3, 1, 2]);
  const documents: Dataset<Document> = Dataset.from(
    [{ text: "a" }, { text: "b", id: "own", source: "here" }],
    { name: "notes" },
  );
  assert.deepEqual(await documents.toArray(), [
    { text: "a", id: "notes:1", source: "notes" },
    { text: "b", id: "own", source: "here" },
  ]);
  assert.deepEqual(await Dataset.from(new Set(["x", "y"])).toArray(), ["x", "y"]);
  assert.deepEqual(await Dataset.from([]).toArray(), []);
});

Deno.test("a function is called at every reading, also one that gives promises of records", async () => {
  let calls = 0;
  const dataset = Dataset.from(async function* () {
    yield await Promise.resolve(++calls);
  });
  assert.deepEqual(await dataset.toArray(), [1]);
  assert.deepEqual(await all(dataset), [2]);
});

Deno.test("an iterator is read once; the second reading is refused, with advice", async () => {
  const numbers = function* () {
    yield* [1, 2, 3];
  };
  const dataset = Dataset.from(numbers());
  assert.deepEqual(await dataset.map((n) => n * 2).toArray(), [2, 4, 6]);
  const error = await failure(() => dataset.toArray());
  assert.ok(error instanceof DataError);
  assert.match(
    error.message,
    /Cannot read from a second time: it is an iterator.*Dataset\.from\(\(\) => generate\(\)\)/,
  );
  const shared = numbers();
  const hidden = Dataset.from(() => shared);
  assert.equal((await hidden.toArray()).length, 3);
  await assert.rejects(() => hidden.toArray(), DataError);
  const stream = Dataset.from(new Blob(["abc"]).stream());
  assert.equal((await stream.toArray()).length, 1);
  await assert.rejects(() => stream.stats(), DataError);
});

Deno.test("what gives no records is refused", async () => {
  for (const items of ["data/a.txt", 5, null, {}] as unknown as string[][]) {
    const error = await failure(() => Dataset.from(items));
    assert.ok(error instanceof ConfigError);
    assert.match(
      error.message,
      /Cannot use Dataset\.from: it needs an array, .* for files use Dataset\.text/,
    );
  }
  await assert.rejects(() => Dataset.from(() => 5 as unknown as number[]).toArray(), ConfigError);
});

Deno.test("timers and an abort have their turn during a loop over memory", async () => {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error("stopped")), 60);
  const endless = Dataset.from(function* () {
    while (true) yield { text: "x" };
  }).filter(() => false);
  await assert.rejects(() => endless.stats({ signal: stop.signal }), /stopped/);
  clearTimeout(timer);
});
