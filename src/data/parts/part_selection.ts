/**
 * Selection of the part of a job that this process does: named by hand, or read from the environment that the scheduler
 * of an array job or the launcher of several processes has set.
 *
 * The layers of data and of launchers do not see each other, and a part needs two numbers and no exchange: the variables
 * are read here, and no library of a launcher is opened.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { PartOfJob } from "./input_units.ts";

/** Selection of a part. */
export interface PartSelection {
  /**
   * Number of the part, counted from 0, or `auto`: from the task of a Slurm array, the index of a Kubernetes job (whose
   * completions are `of`) or the rank under `mpirun` or `srun`; without any of them the one part of one.
   */
  part?: number | "auto";
  /** Number of parts; default: the number of tasks or processes. */
  of?: number;
}

/** Reader of a variable of the environment. */
type Variables = (name: string) => string | undefined;

/**
 * Returns the part that this process does.
 *
 * @throws {ConfigError} when the numbers do not name one part, or contradict the environment
 */
export function partOf(
  { part = "auto", of }: PartSelection,
  variable: Variables = (name) => Deno.env.get(name),
): PartOfJob {
  if (part !== "auto") {
    if (of === undefined) throw refused(`part ${part} needs the number of parts`, "name it with of");
    if (part >= of) throw refused(`part is ${part} and of is ${of}`, "count the parts from 0");
    return { part, of };
  }
  const task = slurmTask(variable, of) ?? indexedTask(variable, of);
  const own = process(variable);
  const found = task && own
    ? { part: task.part * own.of + own.part, of: task.of * own.of } // several processes in each task of an array
    : task ?? own ?? { part: 0, of: 1 };
  if (of === undefined || of === found.of) return found;
  throw refused(
    `of is ${of} and the environment has ${found.of} tasks`,
    "leave of out, or name part as well",
  );
}

/** Returns the task of a Slurm array; its ids begin anywhere and have equal steps. */
function slurmTask(variable: Variables, of: number | undefined): PartOfJob | undefined {
  const [id, count, min, max] = ["ID", "COUNT", "MIN", "MAX"].map((name) =>
    number(variable(`SLURM_ARRAY_TASK_${name}`))
  );
  if (id === undefined || count === undefined) return undefined;
  const first = min ?? 0;
  const step = count > 1 && max !== undefined ? (max - first) / (count - 1) : 1;
  const part = (id - first) / step;
  if (Number.isInteger(part) && part >= 0 && part < count) return { part, of: count };
  throw refused(
    `the ids of the Slurm array have gaps (task ${id} of ${count}, from ${first})`,
    `run an array without gaps, which skips what is done, or name part and of${
      of ? "" : ", such as { part: 3, of: 100 }"
    }`,
  );
}

/** Returns the index of a Kubernetes job; their number stands in no variable. */
function indexedTask(variable: Variables, of: number | undefined): PartOfJob | undefined {
  const part = number(variable("JOB_COMPLETION_INDEX"));
  if (part === undefined) return undefined;
  if (of === undefined) {
    throw refused(
      "JOB_COMPLETION_INDEX does not tell how many there are",
      "name the job's completions with of",
    );
  }
  if (part >= of) {
    throw refused(`JOB_COMPLETION_INDEX is ${part} and of is ${of}`, "let of be the job's completions");
  }
  return { part, of };
}

/** Names of the variables of launchers: rank, and number of processes. */
const launchers = [
  ["OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"],
  ["PMI_RANK", "PMI_SIZE"],
  ["SLURM_PROCID", "SLURM_STEP_NUM_TASKS"],
  ["SLURM_PROCID", "SLURM_NTASKS"],
] as const;

/** Numbers from which on Slurm counts steps that `srun` has not started: a batch script, an interactive shell. */
const firstSpecialStep = 0xfffffff0;

/** Returns the rank among the processes that a launcher started. */
function process(variable: Variables): PartOfJob | undefined {
  const step = number(variable("SLURM_STEP_ID"));
  const isStep = step !== undefined && step < firstSpecialStep;
  for (const [rank, size] of launchers) {
    const [part, of] = [number(variable(rank)), number(variable(size))];
    // A batch script has a rank and a number of tasks as well, and runs once for all of them.
    if (part === undefined || of === undefined || (rank === "SLURM_PROCID" && !isStep)) continue;
    return { part, of };
  }
  return undefined;
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function refused(what: string, remedy: string): ConfigError {
  return new ConfigError(`Cannot choose a part of the dataset: ${what}; ${remedy}`, {
    path: "Dataset.write.part",
  });
}
