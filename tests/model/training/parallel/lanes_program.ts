/**
 * A rank of a launcher that trains in lanes; rank 0 prints the results of all as JSON.
 *
 * @module
 */
import { gatherValues } from "../../../../src/base/exchange.ts";
import { openWorld } from "../../../../src/parallel/mod.ts";
import { type LaneRun, trainLanes } from "./train_lanes.ts";

if (import.meta.main) {
  const run = JSON.parse(Deno.args[0]) as LaneRun;
  const world = await openWorld();
  const result = await trainLanes(run);
  const all = await gatherValues(world, result, "results");
  if (world.rank === 0) console.log(JSON.stringify(all));
}
