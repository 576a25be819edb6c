/**
 * A local server that serves this package as a registry would.
 *
 * It serves the files that `deno publish` would send. Modules import packages by short names such as "zod", which only the
 * package's own deno.json explains. `deno publish` therefore rewrites these names to full specifiers (`npm:zod@^4.1.0`),
 * and so does this server. A user needs one line in an import map, the one that `deno add` writes.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "../repo/imports.ts";
import { readConfig, root, runDeno } from "../repo/tree.ts";

/** Returns the paths from the root of all files that `deno publish` would send. */
export async function publishedFiles(): Promise<string[]> {
  const { code, stdout, stderr } = await runDeno(["publish", "--dry-run", "--allow-dirty", "--no-check"]);
  if (code !== 0) throw new Error(`deno publish --dry-run failed:\n${stderr}`);
  const urls = [...(stdout + stderr).matchAll(/^\s+(file:\S+) \(/gm)].map((hit) => fileURLToPath(hit[1]));
  return urls.map((file) => file.slice(root.length).replaceAll("\\", "/")).sort();
}

/** A served package. */
export interface Registry extends AsyncDisposable {
  /** Address of the package, with a slash at the end. */
  url: string;
  /** Requested paths, in order. */
  asked: string[];
}

/** Serves `files`, given as texts by path. */
export function serve(files: ReadonlyMap<string, string>): Registry {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname.slice(1);
    asked.push(path);
    const text = files.get(path);
    if (text === undefined) return new Response("not found", { status: 404 });
    return new Response(text, { headers: { "content-type": mediaType(path) } });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Returns the package with the imports of its modules rewritten. */
export async function packageFiles(): Promise<Map<string, string>> {
  const { imports } = readConfig();
  const files = new Map<string, string>();
  for (const path of await publishedFiles()) {
    const text = await Deno.readTextFile(join(root, path));
    files.set(path, path.endsWith(".ts") ? rewrite(text, imports) : text);
  }
  return files;
}

/** Replaces the names in `imports`, also in `name/sub/path`, by their full specifiers. */
export function rewrite(source: string, imports: Readonly<Record<string, string>>): string {
  let text = source;
  for (const { specifier, start, end } of importsOf(source).toReversed()) {
    const name = Object.keys(imports).find((name) => specifier === name || specifier?.startsWith(`${name}/`));
    if (name) text = text.slice(0, start) + imports[name] + specifier!.slice(name.length) + text.slice(end);
  }
  return text;
}

function mediaType(path: string): string {
  if (path.endsWith(".ts")) return "application/typescript";
  return path.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8";
}

/** Removes the package from Deno's cache, since each server has another port. */
export async function forget({ url }: Registry): Promise<void> {
  const { stdout } = await runDeno(["info", "--json"]);
  const cache = join(JSON.parse(stdout).modulesCache, "http", `127.0.0.1_PORT${new URL(url).port}`);
  await Deno.remove(cache, { recursive: true }).catch(() => {});
}
