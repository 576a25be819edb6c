/**
 * Starts a script as several processes that train one model.
 *
 * ```sh
 * deno run -A jsr:@llamero/sdk/launch -n 4 train.ts --steps 100
 * ```
 *
 * It starts the `mpirun` that is installed with the flags that it needs. The first Ctrl-C (or SIGTERM, SIGHUP) lets the run
 * finish its step, save a checkpoint and end with exit code 0; the second one ends it at once. Plain `mpirun -n 4 deno run -A
 * train.ts` works too, but its own Ctrl-C leaves no time for a checkpoint: stop it with `kill -USR2`.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { type RankJob, startRanks } from "../parallel/start_ranks.ts";

const usage = `Starts a script as several processes that train one model.

deno run -A jsr:@llamero/sdk/launch -n RANKS [--launcher COMMAND] [options of deno run] SCRIPT [arguments]

-n RANKS             number of processes
--launcher COMMAND   program that starts them, with its options; default: mpirun, else mpiexec.
                     Such as "mpirun --hostfile hosts" or "srun --mpi=pmix"
Options of deno run, such as --env-file=.env; default: -A`;

/**
 * Reads the arguments of the command line.
 *
 * @returns undefined where help was asked for
 * @throws {ConfigError} for a missing script or number of ranks
 */
function parseLaunch(args: readonly string[]): RankJob | undefined {
  let ranks: number | undefined;
  let launcher: string[] | undefined;
  const options: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = args[i].split(/=(.*)/s);
    if (!name.startsWith("-")) {
      if (ranks === undefined || !(Number.isInteger(ranks) && ranks > 0)) break;
      const given = options.some((option) => /^(-A|-P|--allow-|--deny-|--permission-set)/.test(option));
      return {
        ranks,
        launcher,
        options: given ? options : ["-A", ...options],
        script: args[i],
        args: args.slice(i + 1),
      };
    }
    const value = () => inline ?? args[++i] ?? "";
    if (name === "-h" || name === "--help") return undefined;
    else if (name === "-n") ranks = Number(value());
    else if (name === "--launcher") launcher = value().split(/\s+/).filter((word) => word !== "");
    else options.push(args[i]);
  }
  const missing = ranks === undefined || !(ranks > 0 && Number.isInteger(ranks))
    ? "-n, the number of processes, as a whole number"
    : "the script";
  throw new ConfigError(`Cannot launch: missing ${missing}\n\n${usage}`);
}

/** Starts the ranks, turns signals into stops, and returns the exit code of the launcher. */
async function launch(args: readonly string[]): Promise<number> {
  const job = parseLaunch(args);
  if (!job) {
    console.log(usage);
    return 0;
  }
  const stdin = Deno.stdin.isTerminal() ? "null" : "inherit";
  const { child, stop, end } = await startRanks({ ...job, stdin });
  let signals = 0;
  const onSignal = () => {
    if (++signals > 1) return end();
    console.error("Stopping: the run finishes its step and saves. Once more ends it at once.");
    stop();
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) Deno.addSignalListener(name, onSignal);
  const { code } = await child.status;
  for (const name of names) Deno.removeSignalListener(name, onSignal);
  // MPICH's launcher may say 0 of ranks that it was told to end.
  return signals > 1 && code === 0 ? 130 : code;
}

if (import.meta.main) {
  try {
    Deno.exit(await launch(Deno.args));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
