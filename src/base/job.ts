/**
 * Work as plain data: what a worker can be sent where a function cannot.
 *
 * @module
 */

/** Names a function that makes what does the work, and what it is made of. */
export interface Job {
  /** Address of the module that exports the function. */
  module: string;
  /** The name it is exported under. */
  name: string;
  /** What it is given; anything that structured clone copies. */
  config: unknown;
}

/** Does what a job says: loads the module and calls the function. */
export type Make = <T>(job: Job) => Promise<T>;

/** The job of calling `make`, which `module` (its `import.meta.url`) exports under its own name, with `config`. */
export function jobOf<C>(module: string, config: C, make: (config: C, make: Make) => unknown): Job {
  return { module, name: make.name, config };
}
