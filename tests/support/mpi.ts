/**
 * MPI launchers on this machine, for tests that start ranks.
 *
 * @module
 */
import { join } from "node:path";
import { type Condition, needs } from "./needs.ts";

/** An MPI with its launcher. */
export interface Mpi extends Condition {
  /** Its name, for the names of tests. */
  readonly name: string;
  /** The program that starts ranks, with its options; empty where it is missing. */
  readonly command: readonly string[];
}

/** Returns the version of a launcher; an empty text where there is none. */
async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, { args: ["--version"], stdin: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}

async function find(
  name: string,
  programs: readonly string[],
  version: RegExp,
  options: readonly string[],
  obstacle: string,
): Promise<Mpi> {
  for (const program of programs) {
    if (version.test(await versionOf(program))) {
      return { name, command: [program, ...options], ...needs(true, obstacle) };
    }
  }
  return { name, command: [], ...needs(false, obstacle) };
}

const asRoot = Deno.uid() === 0 ? ["--allow-run-as-root"] : [];
const mpich5 = Deno.env.get("LLAMERO_MPICH5");

/** Open MPI. */
export const openMpi: Mpi = await find(
  "Open MPI",
  ["mpirun.openmpi", "mpirun"],
  /Open ?MPI|OpenRTE/,
  [...asRoot, "--oversubscribe", "--bind-to", "none"],
  "needs Open MPI: apt-get install openmpi-bin",
);

/** MPICH. */
export const mpich: Mpi = await find(
  "MPICH",
  ["mpirun.mpich", "mpiexec.hydra", "mpirun"],
  /HYDRA/,
  [],
  "needs MPICH: apt-get install mpich",
);

/** A library of the standard interface of MPI 5. */
export const standardMpi: Mpi = await find(
  "the standard ABI",
  mpich5 ? [join(mpich5, "bin", "mpiexec")] : [],
  /HYDRA/,
  [],
  "needs MPICH 5: pip install mpich, and LLAMERO_MPICH5 set to its folder",
);

/** All of them. */
export const mpis: readonly Mpi[] = [openMpi, mpich, standardMpi];

/** The end of a job. */
export interface Ended {
  /** Exit code of the launcher. */
  code: number;
  /** Its output. */
  stdout: string;
  /** Its errors. */
  stderr: string;
  /** Milliseconds from the start to the end. */
  took: number;
}

/** Options of {@linkcode startRanks}. */
export interface RankOptions {
  /** Variables of the environment. */
  env?: Record<string, string>;
  /** Options of the launcher. */
  options?: readonly string[];
  /** Permissions and other options of `deno run`. Default: all permissions. */
  deno?: readonly string[];
}

/** Makes the command that runs a script of this repository, addressed from the root, as several ranks. */
export function rankCommand(
  mpi: Mpi,
  ranks: number,
  script: string,
  args: readonly string[] = [],
  { env, options = [], deno = ["-A"] }: RankOptions = {},
): Deno.Command {
  const [program, ...given] = mpi.command;
  const path = new URL(`../../${script}`, import.meta.url).pathname;
  const own = ["-n", String(ranks), Deno.execPath(), "run", "--no-check", ...deno, path, ...args];
  return new Deno.Command(program, {
    args: [...given, ...options, ...own],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a script of this repository as several ranks; a job that takes more than `seconds` is killed. */
export async function runRanks(
  mpi: Mpi,
  ranks: number,
  script: string,
  args: readonly string[] = [],
  options: RankOptions = {},
  seconds = 60,
): Promise<Ended> {
  const began = performance.now();
  const child = rankCommand(mpi, ranks, script, args, options).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 1000 * seconds);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr), took: performance.now() - began };
}
