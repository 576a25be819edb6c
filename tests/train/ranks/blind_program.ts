/**
 * Prints the warning of a run with four lanes in a process that may not read its environment, and one that may.
 *
 * @module
 */
import { singleRanks } from "../../../src/parallel/mod.ts";
import { blindWarning } from "../../../src/train/ranks/run_parallel.ts";

if (import.meta.main) {
  const settings = { zero: 1, overlap: true, timeout: 600, check: 500, ranks: singleRanks } as const;
  for (const [lanes, independent] of [[4, false], [1, false], [4, true]] as const) {
    console.log(blindWarning({ ...settings, lanes, independent }));
  }
}
