/**
 * The processes of the other ranks on this host, as the system lists them: a rank that has ended before it joined the world
 * is seen here alone, since no launcher tells the others of it where its exit code is 0, and MPICH's of none at all.
 *
 * @module
 */
import type { Launcher } from "../launcher.ts";
import { launcherFolder } from "./library.ts";

/** Variables in which launchers tell each process its rank. */
const rankVariables: Readonly<Record<string, RegExp>> = {
  openmpi: /(?:^|\0)OMPI_COMM_WORLD_RANK=(\d+)/,
  mpich: /(?:^|\0)PMI_RANK=(\d+)/,
};

/** Returns the environments of the processes that the launcher has started on this host; undefined where they are hidden. */
function environments(): string[] | undefined {
  if (Deno.build.os !== "linux" || launcherFolder() === undefined) return undefined;
  try {
    const children = Deno.readTextFileSync(`/proc/${Deno.ppid}/task/${Deno.ppid}/children`);
    return children.trim().split(" ").map((id) => {
      try {
        return Deno.readTextFileSync(`/proc/${id}/environ`);
      } catch {
        return ""; // it has ended meanwhile
      }
    });
  } catch {
    return undefined; // not permitted, or a system without this list
  }
}

/** Returns the ranks of this host that are running, in their order; undefined where that cannot be seen. */
export function runningRanks(
  { kind, rank }: Pick<Launcher, "kind" | "rank">,
  processes: readonly string[] | undefined = environments(),
): number[] | undefined {
  const variable = rankVariables[kind];
  if (!processes || !variable) return undefined;
  const ranks = processes.flatMap((text) => variable.exec(text)?.[1] ?? []).map(Number);
  return ranks.includes(rank) ? ranks.sort((a, b) => a - b) : undefined;
}

/** Returns words for the ranks of this host that have ended; undefined where all run, or that cannot be seen. */
export function endedRanks(launcher: Launcher, running: readonly number[] | undefined): string | undefined {
  const { size, localSize } = launcher;
  if (!running || localSize === undefined || running.length >= localSize) return undefined;
  if (size !== localSize) return `${localSize - running.length} of the ${localSize} ranks of this host`;
  const ended = Array.from({ length: size }, (_, rank) => rank).filter((rank) => !running.includes(rank));
  return `${ended.length > 1 ? "ranks" : "rank"} ${ended.join(", ")}`;
}
