/**
 * A limit of time for synchronous work on untrusted input, such as a regular expression or a template of a file.
 *
 * @module
 */
import vm from "node:vm";

/** The error of work that took longer than its limit. */
export class TimeoutError extends Error {
  /** Makes the error for a limit in milliseconds. */
  constructor(readonly limit: number) {
    super(`it takes more than ${limit} ms`);
  }
}

let context: vm.Context | undefined;
let script: vm.Script | undefined;

/**
 * Returns the result of `work`, which is stopped after `limit` milliseconds, even within a regular expression.
 *
 * @throws {TimeoutError} when it was stopped
 */
export function timeBoxed<T>(limit: number, work: () => T): T {
  context ??= vm.createContext({});
  script ??= new vm.Script("work()");
  const outer = context.work;
  context.work = work;
  try {
    return script.runInContext(context, { timeout: limit }) as T;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") throw new TimeoutError(limit);
    throw error;
  } finally {
    context.work = outer;
  }
}
