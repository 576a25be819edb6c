// The public door to ranks inside one process.
import assert from "node:assert/strict";
import { openRanks, runLocalRanks, world } from "../../src/parallel/mod.ts";

Deno.test("ranks of this process form a world of their own, which divides as one of several processes does", async () => {
  const places = await runLocalRanks(4, async (group) => {
    const { model, data } = await openRanks(2);
    return [world.rank, world.size, group.rank, model.rank, data.rank];
  });
  assert.deepEqual(places, [[0, 4, 0, 0, 0], [1, 4, 1, 1, 0], [2, 4, 2, 0, 1], [3, 4, 3, 1, 1]]);
  assert.equal(world.size, 1);
});

Deno.test("the error of a rank of this process ends all of them", async () => {
  const failing = runLocalRanks(2, async (group) => {
    if (group.rank === 1) throw new Error("no such whale");
    await group.barrier("end");
  });
  await assert.rejects(failing, /no such whale/);
});
