// Made-up tensors on (data, model) ranks in one process: each file has the numbers of plain loops, whoever holds them.
import assert from "node:assert/strict";
import { RankError, type Ranks } from "../../../src/base/exchange.ts";
import { type CollectedFile, collectEverywhere, collectFiles } from "../../../src/model/ranks/collect.ts";
import type { HeldParameters } from "../../../src/model/ranks/held_parameters.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { openRanks } from "../../../src/parallel/mod.ts";
import { madeUpPart, numbersOf, tensors } from "./made_up_parts.ts";

const names = Object.keys(tensors);
const sizes: [data: number, model: number, divided: boolean][] = [
  [1, 1, true],
  [2, 1, false],
  [2, 1, true],
  [1, 2, false],
  [2, 2, true],
  [3, 1, true],
  [1, 3, false],
];

function assertEqualNumbers(got: Float32Array, want: Float32Array, name: string): void {
  assert.equal(got.length, want.length, name);
  assert.equal(got.findIndex((x, i) => x !== want[i]), -1, name);
}

/** Returns three files: the first tensors; tensors of two parts of a model; the last tensors. */
function filesOf(
  one: HeldParameters,
  two: HeldParameters,
  write: (file: number, name: string, piece: Float32Array) => void,
): CollectedFile[] {
  const spans = [
    [{ held: one, from: 0, to: 3 }],
    [{ held: one, from: 3, to: 5 }, { held: two, from: 0, to: 2 }],
    [{ held: two, from: 2, to: names.length }],
  ];
  return spans.map((content, file) => ({
    content,
    async write(pieces) {
      for await (const { parameter, data } of pieces) {
        assert.deepEqual(parameter.shape, tensors[parameter.name].shape, "the shape of the whole tensor");
        for await (const piece of data()) write(file, parameter.name, piece);
      }
    },
  }));
}

for (const [data, model, divided] of sizes) {
  const label = `${data} data and ${model} model ranks${divided ? ", divided" : ""}`;
  Deno.test(`files are written once, of whole tensors in pieces of at most 16 MB (${label})`, async () => {
    const results = await loopback(data * model, async (world) => {
      const ranks = await openRanks(model);
      const { held: one } = madeUpPart(ranks, divided, true);
      const { held: two } = madeUpPart(ranks, divided, true);
      const written: [file: number, name: string, length: number][] = [];
      const write = (file: number, name: string, piece: Float32Array) => {
        assert.ok(piece.byteLength <= 16e6, `${name} comes in a piece of ${piece.byteLength} bytes`);
        if (written.at(-1)?.[0] !== file || written.at(-1)?.[1] !== name) written.push([file, name, 0]);
        const last = written.at(-1)!;
        assertEqualNumbers(piece, numbersOf(name).subarray(last[2], last[2] += piece.length), name);
      };
      const own = await collectFiles(ranks, filesOf(one, two, write));
      return { own, written, sent: world.log.counts.get("pieces of files")?.bytes ?? 0 };
    });
    assert.deepEqual(results.flatMap(({ own }) => own).sort(), [0, 1, 2]);
    const all = results.flatMap(({ written }) => written).sort(([a], [b]) => a - b);
    assert.deepEqual(all.map(([file, name]) => `${file} ${name}`), [
      ...names.slice(0, 3).map((name) => `0 ${name}`),
      ...[...names.slice(3, 5), ...names.slice(0, 2)].map((name) => `1 ${name}`),
      ...names.slice(2).map((name) => `2 ${name}`),
    ]);
    for (const [, name, length] of all) assert.equal(length, numbersOf(name).length, name);
    assert.equal(results.some(({ sent }) => sent > 0), model > 1 || (divided && data > 1));
  });

  Deno.test(`every rank can have all tensors whole (${label})`, async () => {
    await loopback(data * model, async () => {
      const ranks = await openRanks(model);
      const named = await collectEverywhere(ranks, madeUpPart(ranks, divided, true).held);
      assert.deepEqual([...named.keys()], names);
      for (const [name, numbers] of named) assertEqualNumbers(numbers, numbersOf(name), name);
    });
  });
}

/** Runs `collect` on four ranks, and returns the name and message of each rank's error. */
async function errorsOf(collect: (ranks: Ranks) => Promise<unknown>): Promise<string[]> {
  return await loopback(4, async () => {
    const ranks = await openRanks(2);
    return await collect(ranks).then(() => "none", (error: Error) => `${error.name}: ${error.message}`);
  });
}

Deno.test("a writer that fails, or a rank whose numbers cannot be read, is an error on every rank", async () => {
  const writing = await errorsOf(async (ranks) => {
    const { held } = madeUpPart(ranks, true, true);
    const files = filesOf(held, held, (file) => {
      if (file === 1) throw new RangeError("disk full");
    });
    await collectFiles(ranks, files);
  });
  assert.deepEqual(writing.map((text) => text.split(":")[0]), [
    "RankError",
    "RankError",
    "RangeError",
    "RankError",
  ]);
  assert.match(writing[0], /2.* failed: disk full/);
  const reading = await errorsOf(async (ranks) => {
    const { held } = madeUpPart(ranks, true, true);
    if (ranks.world.rank === 3) held.divided!.read = () => Promise.reject(new TypeError("device lost"));
    await collectFiles(ranks, filesOf(held, held, () => {}));
  });
  assert.deepEqual(reading.map((text) => text.split(":")[0]), [
    "RankError",
    "RankError",
    "RankError",
    "TypeError",
  ]);
});

Deno.test("an abort on one rank ends the collection on all", async () => {
  const errors = await loopback(2, async (world) => {
    const ranks = await openRanks(2);
    const { held } = madeUpPart(ranks, false, true);
    const signal = world.rank === 1 ? AbortSignal.abort(new SyntaxError("stopped")) : undefined;
    return await collectFiles(ranks, filesOf(held, held, () => {}), { signal }).catch((error) => error);
  });
  assert.ok(errors[0] instanceof RankError);
  assert.ok(errors[1] instanceof SyntaxError);
});
