/**
 * The place of this process among those that work on one model, as its launcher tells it: no library is opened for it.
 *
 * @module
 */
import { basename } from "node:path";
import { type OutputName, pipeIf, showIf } from "../display/display.ts";
import { hostName } from "./environment.ts";
import { findLauncher, type Launcher, type LauncherKind } from "./launcher.ts";
import { localWorld } from "./local_world.ts";

/** The place of this process among those that work on one model. */
export interface World {
  /** Number of this process, counted from 0. */
  readonly rank: number;
  /** Number of processes; 1 without a launcher. */
  readonly size: number;
  /** True for rank 0, which prints and writes what one process would. */
  readonly first: boolean;
  /** Name of the host that this process runs on. */
  readonly host: string;
  /** Kind of the launcher; undefined without one, `loopback` for ranks inside one process. */
  readonly launcher: LauncherKind | "loopback" | undefined;
}

showIf(isFirst);
pipeIf(launcherIsPiped);

/** Programs of Open MPI that hand the output of ranks on to their own. */
const openPrograms = /^(orterun|prterun|prte|mpirun|mpiexec)\b/;

/**
 * Returns true for a rank of Open MPI whose launcher writes a stream to a file or a pipe: the rank has a terminal all the
 * same. False where that cannot be seen.
 */
function launcherIsPiped(stream: OutputName): boolean {
  try {
    if (ownLauncher()?.kind !== "openmpi" || Deno.build.os !== "linux") return false;
    const parent = `/proc/${Deno.ppid}`;
    if (!openPrograms.test(basename(Deno.readLinkSync(`${parent}/exe`)))) return false;
    return !/^\/dev\/(pts\/|tty|console)/.test(
      Deno.readLinkSync(`${parent}/fd/${stream === "stdout" ? 1 : 2}`),
    );
  } catch {
    return false;
  }
}

/** Returns true for the process that shows what all do; also for one of a launcher that is refused. */
function isFirst(): boolean {
  try {
    return world.first;
  } catch {
    return true;
  }
}

let known: { launcher?: Launcher } | undefined;

/** Returns the launcher of this process, as {@linkcode findLauncher} finds it at the first call. */
export function ownLauncher(): Launcher | undefined {
  return (known ??= { launcher: findLauncher() }).launcher;
}

/**
 * The place of this process among those that work on one model. Each field reads the environment of the launcher at its first
 * use; without a launcher this is the only process. `world.first` guards what a script prints:
 *
 * ```ts
 * import { world } from "@llamero/sdk";
 *
 * if (world.first) console.log(`one model on ${world.size} processes`);
 * ```
 *
 * @throws {ConfigError} under `torchrun`, whose processes have no transport
 */
export const world: World = {
  get rank() {
    return (localWorld() ?? ownLauncher())?.rank ?? 0;
  },
  get size() {
    return (localWorld() ?? ownLauncher())?.size ?? 1;
  },
  get first() {
    return this.rank === 0;
  },
  get host() {
    return hostName();
  },
  get launcher() {
    return localWorld() ? "loopback" : ownLauncher()?.kind;
  },
};
