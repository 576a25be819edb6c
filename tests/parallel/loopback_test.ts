// Ranks in one process: collectives, sums in order, groups, and failures.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { fromRank, gatherValues, RankError } from "../../src/base/exchange.ts";
import { loopback } from "../../src/parallel/loopback.ts";
import { openRanks, openWorld } from "../../src/parallel/mod.ts";

for (const size of [1, 2, 3, 4]) {
  Deno.test(`collectives of ${size} ranks bring every rank's bytes in order`, async () => {
    const results = await loopback(size, async (world) => {
      const all = await world.allGather(Uint8Array.of(world.rank, 7), "pairs");
      const sent = Array.from({ length: size }, (_, to) => new Uint8Array(to + 1).fill(10 * world.rank + to));
      const got = await world.allToAll(sent, "rows");
      const own = world.rank === size - 1 ? Uint8Array.of(1, 2, 3) : undefined;
      const told = await world.broadcast(own, size - 1, "told");
      await world.barrier("end");
      return { all: [...all], got: got.map((bytes) => [...bytes]), told: [...told] };
    });
    results.forEach(({ all, got, told }, rank) => {
      assert.deepEqual(all, Array.from({ length: size }, (_, r) => [r, 7]).flat());
      assert.deepEqual(got, Array.from({ length: size }, (_, r) => Array(rank + 1).fill(10 * r + rank)));
      assert.deepEqual(told, [1, 2, 3]);
    });
  });
}

Deno.test("a sum is added in the order of ranks and goes on from an earlier one", async () => {
  const numbers = [1e8, 1, -1e8, 3]; // every other order gives another sum in f32
  const results = await loopback(4, async (world) => {
    const values = new Float32Array(8).fill(numbers[world.rank]);
    const first = await world.reduceScatter(values, "lanes");
    return [first, await world.reduceScatter(values, "lanes", first)];
  });
  const inOrder = (start: number | undefined) =>
    numbers.reduce((sum, x, i) => start === undefined && i === 0 ? x : Math.fround(sum + x), start ?? 0);
  const first = inOrder(undefined);
  for (const [one, two] of results) {
    assert.deepEqual([...one], [first, first]);
    assert.deepEqual([...two], [inOrder(first), inOrder(first)]);
  }
});

Deno.test("the log counts the bytes that a rank sends to others", async () => {
  const [counts] = await loopback(4, async (world) => {
    await world.reduceScatter(new Float32Array(16), "gradients");
    await world.allGather(new Uint8Array(100), "weights");
    await world.allGather(new Uint8Array(100), "weights");
    return Object.fromEntries(world.log.counts);
  });
  assert.deepEqual(counts, { gradients: { count: 1, bytes: 48 }, weights: { count: 2, bytes: 600 } });
});

Deno.test("ranks divide into data and model groups, neighbours in one copy of the model", async () => {
  const places = await loopback(4, async (world) => {
    assert.equal(await openWorld(), world);
    const { data, model } = await openRanks(2);
    const values = await gatherValues(data, { world: world.rank }, "who");
    return { data: data.rank, model: model.rank, size: [data.size, model.size], values };
  });
  assert.deepEqual(places.map(({ data, model }) => [data, model]), [[0, 0], [0, 1], [1, 0], [1, 1]]);
  assert.deepEqual(places[1].values, [{ world: 1 }, { world: 3 }]);
  assert.deepEqual(places[3].size, [2, 2]);
  await assert.rejects(loopback(4, () => openRanks(3)), /it must divide the number of processes, 4: 1, 2, 4/);
});

Deno.test("models with as many model ranks share their groups", async () => {
  await loopback(4, async (world) => {
    const [one, two] = [await openRanks(2), await openRanks(2)];
    assert.equal(one, two);
    const other = await openRanks(4);
    assert.notEqual(other.model, one.model);
    assert.deepEqual(await gatherValues(other.model, world.rank, "who"), [0, 1, 2, 3]);
  });
});

Deno.test("divisions with any numbers of parts are groups of their own", async () => {
  // Parts 5 of the first division and 0 of the second one: collectives of both at the same time do not meet.
  const results = await loopback(4, async (world) => {
    const [first, second] = [await world.split(5), await world.split(0)];
    const own = Uint8Array.of(world.rank);
    const both = [first, second].map(async (group, i) => [...await group.allGather(own, `group ${i}`)]);
    return await Promise.all(world.rank % 2 ? both : both.toReversed());
  });
  for (const groups of results) assert.deepEqual(groups, [[0, 1, 2, 3], [0, 1, 2, 3]]);
});

Deno.test("a group that is formed while a rank fails does not wait for it", async () => {
  const run = loopback(2, async (world) => {
    const divided = world.split(0); // rank 1 is the last one, so that both ranks have the group when it fails
    if (world.rank === 1) world.fail(new Error("no such file"));
    const group = await divided;
    if (world.rank === 0) await group.barrier("never");
  });
  await assert.rejects(run, /Rank 1 failed: no such file/);
});

Deno.test("ranks that expect a broadcast of different ranks are told so", async () => {
  const run = loopback(2, (world) => world.broadcast(Uint8Array.of(1), world.rank, "folder"));
  await assert.rejects(run, /from rank 0, rank 1 in broadcast "folder" from rank 1/);
});

Deno.test("outside of loopback the world is this process alone", async () => {
  const { world, data, model } = await openRanks();
  assert.deepEqual([world.size, data.size, model.size], [1, 1, 1]);
  assert.deepEqual([...await world.reduceScatter(Float32Array.of(1, 2), "x", Float32Array.of(3, 4))], [4, 6]);
});

Deno.test("a rank that throws ends the ranks that wait for it", async () => {
  const seen: unknown[] = [];
  const run = loopback(3, async (world) => {
    const { model } = await openRanks(3);
    if (world.rank === 1) throw new TypeError("no such file");
    await model.barrier("never").catch((error) => {
      seen.push(error);
      throw error;
    });
  });
  await assert.rejects(run, { name: "TypeError", message: "no such file" });
  assert.equal(seen.length, 2);
  assert.ok(seen.every((error) => error instanceof RankError && error.failedRank === 1));
});

Deno.test("ranks in different collectives are told which", async () => {
  const run = loopback(2, (world) => world.allGather(new Uint8Array(1 + world.rank), "weights"));
  await assert.rejects(
    run,
    /rank 0 is in allGather "weights" of 1 bytes, rank 1 in allGather "weights" of 2 bytes/,
  );
});

Deno.test("a value that one rank computes reaches all, and so does its failure", async () => {
  assert.deepEqual(await loopback(2, (world) => fromRank(world, 1, "answer", () => [world.rank, 42])), [[
    1,
    42,
  ], [
    1,
    42,
  ]]);
  const failed = await loopback(2, async (world) => {
    const compute = () => Promise.reject(new RangeError("disk full"));
    return await fromRank(world, 0, "answer", compute).catch((error) => error as Error);
  });
  assert.deepEqual(failed.map(({ name }) => name), ["RangeError", "RankError"]);
  assert.match(failed[1].message, /Rank 0 failed: disk full/);
});

Deno.test("a call that has ended leaves no world behind, even to code that runs in its context", async () => {
  const [inside] = await loopback(2, async () => {
    const context = AsyncLocalStorage.snapshot();
    assert.equal((await context(openWorld)).size, 2);
    return context;
  });
  assert.equal((await inside(openWorld)).size, 1);
});
