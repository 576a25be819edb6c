/**
 * The paper's benchmarks by name. A benchmark is a file in `benchmarks/` and a line here.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { nearest } from "../base/schema.ts";
import { piqa } from "./benchmarks/piqa.ts";
import type { Task } from "./task.ts";

/** The benchmarks that this version has. */
export const benchmarks: readonly Task[] = [piqa];

/**
 * The benchmark of that name.
 *
 * @throws {ConfigError} when there is none, listing those there are
 */
export function benchmark(name: string): Task {
  const found = benchmarks.find((task) => task.name === name);
  if (found) return found;
  const names = benchmarks.map((task) => task.name), near = nearest(name, names);
  throw new ConfigError(
    `Cannot add the benchmark "${name}": ${near ? `did you mean "${near}"? This` : "this"} version has ` +
      `${names.join(", ")}; for a task of your own use defineTask`,
    { path: "add", value: name },
  );
}
