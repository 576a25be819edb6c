import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { TokenRow } from "../../../src/data/tokens/token_rows_dataset.ts";
import { all, failure } from "../fixtures.ts";

Deno.test("rows are used as they are, over and over in their order, whatever the seed", async () => {
  const rows = [Uint32Array.of(5, 6, 7, 8), {
    ids: Uint32Array.of(1, 2, 3, 9),
    targets: Int32Array.of(-100, 3, 12),
  }];
  const tokens = Dataset.tokens(rows, { order: "given" });
  assert.equal(tokens.context, 3);
  assert.equal(tokens.vocabSize, 13);
  assert.equal(tokens.documentMask, false);
  assert.equal(String(tokens), "Tokens as given: 2 windows of 3, ids below 13");
  const prepared = await tokens.prepare();
  assert.equal(prepared.fixedOrder, true);
  assert.deepEqual([0, 1, 2, 3].map((n) => [...prepared.windowAt(n, n).targets]), [[6, 7, 8], [-100, 3, 12], [
    6,
    7,
    8,
  ], [-100, 3, 12]]);
  assert.deepEqual((await all(prepared.ordered())).map(({ ids }) => [...ids]), [[5, 6, 7, 8], [1, 2, 3, 9]]);
  assert.equal(prepared.windows, 2);
  assert.equal(prepared.tokens, 8);
  assert.equal(prepared.bytes, 0);
  prepared.close();
});

Deno.test("ids as many as targets are enough, and plain arrays of targets are taken", async () => {
  const prepared = await Dataset.tokens([{ ids: Uint32Array.of(1, 2), targets: [2, -100] }]).prepare();
  const { ids, targets, first } = prepared.windowAt(0, 1);
  assert.deepEqual([...ids], [1, 2, 0]);
  assert.deepEqual([...targets], [2, -100]);
  assert.deepEqual([...first], [0, 0]);
});

Deno.test("the fingerprint is that of the ids and targets", () => {
  const print = (...rows: TokenRow[]) => Dataset.tokens(rows).fingerprint;
  const row = Uint32Array.of(1, 2, 3);
  assert.equal(print(row), print(Uint32Array.of(1, 2, 3)));
  assert.equal(print(row), print({ ids: row, targets: [2, 3] }));
  assert.equal(
    new Set([
      print(row),
      print(row, row),
      print(Uint32Array.of(1, 2, 4)),
      print({ ids: row, targets: [2, -100] }),
    ]).size,
    4,
  );
});

Deno.test("rows that do not fit are refused by number", async () => {
  const cases: [TokenRow[], RegExp][] = [
    [[], /there are no rows/],
    [
      [Uint32Array.of(1, 2, 3), Uint32Array.of(1, 2)],
      /row 1 .* expected 3 ids and 2 targets as in row 0, found 2 and 1/,
    ],
    [[Uint32Array.of(1)], /row 0 .* it must be a Uint32Array, or \{ ids, targets \}/],
    [[[1, 2, 3] as unknown as Uint32Array], /row 0 .* it must be a Uint32Array/],
    [[{ ids: Uint32Array.of(1, 2, 3), targets: [2, -1] }], /row 0 .* target -1 must be an id, or -100/],
  ];
  for (const [rows, message] of cases) {
    const error = await failure(() => Dataset.tokens(rows));
    assert.ok(error instanceof DataError, String(error));
    assert.match(error.message, message);
  }
  const shuffled = await failure(() =>
    Dataset.tokens([Uint32Array.of(1, 2)], { order: "random" as "given" })
  );
  assert.ok(shuffled instanceof ConfigError);
});
