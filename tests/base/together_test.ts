// Work of several ranks that succeeds on all or fails on all.
import assert from "node:assert/strict";
import { RankError } from "../../src/base/exchange.ts";
import {
  rankName,
  shareFailures,
  shownElsewhere,
  throwIfAborted,
  together,
} from "../../src/base/together.ts";
import { loopback } from "../../src/parallel/loopback.ts";
import { singleGroup } from "../../src/parallel/mod.ts";

/** Returns the error of each rank, with true where another rank shows it. */
function failuresOf(size: number, work: (rank: number) => unknown): Promise<[unknown, boolean][]> {
  return loopback(size, async (world) => {
    try {
      await together(world, "test", async () => await work(world.rank));
      return [undefined, false];
    } catch (error) {
      return [error, shownElsewhere(error)];
    }
  });
}

Deno.test("work that succeeds on all ranks returns each rank's result", async () => {
  assert.deepEqual(await loopback(3, (world) => together(world, "test", () => 10 * world.rank)), [0, 10, 20]);
  assert.equal(await together(singleGroup, "alone", () => 7), 7);
});

Deno.test("the rank that failed throws its own error, the others one that names it", async () => {
  const own = new TypeError("disk full");
  const [first, failed, last] = await failuresOf(3, (rank) => {
    if (rank === 1) throw own;
  });
  assert.deepEqual(failed, [own, false]);
  for (const [error, elsewhere] of [first, last]) {
    assert.ok(error instanceof RankError && elsewhere);
    assert.equal(error.message, "Rank 1 failed: disk full");
    assert.equal(error.failedRank, 1);
  }
});

Deno.test("a failure that all ranks have alike is shown by the first of them", async () => {
  const found = await failuresOf(3, () => {
    throw new RangeError("not finite");
  });
  assert.deepEqual(found.map(([error, elsewhere]) => [(error as Error).name, elsewhere]), [
    ["RangeError", false],
    ["RangeError", true],
    ["RangeError", true],
  ]);
});

Deno.test("a failure inside a failure names the rank where it began", async () => {
  const found = await loopback(3, (world) =>
    together(world, "outer", () =>
      together(world, "inner", () => {
        if (world.rank === 2) throw new RangeError("no such file");
      })).then(() => new Error("none"), (error) => error as Error));
  assert.deepEqual(found.map(({ name }) => name), ["RankError", "RankError", "RangeError"]);
  assert.match(found[0].message, /^Rank 2 failed: no such file$/);
});

Deno.test("a rank keeps its own error where the ranks do not meet any more", async () => {
  const found: unknown[] = [];
  await loopback(2, async (world) => {
    if (world.rank === 0) throw new TypeError("gone");
    found.push(await shareFailures(world, "test", { error: new RangeError("mine") }).catch((e) => e.message));
  }).catch(() => {});
  assert.deepEqual(found, ["mine"]);
});

Deno.test("a rank is named with its host where that is known", () => {
  const group = { ...singleGroup, hosts: ["a", "b"] };
  assert.equal(rankName(group, 1), "rank 1, host b");
  assert.equal(rankName(singleGroup, 0), "rank 0");
});

Deno.test("work that one rank is told to stop ends on all of them at the same place", async () => {
  const reason = new RangeError("enough");
  const found = await loopback(3, async (world) => {
    const stop = new AbortController();
    for (let step = 0;; step++) {
      if (world.rank === 1 && step === 2) stop.abort(reason);
      try {
        await throwIfAborted(world, world.rank === 2 ? undefined : stop.signal);
      } catch (error) {
        return [step, error] as const;
      }
    }
  });
  assert.deepEqual(found.map(([step]) => step), [2, 2, 2]);
  assert.equal(found[1][1], reason);
  for (const rank of [0, 2]) {
    const error = found[rank][1] as RankError;
    assert.ok(error instanceof RankError && shownElsewhere(error));
    assert.equal(error.message, "Rank 1 failed: its signal was aborted");
  }
  await throwIfAborted(singleGroup, undefined);
  await assert.rejects(throwIfAborted(singleGroup, AbortSignal.abort(reason)), reason);
});
