import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { failure } from "../fixtures.ts";

const source = (name: string, count: number, size: number) =>
  Dataset.from(
    Array.from(
      { length: count },
      (_, i) => ({ text: `${name[0]}`.repeat(size), id: `${name} ${i}`, source: name }),
    ),
  );

Deno.test("read as documents, a mixture holds the asked shares of bytes and ends with the source that is used up first", async () => {
  const mix = Dataset.mix({
    books: { from: source("books", 30, 500), weight: 70 },
    notes: { from: source("notes", 2000, 9), weight: 30 },
  });
  const stats = await mix.stats();
  const [books, notes] = stats.sources;
  assert.equal(books.asked, 0.7);
  assert.equal(notes.asked, 0.3);
  assert.ok(Math.abs(books.drawn - 0.7) < 0.03, `${books.drawn}`);
  assert.equal(books.bytes, 15_000);
  assert.equal(stats.steps.at(-1)?.notes["ended with"], "books");
  assert.match(String(stats), /books +70\.0% asked, 7\d\.\d% drawn/);
  assert.deepEqual(await mix.toArray(), await mix.toArray());
});

Deno.test("a source is read again up to maxEpochs", async () => {
  const mix = (maxEpochs?: number) =>
    Dataset.mix({
      a: { from: source("a", 5, 10), weight: 1, maxEpochs },
      b: { from: source("b", 100, 10), weight: 1 },
    });
  const count = async (maxEpochs?: number) =>
    (await mix(maxEpochs).toArray()).filter(({ source }) => source === "a").length;
  assert.deepEqual([await count(), await count(3), await count(3.9), await count(40)], [5, 15, 15, 101]);
});

Deno.test("steps on single documents go before the drawing, so the shares hold for what is left", async () => {
  const mix = Dataset.mix({
    a: { from: source("a", 40, 20), weight: 1 },
    b: { from: source("b", 40, 20), weight: 1 },
  });
  const dropped = mix.filter(({ id }) => id !== "a 0" && !/^b .*[13579]$/.test(id), { name: "even" });
  const steps = "    from records 40\n    ↓ filter even\n";
  assert.equal(String(dropped), `Dataset\n  a  50.0%\n${steps}  b  50.0%\n${steps}  ↓ mix seed 42`);
  const { sources, records } = await dropped.stats();
  assert.ok(Math.abs(sources[0].drawn - 0.5) < 0.03, `${sources[0].drawn}`);
  assert.ok(records >= 39 && records <= 41);
  const few = await mix.take(6).stats();
  assert.deepEqual(few.sources.map(({ drawn }) => drawn), [0.5, 0.5]);
});

Deno.test("mixtures that cannot be are refused", async () => {
  const a = source("a", 1, 1);
  const cases: [() => unknown, typeof ConfigError | typeof DataError, RegExp][] = [
    [() => Dataset.mix({}), ConfigError, /at least one source is needed/],
    [
      () => Dataset.mix({ a: { from: a, weight: 0 } }),
      ConfigError,
      /Dataset\.mix\.a\.weight: .* current value is 0/,
    ],
    [
      () => Dataset.mix({ a: { from: a, weight: 1, maxEpoch: 2 } as never }),
      ConfigError,
      /maxEpoch: unknown option, did you mean "maxEpochs"\?/,
    ],
    [
      () => Dataset.mix({ a: { from: [1] as never, weight: 1 } }),
      ConfigError,
      /Dataset\.mix\.a\.from: must be a Dataset/,
    ],
    [
      () =>
        Dataset.mix({
          a: { from: a, weight: 1 },
          none: { from: a.filter(() => false, { name: "no" }), weight: 1 },
        }).toArray(),
      DataError,
      /source none \(filter no\) gave no records/,
    ],
  ];
  for (const [run, kind, message] of cases) {
    const error = await failure(run);
    assert.ok(error instanceof kind, String(error));
    assert.match(error.message, message);
  }
});

Deno.test("leaving a mixture early closes every source", async () => {
  const closed: string[] = [];
  const open = (name: string) =>
    Dataset.from(function* () {
      try {
        while (true) yield { text: name };
      } finally {
        closed.push(name);
      }
    });
  await Dataset.mix({ a: { from: open("a"), weight: 1 }, b: { from: open("b"), weight: 1 } }).take(5)
    .toArray();
  assert.deepEqual(closed.sort(), ["a", "b"]);
});
