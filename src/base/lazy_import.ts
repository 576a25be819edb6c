/**
 * Imports that wait until something needs them.
 *
 * Deno 2.9 keeps the asynchronous context of an import for what runs next in the process, such as another cell of a notebook:
 * its work would then count as work of the one that imported.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

const outside = AsyncLocalStorage.snapshot();

/** Calls `load`, which imports a module, outside of every asynchronous context. */
export function lazily<T>(load: () => Promise<T>): Promise<T> {
  return outside(load);
}
