/**
 * A sandbox for Python programs that a model wrote: CPython in WebAssembly (pyodide) inside a Deno process of its own.
 *
 * The process may read pyodide's files and nothing else: no other file, no network, no environment, no processes. Memory,
 * files and time are capped. Every program runs in a fresh copy of a started interpreter, so modules, files, seeds, filters
 * and patches of one program never reach another.
 *
 * A program passes when all its parts end without an exception. That is read outside of Python, from the return values of
 * CPython's C interface, and the WebAssembly imports no way to JavaScript; so exits, printed answers, frames and closures
 * change no verdict. While the tests run, nothing calls code of the program but they themselves: no callback of the garbage
 * collector, no `__del__` of a name that the tests define anew. What a program's own functions do while the tests call
 * them, or did to a module that the tests import, can satisfy an `assert` wrongly (an object that equals all others, a
 * replaced function that the tests use), as in the published harness.
 *
 * Time is processor time, so a loaded machine changes no verdict: five times `seconds`, because Python is slower in
 * WebAssembly (2 to 4 times on the heaviest solution of MBPP), and on the wall at most ten times that. `time.sleep` uses
 * processor time here. There are no threads, sockets and processes; `asyncio.run` works for what needs none of them. Hashes
 * of strings, and with them the order of sets, are the same in every run; random numbers are not. The interpreter is one of
 * 32 bits: `sys.maxsize` is 2^31 - 1.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";
import type { Interpreter, ProgramVerdict } from "./interpreter.ts";

/** Limits of a sandbox. */
export interface SandboxOptions {
  /** Time limit of one program in seconds of a native Python; default 3, as in HumanEval. */
  seconds?: number;
  /** Memory limit of the interpreter in MiB; default 512. */
  megabytes?: number;
  /** Time limit of the interpreter's start in seconds; default 120. */
  startSeconds?: number;
}

const schema = optionsSchema<SandboxOptions>()(z.strictObject({
  seconds: z.number().positive().default(3),
  megabytes: z.int().min(64).default(512),
  startSeconds: z.number().positive().default(120),
}));

/** A sandbox with one interpreter, in which programs run one after another. */
export class PythonSandbox implements AsyncDisposable {
  readonly #options: z.output<typeof schema>;
  #interpreter?: Interpreter;
  #queue: Promise<unknown> = Promise.resolve();

  /** Makes a sandbox; its process starts with the first program. */
  constructor(options: SandboxOptions = {}) {
    this.#options = parseOptions(schema, options, "PythonSandbox");
  }

  /**
   * Runs a program, or its parts one after another in one namespace. Parts after the first see the builtins of Python even
   * where an earlier one replaced them. The promise resolves for every program: one that kills the interpreter has failed.
   *
   * @throws {ConfigError} when no interpreter can be started
   */
  run(program: string | readonly string[]): Promise<ProgramVerdict> {
    const job = this.#queue.then(() => this.#run(program));
    this.#queue = job.catch(() => {});
    return job;
  }

  async #run(program: string | readonly string[]): Promise<ProgramVerdict> {
    for (;;) {
      const interpreter = await this.#start();
      const verdict = await interpreter.run(typeof program === "string" ? [program] : program);
      if (interpreter.spent) {
        await interpreter.kill();
        this.#interpreter = undefined;
      }
      if (!interpreter.isDoubtful) return verdict;
    }
  }

  /** Returns the permissions that the interpreter's process reports, `read /path` alone. Starts the process. */
  async permissions(): Promise<string[]> {
    return (await this.#start()).granted;
  }

  /** Returns the interpreter, started where none runs. */
  async #start(): Promise<Interpreter> {
    const { Interpreter } = await lazily(() => import("./interpreter.ts"));
    return this.#interpreter ??= await Interpreter.start(this.#options);
  }

  /** Ends the interpreter's process after the running program. */
  async close(): Promise<void> {
    await this.#queue;
    await this.#interpreter?.kill();
    this.#interpreter = undefined;
  }

  /** Ends the interpreter's process at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
