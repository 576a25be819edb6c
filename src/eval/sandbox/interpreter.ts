/**
 * A process that holds a Python interpreter: its start, its jobs, its end.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { importPackage } from "../../base/lazy_package.ts";
import { lazily } from "../../base/lazy_import.ts";
import { withProgress } from "../../display/progress.ts";
import type { Answer, Job, Ready, Stuck } from "./child.ts";
import { LineReader } from "./line_reader.ts";

/** The verdict on a program. */
export interface ProgramVerdict {
  /** True when it ended without an exception. */
  passed: boolean;
  /** The last line of the exception, or the way its process ended. */
  error?: string;
  /** The module that was missing, where an import failed: `numpy`. */
  missing?: string;
}

/** Limits of an interpreter. */
interface Limits {
  /** Memory limit in MiB. */
  megabytes: number;
  /** Time limit of the start in seconds. */
  startSeconds: number;
  /** Time limit of a program in seconds. */
  seconds: number;
}

/** Seconds of processor time after which an interpreter's process is replaced. */
const BUSY_SECONDS = 150;

/**
 * Sizes of the stack in KiB: what V8 may use by default, what it may use of the stack that is asked of the system, and
 * that stack. Python's recursion through C, such as that of a function in `lru_cache`, takes about 1.4 KiB per level.
 */
const STACK = { usual: 3500, large: 28_000, system: 32_768 };

/** The factor by which Python in WebAssembly is slower than Python as programs know it; 4 to 5 were measured. */
const SLOWNESS = 5;

/** The factor between the limit of the processor time and that of the time on the wall. */
const WALL_FACTOR = 10;

/** A process that holds a Python interpreter. */
export class Interpreter {
  /** True when it must be replaced: it is dead, was killed or has run for long. */
  spent = false;
  readonly #process: Deno.ChildProcess;
  readonly #lines: LineReader;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Permissions that the process reports. */
  granted: string[] = [];
  #busy = 0;
  #jobs = 0;
  #dead = false;

  readonly #seconds: number;

  private constructor(folder: string, { megabytes, seconds }: Limits) {
    this.#seconds = seconds;
    const program = new URL("./child.ts", import.meta.url); // loaded over the network, it may import its parts from the cache
    const flags = `--v8-flags=--wasm-lazy-compilation,--max-old-space-size=${megabytes}`;
    const args = [
      ...["--quiet", "--no-prompt", "--cached-only"],
      program.protocol === "file:" ? "--deny-import" : `--allow-import=${program.host}`,
      `--allow-read=${folder}`,
      ...[program.href, folder, String(megabytes)],
    ];
    const maxSeconds = Math.ceil(4 * BUSY_SECONDS + 2 * seconds * SLOWNESS);
    // If this process is killed while a program loops, only the system can end the other process.
    const script = `ulimit -t ${maxSeconds}; stack=${STACK.usual}; ` +
      `ulimit -s ${STACK.system} 2>/dev/null && stack=${STACK.large}; ` +
      `deno=$1; flags=$2; shift 2; exec "$deno" run "$flags,--stack-size=$stack" "$@"`;
    const [command, ...rest] = Deno.build.os === "windows"
      ? [Deno.execPath(), "run", flags, ...args]
      : ["sh", "-c", script, "sh", Deno.execPath(), flags, ...args];
    this.#process = new Deno.Command(command, {
      args: rest,
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
  static async start(limits: Limits): Promise<Interpreter> {
    const [{ url }] = await withProgress("loading Python", {}, () => {
      return Promise.all([importPackage("pyodide"), lazily(() => import("./child.ts"))]); // both into Deno's cache
    });
    const folder = folderOf(url);
    const interpreter = spawned(() => new Interpreter(folder, limits));
    const line = await interpreter.#answer(limits.startSeconds);
    const granted = line?.startsWith("{") ? (JSON.parse(line) as Ready).granted : undefined;
    interpreter.granted = granted ?? [];
    if (granted?.length === 1 && granted[0] === `read ${folder}`) return interpreter;
    await interpreter.kill();
    const reason = granted
      ? `its process may do more than read ${folder}: ${granted.join(", ")}`
      : line ?? (line === null ? `no answer within ${limits.startSeconds} s` : "its process ended");
    throw new ConfigError(`Cannot start the Python sandbox: ${reason}`);
  }

  /**
   * Runs the parts of a program one after another. Afterwards `spent` tells if the process must be replaced.
   *
   * The limit is one of processor time, five times the seconds of the options; on the wall it may take ten times as long.
   */
  async run(parts: readonly string[]): Promise<ProgramVerdict> {
    const nonce = crypto.randomUUID();
    const seconds = this.#seconds * SLOWNESS;
    const job: Job = { nonce, parts, milliseconds: seconds * 1000 };
    const sent = this.#input.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`)).then(
      () => true,
      () => false,
    );
    this.#jobs++;
    let answer = await sent ? await this.#next<Answer | Stuck>(seconds * WALL_FACTOR) : undefined;
    while (answer && "stuck" in answer && answer.stuck < this.#jobs) { // an earlier program ended after all
      answer = await this.#next(seconds * WALL_FACTOR);
    }
    const late = { passed: false, error: `took longer than ${this.#seconds} s` };
    this.spent = !answer || "stuck" in answer;
    this.#dead = answer === undefined;
    if (answer === undefined) return { passed: false, error: "ended the interpreter" };
    if (answer === null || "stuck" in answer) return late;
    this.#busy += answer.milliseconds / 1000;
    const isForged = answer.nonce !== nonce; // nothing in the process writes such a line
    this.spent = isForged || answer.last || this.#busy > BUSY_SECONDS;
    if (isForged) return { passed: false, error: "wrote an answer of its own" };
    if (answer.late) return late;
    const { error, missing } = answer;
    return error === undefined ? { passed: true } : { passed: false, error, ...missing ? { missing } : {} };
  }

  /** True when the process has ended by itself and the last program may not be the reason, because others ran before. */
  get isDoubtful(): boolean {
    return this.#dead && this.#jobs > 1;
  }

  /** Returns the next line as a value; undefined when the process has ended, null when it takes too long. */
  async #next<Value>(seconds: number): Promise<Value | undefined | null> {
    const line = await this.#answer(seconds);
    if (line === null) return null;
    try {
      return JSON.parse(line ?? "") as Value;
    } catch { // it has ended, perhaps within a line
      return undefined;
    }
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

/** Returns the process that `spawn` starts, and explains a lack of permission or of a shell. */
function spawned(spawn: () => Interpreter): Interpreter {
  try {
    return spawn();
  } catch (cause) {
    const advice =
      "it runs in a process of its own, which needs --allow-run=sh (on Windows: --allow-run=deno)";
    throw new ConfigError(`Cannot start the Python sandbox: ${(cause as Error).message}; ${advice}`, {
      cause,
    });
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
