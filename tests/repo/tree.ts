/**
 * The files of this repository, and a way to ask Deno about them.
 *
 * @module
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "./rules.ts";

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Every file under `folder` (a path from the root) whose path passes `keep`, sorted. */
export function readTree(folder: string, keep: (path: string) => boolean): SourceFile[] {
  return walk(join(root, folder))
    .map((file) => relative(root, file).replaceAll("\\", "/"))
    .filter(keep)
    .sort()
    .map((path) => ({ path, text: Deno.readTextFileSync(join(root, path)) }));
}

function walk(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    if (/^(\..*|node_modules|golden)$/.test(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory ? walk(path) : [path];
  });
}

/** The fields of `deno.json` that tests read. */
export interface Config {
  /** The package's name. */
  name: string;
  /** The package's version. */
  version: string;
  /** Its public subpaths and their files. */
  exports: Record<string, string>;
  /** The import map. */
  imports: Record<string, string>;
  /** Options of the type checker. */
  compilerOptions: Record<string, unknown>;
}

/** Reads `deno.json`. */
export function readConfig(): Config {
  return JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
}

/** The outcome of a child `deno`. */
export interface Outcome {
  /** Exit code. */
  code: number;
  /** All it wrote to stdout. */
  stdout: string;
  /** All it wrote to stderr, without colours. */
  stderr: string;
}

/** Runs `deno` with `args`, in the root unless `cwd` says otherwise. */
export async function runDeno(
  args: string[],
  options: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: options.cwd ?? root,
    env: { NO_COLOR: "1", ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
