/**
 * Several processes that work on one model (paper, section 2.4).
 *
 * @module
 */
export { type Bytes, fromRank, gatherValues, type Group, RankError, type Ranks } from "../base/exchange.ts";
export {
  type CollectiveCount,
  type CollectiveKind,
  CollectiveLog,
  type CollectiveRecord,
} from "../base/collective_log.ts";
export { LlameroError } from "../base/errors.ts";
export { hostName, seesLaunchers } from "./environment.ts";
export { type GuardOptions, guardRun } from "./run_guard.ts";
export { runLocalRanks } from "./local_ranks.ts";
export { openRanks, openWorld } from "./ranks.ts";
export { singleGroup, singleRanks } from "./single.ts";
export type { LauncherKind } from "./launcher.ts";
export { type World, world } from "./world.ts";
