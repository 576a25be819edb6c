/**
 * The door to `@std/cli`, the only package that comes from JSR: it is imported when a command line is read, and where
 * JSR cannot be reached mini_args.ts takes its place.
 *
 * @module
 */
import type { ParseArgs } from "./mini_args.ts";

/** Loads `parseArgs` of `@std/cli`, or its stand-in. */
export async function loadParseArgs(): Promise<ParseArgs> {
  const module = import("@std/cli/parse-args").catch(() => import("./mini_args.ts"));
  return (await (module as unknown as Promise<{ parseArgs: ParseArgs }>)).parseArgs;
}
