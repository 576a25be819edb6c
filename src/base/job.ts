/**
 * Work as plain data, which can be sent to a worker where a function cannot.
 *
 * @module
 */

/** The name of an exported function and its configuration: a worker calls it and gets the object that does the work. */
export interface Job {
  /** Address of the module that exports the function. */
  module: string;
  /** Name of the export. */
  name: string;
  /** First argument of the function: anything that structured clone copies. */
  config: unknown;
}

/** A function that runs a job: it loads the module and calls the export. */
export type Make = <T>(job: Job) => Promise<T>;

/** Returns the job that calls `make` with `config`; `module` is the `import.meta.url` of the file that exports it. */
export function jobOf<C>(module: string, config: C, make: (config: C, make: Make) => unknown): Job {
  return { module, name: make.name, config };
}
