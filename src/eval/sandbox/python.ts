/**
 * A place to run Python that a model wrote: CPython in WebAssembly (pyodide) inside a Deno process of its own, which may
 * read pyodide's files and nothing else: no other file, no network, no environment, no processes. Memory and time are
 * capped.
 *
 * Deno's permissions are the wall. The rest keeps one program from meddling with the verdict on another: each job has a
 * secret word that its answer must begin with, a program that changes what Python is made of fails and ends the process,
 * and a death is a fail.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { Interpreter, type ProgramVerdict } from "./interpreter.ts";

/** Limits of the sandbox. */
export interface SandboxOptions {
  /** Longest time for one program; default 3 s, as in HumanEval. */
  seconds?: number;
  /** Most memory of the interpreter; default 512 MiB. */
  megabytes?: number;
  /** Longest time for the interpreter to start; default 120 s. */
  startSeconds?: number;
}

const schema = optionsSchema<SandboxOptions>()(z.strictObject({
  seconds: z.number().positive().default(3),
  megabytes: z.int().min(64).default(512),
  startSeconds: z.number().positive().default(120),
}));

/** One interpreter at a time; programs run one after another. */
export class PythonSandbox implements AsyncDisposable {
  readonly #options: z.output<typeof schema>;
  #interpreter?: Interpreter;
  #turn: Promise<unknown> = Promise.resolve();

  /** Nothing is started before the first program. */
  constructor(options: SandboxOptions = {}) {
    this.#options = parseOptions(schema, options, "PythonSandbox");
  }

  /**
   * Runs a program. Whatever it does, the promise resolves: what kills the interpreter is a fail.
   *
   * @throws {ConfigError} when no interpreter can be started
   */
  run(program: string): Promise<ProgramVerdict> {
    const job = this.#turn.then(() => this.#run(program));
    this.#turn = job.catch(() => {});
    return job;
  }

  async #run(program: string): Promise<ProgramVerdict> {
    const interpreter = this.#interpreter ??= await Interpreter.start(this.#options);
    const verdict = await interpreter.run(program, this.#options.seconds);
    if (interpreter.over) {
      await interpreter.kill();
      this.#interpreter = undefined;
    }
    return verdict;
  }

  /** What the interpreter's process is allowed, as it reports itself: `read /path` and no more. Starts one. */
  async permissions(): Promise<string[]> {
    return (this.#interpreter ??= await Interpreter.start(this.#options)).granted;
  }

  /** Ends the interpreter. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#interpreter?.kill();
    this.#interpreter = undefined;
  }

  /** Ends the interpreter with the block of `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
