// The network of ranks in one process, timed: sizes, links by group, and what every rank is asked for. No time is asserted.
import assert from "node:assert/strict";
import { measureNetwork, timedSizes, timeExchanges } from "../../../src/model/planning/measure_network.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { openRanks } from "../../../src/parallel/mod.ts";
import { onRanks } from "../../support/model_ranks.ts";

Deno.test("each group of several ranks has two links, fitted to four sizes", async () => {
  const all = await onRanks(2, async (device) => await measureNetwork(await openRanks(), device));
  assert.deepEqual(all[1], all[0]);
  for (const { links, staging } of all) {
    assert.deepEqual(
      links.map(({ group, kind }) => `${group} ${kind}`),
      ["world allGather", "world reduceScatter", "data allGather", "data reduceScatter"],
    );
    assert.ok(staging > 0 && Number.isFinite(staging));
    for (const { times, latency, bandwidth } of links) {
      assert.deepEqual(times.map(({ bytes }) => bytes), timedSizes);
      assert.ok(times.every(({ seconds }) => seconds > 0) && latency >= 0 && bandwidth > 0);
    }
  }
});

Deno.test("a timed exchange sends the bytes that are asked for, in equal parts to every other rank", async () => {
  const sent = await loopback(3, async (world) => {
    const found: number[] = [];
    for (const kind of ["allGather", "reduceScatter"] as const) {
      const before = world.log.counts.get("measure network") ?? { count: 0, bytes: 0 };
      const [{ bytes }] = await timeExchanges(world, kind, [4096]);
      const after = world.log.counts.get("measure network")!;
      const exchanges = (after.count - before.count) / 2; // each behind a barrier, which sends nothing
      found.push(bytes, (after.bytes - before.bytes) / exchanges);
    }
    return found;
  });
  for (const rank of sent) assert.deepEqual(rank, [4096, 4096, 4096, 4096]);
});
