/**
 * Training steps in separate processes, of this project and of the peers. Each answers with one line of JSON.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** The answer of a child process. */
export interface Answer {
  /** Milliseconds of the first step, compiling included. */
  firstMs: number;
  /** Milliseconds of the steps after it. */
  steps: number[];
  /** Processor time of those steps; null where the system does not report it. */
  cpuMs: (number | null)[];
  /** Loss of each step before its update, the first included. */
  losses: number[];
  /** Milliseconds of the best product of two square matrices, by their size. */
  matmul: Record<string, number>;
  /** Version, where it is not that of the package. */
  version?: string;
}

/** A command. */
export interface Command {
  /** Program and arguments. */
  line: readonly string[];
  /** Folder to run in. */
  cwd?: string;
  /** Added to the environment. */
  env?: Record<string, string>;
}

/** Returns the path of a file beside this one. */
export function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** This project's own step. */
export function ownStep(start: string, steps: number, env: Record<string, string> = {}): Command {
  const line = [Deno.execPath(), "run", "-A", `--config=${here("../../deno.json")}`];
  return { line: [...line, here("peers/llamero.ts"), start, String(steps)], env };
}

/**
 * Runs a child process and returns its answer.
 *
 * @throws {Error} with the line of its output that explains most, when it fails, is missing, or runs over `seconds`
 */
export async function ask({ line: [command, ...args], cwd, env }: Command, seconds = 300): Promise<Answer> {
  const out = await finish(command, args, { cwd, env }, seconds);
  const answer = out.trim().split("\n").findLast((line) => line.startsWith("{"));
  if (!answer) throw new Error(`no answer: ${out.trim().split("\n").at(-1)}`);
  return JSON.parse(answer);
}

/** Runs a command to its end and returns its output. */
export async function finish(
  command: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> },
  seconds: number,
): Promise<string> {
  const signal = AbortSignal.timeout(seconds * 1000);
  const env = { XDG_RUNTIME_DIR: "/tmp", NO_COLOR: "1", ...options.env };
  const { code, stdout, stderr } = await new Deno.Command(command, { ...options, args, env, signal })
    .output();
  const text = new TextDecoder();
  if (signal.aborted) throw new Error(`no answer within ${seconds} s`);
  if (code !== 0) throw new Error(whatWentWrong(text.decode(stderr)) ?? `exit code ${code}`);
  return text.decode(stdout);
}

/** Returns the line of an error output that explains most: the first with the word error, else the last. */
export function whatWentWrong(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim()).filter(
    Boolean,
  );
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}
