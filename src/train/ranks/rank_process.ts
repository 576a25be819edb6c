/**
 * A process that is one rank of a run: its signals, and what it writes beside the first rank's display.
 *
 * @module
 */
import type { Group } from "../../base/exchange.ts";
import { rankName } from "../../base/together.ts";
import { guardRun } from "../../parallel/mod.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import type { RunParallel } from "./run_parallel.ts";

/** Returns the signals by which launchers and schedulers stop a job; each of them is a first stop. */
function stopSignals(): readonly Deno.Signal[] {
  return Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"];
}

/** The parts of a run's control that signals need. */
interface Stoppable {
  /** Stops that were asked for. */
  readonly stops: number;
  /** Stops the run. */
  stop(): void;
}

/**
 * Prepares this process for a run as one of several ranks: signals stop the run once, since launchers send several for one
 * stop, and warnings of this rank alone are written with its name in front.
 *
 * @returns a function that ends this
 */
export function enterRank(
  { ranks: { world }, timeout }: RunParallel,
  folder: string | undefined,
  control: Stoppable,
  log: RunLog,
): () => void {
  const stop = () => {
    if (control.stops === 0) control.stop();
  };
  const leave = new DisposableStack();
  if (world.hosts) {
    for (const signal of stopSignals()) {
      Deno.addSignalListener(signal, stop);
      leave.defer(() => Deno.removeSignalListener(signal, stop));
    }
    leave.defer(guardRun({ timeout, folder, step: () => log.step }));
  }
  if (world.rank > 0) {
    log.onOwnWarning = (message) => console.error(`${rankPrefix(world)} Warning: ${message}`);
  }
  leave.defer(() => log.onOwnWarning = undefined);
  return () => leave.dispose();
}

/** Returns what stands in front of the output of a rank, such as `[rank 3, host b]`. */
function rankPrefix(world: Group): string {
  return `[${rankName(world, world.rank)}]`;
}
