import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { holdOut, type TokenDataset } from "../../../src/data/tokens/token_dataset.ts";
import { ByteEncoder, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const documents = (ids: number[]) =>
  Dataset.from(ids.map((n) => ({ text: `text ${n}`, id: `doc ${n}`, source: "test" })));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const ids = async (dataset: Dataset) => (await dataset.toArray()).map(({ id }) => id).sort();

Deno.test("the parts are disjoint, together everything, and of about the asked sizes", async () => {
  const { train, dev, test } = documents(range(2000)).split({ train: 0.8, dev: 0.15, test: 0.05 });
  const parts = await Promise.all([train, dev, test].map(ids));
  assert.deepEqual(parts.flat().sort(), await ids(documents(range(2000))));
  for (const [i, share] of [0.8, 0.15, 0.05].entries()) {
    const spread = 4 * Math.sqrt(2000 * share * (1 - share));
    assert.ok(Math.abs(parts[i].length - 2000 * share) < spread, `${parts[i].length} of share ${share}`);
  }
});

Deno.test("a record stays in its part when others come, go or change places", async () => {
  const test = (n: number[]) => ids(documents(n).split({ train: 0.7, test: 0.3 }).test);
  const before = await test(range(300));
  const after = await test([...range(600)].reverse());
  assert.deepEqual(after.filter((id) => Number(id.slice(4)) < 300), before);
  assert.notDeepEqual(
    await ids(documents(range(300)).split({ train: 0.7, test: 0.3 }, { seed: 1 }).test),
    before,
  );
});

Deno.test("records without an id of their own are split by where they were read", async () => {
  const { a, b } = Dataset.from(range(200)).split({ a: 0.5, b: 0.5 });
  const [left, right] = [await a.toArray(), await b.toArray()];
  assert.deepEqual([...left, ...right].sort((x, y) => x - y), range(200));
  assert.ok(left.length > 60 && right.length > 60);
  assert.deepEqual(await a.toArray(), left);
});

Deno.test("a split of a split cuts anew", async () => {
  const { test } = documents(range(2000)).split({ test: 0.1, train: 0.9 });
  const again = test.split({ test: 0.5, train: 0.5 });
  const sizes = await Promise.all([again.test, again.train].map(async (part) => (await ids(part)).length));
  assert.ok(sizes.every((size) => size > 60), `${sizes}`);
});

Deno.test("a trainer's validation does not cut where a user's split with the same seed does", () =>
  inFolder(async () => {
    const { train } = documents(range(2000)).split({ test: 0.1, train: 0.9 }, { seed: 42 });
    const held = await train.tokenize(new ByteEncoder(), { context: 16 })[holdOut]({ share: 0.1, seed: 42 });
    const size = async (tokens: TokenDataset) => {
      const prepared = await tokens.prepare();
      prepared.close();
      return prepared.sources[0].documents;
    };
    const sizes = [await size(held.validation!), await size(held.train)];
    assert.ok(sizes[0] > 120 && sizes[0] < 240, `${sizes}`);
    assert.equal(sizes[0] + sizes[1], (await ids(train)).length);
  }));

Deno.test("shares that cannot be are refused", async () => {
  for (
    const [shares, message] of [
      [{ a: 0.7, b: 0.6 }, /the shares must sum to at most 1, current sum is 1\.2999/],
      [{ a: 0, b: 1 }, /share a must be above 0 and at most 1, current value is 0/],
      [{ a: NaN }, /share a must be above 0/],
      [{}, /the shares must sum to at most 1, current sum is 0/],
    ] as const
  ) {
    const error = await failure(() => documents([1]).split(shares as Record<string, number>));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
  }
});
