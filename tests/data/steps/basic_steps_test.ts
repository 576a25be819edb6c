import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { failure } from "../fixtures.ts";

const numbers = (n: number) => Dataset.from(Array.from({ length: n }, (_, i) => i));

Deno.test("map and filter work on each record, with promises too; a chain leaves what it was made of alone", async () => {
  const base = numbers(6);
  const even = base.filter((n) => Promise.resolve(n % 2 === 0));
  assert.deepEqual(await even.map((n) => Promise.resolve(`#${n}`)).toArray(), ["#0", "#2", "#4"]);
  assert.deepEqual(await base.toArray(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("take stops the reading, skip drops the beginning", async () => {
  let read = 0;
  const counted = numbers(100).map((n) => (read++, n));
  assert.deepEqual(await counted.skip(2).take(3).toArray(), [2, 3, 4]);
  assert.ok(read <= 6, `read ${read}`);
  assert.deepEqual(await numbers(3).take(0).toArray(), []);
  assert.deepEqual(await numbers(3).take(10).toArray(), [0, 1, 2]);
  assert.deepEqual(await numbers(3).skip(10).toArray(), []);
});

Deno.test("shuffle loses nothing, depends on its seed, and with a small buffer moves records only so far", async () => {
  const order = (seed: number, buffer?: number) => numbers(500).shuffle({ seed, buffer }).toArray();
  const even = await order(1);
  assert.deepEqual([...even].sort((a, b) => a - b), await numbers(500).toArray());
  assert.deepEqual(await order(1), even);
  assert.notDeepEqual(await order(2), even);
  assert.ok(even.filter((n, i) => Math.abs(n - i) > 100).length > 200, "a whole shuffle moves records far");
  const local = await order(1, 10);
  assert.deepEqual([...local].sort((a, b) => a - b), await numbers(500).toArray());
  assert.ok(local.every((n, i) => n <= i + 10), "no record comes before the buffer reached it");
});

Deno.test("what a function throws names the step, the record and the function", async () => {
  const broken = numbers(3).map((n) => {
    if (n === 2) throw new TypeError("no two");
    return n;
  }, { name: "halve" });
  const error = await failure(() => broken.toArray());
  assert.ok(error instanceof DataError);
  assert.match(error.message, /Cannot map record from:3: halve threw no two/);
  assert.ok(error.cause instanceof TypeError);
  const silent = await failure(() => numbers(1).map(() => undefined).toArray());
  assert.match(silent.message, /gave nothing; use filter to drop records/);
});

Deno.test("wrong options are refused when the chain is built", async () => {
  const cases: [() => unknown, RegExp][] = [
    [
      () => numbers(1).take(-1),
      /Cannot use Dataset\.take: must be a whole number, 0 or more, current value is -1/,
    ],
    [() => numbers(1).preview(-1), /Dataset\.preview: must be a whole number, 0 or more/],
    [() => numbers(1).skip(1.5), /Dataset\.skip: must be a whole number/],
    [
      () => numbers(1).take("3" as unknown as number),
      /Dataset\.take: must be a whole number, 0 or more, current value is "3"/,
    ],
    [
      () => numbers(1).shuffle({ sed: 1 } as unknown as { seed: number }),
      /Dataset\.shuffle\.sed: unknown option, did you mean "seed"\?/,
    ],
    [
      () => numbers(1).filter(() => true, { nam: "x" } as unknown as { name: string }),
      /did you mean "name"\?/,
    ],
  ];
  for (const [run, message] of cases) {
    const error = await failure(run);
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
  }
});

Deno.test("a wrong chain fails the type check", () => {
  // @ts-expect-error numbers are no documents
  assert.ok(numbers(1).dedup());
  // @ts-expect-error rows are no documents until their text is named
  assert.throws(() => Dataset.jsonl("a.jsonl").tokenize(undefined, { context: 8 }), ConfigError);
});
