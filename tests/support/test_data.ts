/**
 * Published data sets that are too large for the repository; the environment variable `LLAMERO_TEST_DATA` names a folder
 * that holds them.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Condition, needs } from "./needs.ts";

/** A data set outside the repository, and the condition of the tests that read it. */
export interface TestData {
  /** The folder of the data sets. */
  readonly folder: URL;
  /** Path of a file in it. */
  path(name: string): string;
  /** Ignores a test where a file is missing. */
  readonly present: Condition;
}

/** Returns the folder that `LLAMERO_TEST_DATA` names, for tests that read `files` in it. */
export async function testData(...files: string[]): Promise<TestData> {
  const root = Deno.env.get("LLAMERO_TEST_DATA");
  const folder = new URL(`${pathToFileURL(root ?? ".").href}/`);
  const path = (name: string) => fileURLToPath(new URL(name, folder));
  const missing = root === undefined ? files : await absent(files.map((name) => [name, path(name)]));
  const obstacle = root === undefined
    ? `LLAMERO_TEST_DATA names no folder with ${files.join(", ")}`
    : `there is no ${missing.join(", ")} in LLAMERO_TEST_DATA`;
  return { folder, path, present: needs(missing.length === 0, obstacle) };
}

async function absent(files: readonly [name: string, path: string][]): Promise<string[]> {
  const missing: string[] = [];
  for (const [name, path] of files) await Deno.stat(path).catch(() => missing.push(name));
  return missing;
}
