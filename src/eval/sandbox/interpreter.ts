/**
 * A process that holds a Python interpreter: its start, its jobs, its end.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { importPackage } from "../../base/lazy_package.ts";
import { LineReader } from "./line_reader.ts";

/** The verdict on a program. */
export interface ProgramVerdict {
  /** True when it ended without an exception. */
  passed: boolean;
  /** The last line of the exception, or the way its process ended. */
  error?: string;
}

/** Limits of an interpreter. */
interface Limits {
  /** Memory limit in MiB. */
  megabytes: number;
  /** Time limit of the start in seconds. */
  startSeconds: number;
}

/** Seconds of processor time after which the system ends an interpreter; it is replaced after a quarter of them. */
const MAX_BUSY_SECONDS = 600;

/** A process that holds a Python interpreter. */
export class Interpreter {
  /** True when it must be replaced: it is dead, was tampered with, ran for long, or holds much memory. */
  spent = false;
  readonly #process: Deno.ChildProcess;
  readonly #lines: LineReader;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Permissions that the process reports. */
  granted: string[] = [];
  #busy = 0;

  private constructor(folder: string, megabytes: number) {
    const program = new URL("./child.ts", import.meta.url); // loaded over the network, it may import its parts from the cache
    const deno = [
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--cached-only"],
      program.protocol === "file:" ? "--deny-import" : `--allow-import=${program.host}`,
      `--allow-read=${folder}`,
      `--v8-flags=--wasm-lazy-compilation,--liftoff-only,--max-old-space-size=${megabytes}`,
      ...[program.href, folder, String(megabytes)],
    ];
    // If this process is killed while a program loops, only the system can end the other process.
    const limited = Deno.build.os === "windows"
      ? deno
      : ["sh", "-c", `ulimit -t ${MAX_BUSY_SECONDS}; exec "$@"`, "sh", ...deno];
    this.#process = new Deno.Command(limited[0], {
      args: limited.slice(1),
      clearEnv: true,
      env: cacheFolder(),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = new LineReader(this.#process.stdout);
    this.#input = this.#process.stdin.getWriter();
  }

  /** Starts a process and waits until its interpreter is ready. */
  static async start({ megabytes, startSeconds }: Limits): Promise<Interpreter> {
    const [{ url }] = await Promise.all([importPackage("pyodide"), import("./child.ts")]); // both into Deno's cache
    const folder = folderOf(url);
    const interpreter = new Interpreter(folder, megabytes);
    const line = await interpreter.#answer(startSeconds);
    const granted = line?.startsWith("ready ") ? JSON.parse(line.slice(6)) as string[] : undefined;
    interpreter.granted = granted ?? [];
    if (granted?.length === 1 && granted[0] === `read ${folder}`) return interpreter;
    await interpreter.kill();
    const reason = granted
      ? `its process may do more than read ${folder}: ${granted.join(", ")}`
      : line ?? (line === null ? `no answer within ${startSeconds} s` : "its process ended");
    throw new ConfigError(`Cannot start the Python sandbox: ${reason}`);
  }

  /** Runs a program for at most `seconds`. Afterwards `spent` tells if the process must be replaced. */
  async run(program: string, seconds: number): Promise<ProgramVerdict> {
    const nonce = crypto.randomUUID();
    const job = `${JSON.stringify({ nonce, program })}\n`;
    const start = performance.now();
    const sent = this.#input.write(new TextEncoder().encode(job)).then(() => true, () => false);
    const line = await sent ? await this.#answer(seconds) : undefined;
    this.#busy += (performance.now() - start) / 1000;
    const [word, verdict, health, ...rest] = line?.split(" ") ?? [];
    if (word !== nonce) {
      this.spent = true;
      if (line === null) return { passed: false, error: `took longer than ${seconds} s` };
      return {
        passed: false,
        error: line === undefined ? "ended the interpreter" : "wrote an answer of its own",
      };
    }
    this.spent = health !== "well" || this.#busy > MAX_BUSY_SECONDS / 4;
    if (health === "tampered") return { passed: false, error: "changed Python's builtins" };
    return verdict === "pass" ? { passed: true } : { passed: false, error: rest.join(" ") };
  }

  /** Returns the next line; undefined when the process has ended, null when it takes too long. */
  async #answer(seconds: number): Promise<string | undefined | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<null>((resolve) => timer = setTimeout(() => resolve(null), seconds * 1000));
    try {
      return await Promise.race([this.#lines.next(), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kills the process and waits for its end. */
  async kill(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch { /* it is dead already */ }
    await this.#input.abort().catch(() => {});
    await this.#process.status;
    await this.#lines.close();
  }
}

/** Returns the variables by which Deno finds pyodide in its cache; the process gets no others. */
function cacheFolder(): Record<string, string> {
  const names = ["DENO_DIR", "HOME", "LOCALAPPDATA", "XDG_CACHE_HOME"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Returns the path of the folder that the module at `url` lies in. */
function folderOf(url: string): string {
  return decodeURIComponent(new URL(".", url).pathname).slice(0, -1);
}
