/**
 * The launcher of this process, such as `mpirun`, as the environment tells it: rank, number of ranks, rank on the host.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { setting } from "../base/setting.ts";
import type { Environment } from "./environment.ts";

/**
 * The kinds of launchers: `openmpi` (Open MPI's `mpirun`), `mpich` (MPICH, Intel MPI and all that speak PMI) and `slurm`
 * (a step of `srun`).
 */
export type LauncherKind = "openmpi" | "mpich" | "slurm";

/** The launcher of a rank. */
export interface Launcher {
  /** Its kind. */
  kind: LauncherKind;
  /** Number of this rank, counted from 0. */
  rank: number;
  /** Number of ranks. */
  size: number;
  /** Number of this rank among those of its host, counted from 0. */
  localRank?: number;
  /** Number of ranks of this host. */
  localSize?: number;
  /** True where a server of PMIx is there, which Open MPI speaks. */
  pmix: boolean;
}

/** Numbers from which on Slurm counts steps that are no `srun`: a batch script, an interactive shell. */
const firstSpecialStep = 0xfffffff0;

/**
 * Returns the launcher of this process; undefined without one.
 *
 * @throws {ConfigError} under `torchrun`, whose ranks have no transport
 */
export function findLauncher(read: Environment = setting): Launcher | undefined {
  const pmix = read("PMIX_RANK") !== undefined;
  const open = place(read, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE");
  if (open) {
    const localRank = count(read("OMPI_COMM_WORLD_LOCAL_RANK"));
    return {
      kind: "openmpi",
      ...open,
      localRank,
      localSize: count(read("OMPI_COMM_WORLD_LOCAL_SIZE")),
      pmix,
    };
  }
  const pmi = place(read, "PMI_RANK", "PMI_SIZE");
  if (pmi) {
    const localRank = count(read("MPI_LOCALRANKID")) ?? count(read("SLURM_LOCALID"));
    const localSize = count(read("MPI_LOCALNRANKS")) ?? slurmRanksOfHost(read);
    return { kind: "mpich", ...pmi, localRank, localSize, pmix };
  }
  const step = count(read("SLURM_STEP_ID"));
  const slurm = place(read, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS") ??
    place(read, "SLURM_PROCID", "SLURM_NTASKS");
  if (slurm && step !== undefined && step < firstSpecialStep) {
    const localRank = count(read("SLURM_LOCALID"));
    return { kind: "slurm", ...slurm, localRank, localSize: slurmRanksOfHost(read), pmix };
  }
  refuseTorchrun(read);
  return undefined;
}

/** Returns rank and size; undefined where one of them is missing or they are no numbers. */
function place(
  read: Environment,
  rankName: string,
  sizeName: string,
): { rank: number; size: number } | undefined {
  const rank = count(read(rankName));
  const size = count(read(sizeName));
  return rank === undefined || !size || rank >= size ? undefined : { rank, size };
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Returns the number of ranks on this host from a list such as `4(x2),3`: two hosts with 4, one with 3. */
function slurmRanksOfHost(read: Environment): number | undefined {
  const list = read("SLURM_STEP_TASKS_PER_NODE") ?? read("SLURM_TASKS_PER_NODE");
  const host = count(read("SLURM_NODEID"));
  if (list === undefined || host === undefined) return undefined;
  const ranks = list.split(",").flatMap((item) => {
    const [, each, times] = /^(\d+)(?:\(x(\d+)\))?$/.exec(item) ?? [];
    return Array<number>(Number(times ?? 1)).fill(Number(each));
  });
  return ranks[host] || undefined;
}

function refuseTorchrun(read: Environment): void {
  const torch = place(read, "RANK", "WORLD_SIZE");
  if (!torch || torch.size === 1) return;
  throw new ConfigError(
    `Cannot run as rank ${torch.rank} of ${torch.size}: RANK and WORLD_SIZE, as torchrun sets them, name no transport. ` +
      `Start the processes with mpirun -n ${torch.size} deno run -A, or unset WORLD_SIZE`,
    { path: "WORLD_SIZE", value: torch.size },
  );
}
