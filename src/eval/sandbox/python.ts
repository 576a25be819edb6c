/**
 * A sandbox for Python programs that a model wrote: CPython in WebAssembly (pyodide) inside a Deno process of its own.
 *
 * The process may read pyodide's files and nothing else: no other file, no network, no environment, no processes. Memory
 * and time are capped. Deno's permissions are the boundary. The rest keeps one program from changing the verdict on
 * another: each answer must begin with the secret nonce of its job, a program that changes Python's builtins fails and
 * ends the process, and a process that dies is a fail.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { Interpreter, type ProgramVerdict } from "./interpreter.ts";

/** Limits of a sandbox. */
export interface SandboxOptions {
  /** Time limit of one program in seconds; default 3, as in HumanEval. */
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
   * Runs a program. The promise resolves for every program: one that kills the interpreter has failed.
   *
   * @throws {ConfigError} when no interpreter can be started
   */
  run(program: string): Promise<ProgramVerdict> {
    const job = this.#queue.then(() => this.#run(program));
    this.#queue = job.catch(() => {});
    return job;
  }

  async #run(program: string): Promise<ProgramVerdict> {
    const interpreter = this.#interpreter ??= await Interpreter.start(this.#options);
    const verdict = await interpreter.run(program, this.#options.seconds);
    if (interpreter.spent) {
      await interpreter.kill();
      this.#interpreter = undefined;
    }
    return verdict;
  }

  /** Returns the permissions that the interpreter's process reports, `read /path` alone. Starts the process. */
  async permissions(): Promise<string[]> {
    return (this.#interpreter ??= await Interpreter.start(this.#options)).granted;
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
