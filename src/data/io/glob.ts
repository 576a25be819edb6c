/**
 * Globs that read only the folder in which they begin, so that a script needs no permission for others.
 *
 * @module
 */
import { globSync } from "node:fs";

/** Returns true for a path with characters that stand for others. */
export function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

/** Returns the paths that a glob matches, sorted. */
export function pathsOf(pattern: string): string[] {
  const [, folder, rest] = /^((?:[^*?[{]*[\\/])?)(.*)$/s.exec(pattern)!;
  return globSync(rest, { cwd: folder || "." }).map((path) => folder + path).sort();
}
