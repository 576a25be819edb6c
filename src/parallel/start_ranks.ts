/**
 * Starting ranks: the launcher that is installed, its flags, and signals that let a run save before it ends.
 *
 * Open MPI ends its ranks a second or two after Ctrl-C, which is too short for a checkpoint, but hands SIGUSR2 on and waits;
 * MPICH hands SIGINT on and waits. (Both hand SIGUSR1 on as well, but Deno opens its inspector then.) So the launcher gets a
 * session of its own, out of reach of the terminal, and a stop is sent to it as the signal that it hands on.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";

/** The settings of {@linkcode startRanks}. */
export interface RankJob {
  /** Number of ranks. */
  ranks: number;
  /** The script that each rank runs: a path or an address. */
  script: string;
  /** Its arguments. */
  args?: readonly string[];
  /** The launcher and its options, such as `["mpirun", "--hostfile", "hosts"]`. Default: `mpirun`, else `mpiexec`. */
  launcher?: readonly string[];
  /** Options of `deno run`. Default: `-A`. */
  options?: readonly string[];
  /** Variables of the environment of every rank. */
  env?: Readonly<Record<string, string>>;
  /** The standard input of rank 0. Default `null`. */
  stdin?: "inherit" | "piped" | "null";
  /** The output of all ranks. Default `inherit`. */
  stdout?: "inherit" | "piped";
  /** The errors of all ranks. Default `inherit`. */
  stderr?: "inherit" | "piped";
}

/** Ranks that were started. */
export interface StartedRanks {
  /** The process of the launcher. */
  child: Deno.ChildProcess;
  /** Asks all ranks to stop: a run finishes its step, saves and ends. */
  stop(): void;
  /** Ends all ranks now. */
  end(): void;
}

/** The kinds of programs that start ranks. */
export type StarterKind = "openmpi" | "openmpi5" | "mpich" | "intel" | "slurm";

/** The signals that launchers hand on to their ranks without ending them. */
const stopSignals: Readonly<Record<StarterKind, Deno.Signal>> = {
  openmpi: "SIGUSR2",
  openmpi5: "SIGUSR2",
  mpich: "SIGINT",
  intel: "SIGINT",
  slurm: "SIGUSR2",
};

/** Milliseconds after which a launcher that was asked to end is killed. [ours] */
const patience = 10_000;

/**
 * Starts a script as several ranks. The caller waits for `child.status`.
 *
 * @throws {ConfigError} where no launcher is found
 */
export async function startRanks(job: RankJob): Promise<StartedRanks> {
  const { stdin = "null", stdout = "inherit", stderr = "inherit" } = job;
  const { launcher, kind } = await findStarter(job.launcher);
  const [program, ...args] = rankCommand({ ...job, launcher }, kind, Deno.uid() === 0);
  const env = { ...kind === "intel" ? { I_MPI_PIN: "off" } : {}, ...job.env };
  const child = new Deno.Command(program, { args, env, stdin, stdout, stderr, detached: true }).spawn();
  const send = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // it has ended by itself
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  child.status.then(() => clearTimeout(timer));
  return {
    child,
    stop: () => send(stopSignals[kind]),
    end: () => {
      send("SIGTERM");
      timer ??= setTimeout(() => send("SIGKILL"), patience);
    },
  };
}

/** Finds the program that starts ranks, and its kind by its own version. */
export async function findStarter(
  given?: readonly string[],
): Promise<{ launcher: readonly string[]; kind: StarterKind }> {
  const candidates = given ? [given] : [["mpirun"], ["mpiexec"]];
  for (const launcher of candidates) {
    try {
      const { stdout } = await new Deno.Command(launcher[0], { args: ["--version"], stdin: "null" }).output();
      return { launcher, kind: starterKind(launcher[0], new TextDecoder().decode(stdout)) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new ConfigError(
    `Cannot start ranks: ${candidates.map(([program]) => program).join(" and ")} ${
      candidates.length > 1 ? "are" : "is"
    } not installed. Install MPI (apt-get install openmpi-bin, or pip install mpich), or name a launcher`,
    { path: "launcher", value: given },
  );
}

/** Returns the kind of a program by its answer to `--version`. */
export function starterKind(program: string, version: string): StarterKind {
  const open = /(?:Open ?MPI|OpenRTE|PRRTE)\)? *v?(\d+)/i.exec(version);
  if (open) return Number(open[1]) >= 5 ? "openmpi5" : "openmpi";
  if (/Intel\(R\) MPI/i.test(version)) return "intel";
  if (/HYDRA|MPICH|MVAPICH/i.test(version)) return "mpich";
  if (/^slurm/i.test(version)) return "slurm";
  throw new ConfigError(
    `Cannot start ranks with ${program}: it is none of Open MPI, MPICH, Intel MPI and Slurm; it says ${
      JSON.stringify(version.slice(0, 80))
    }`,
    { path: "launcher", value: program },
  );
}

/** Options by which a user tells a launcher where ranks run; the number of ranks of a host is theirs then. */
const hostOptions = /^--?(hostfile|machinefile|host|H|f|hosts|map-by|bind-to|oversubscribe)$/;

/** Returns the command that starts the ranks: launcher, its flags by kind, `deno run`, script and arguments. */
export function rankCommand(
  { ranks, launcher = ["mpirun"], options = ["-A"], script, args = [], env = {} }: RankJob,
  kind: StarterKind,
  root: boolean,
): string[] {
  const own = launcher.some((option) => hostOptions.test(option));
  const open = [
    ...root ? ["--allow-run-as-root"] : [],
    // Ranks share the cores of a host: Deno and a software adapter have threads of their own.
    ...own ? [] : kind === "openmpi5" ? ["--map-by", ":OVERSUBSCRIBE"] : ["--oversubscribe"],
    ...own ? [] : ["--bind-to", "none"],
    ...Object.keys(env).flatMap((name) => ["-x", name]),
  ];
  return [
    ...launcher,
    ...kind === "openmpi" || kind === "openmpi5" ? open : [],
    "-n",
    String(ranks),
    Deno.execPath(),
    "run",
    ...options,
    script,
    ...args,
  ];
}
