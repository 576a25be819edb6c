/**
 * A local server that hands out this package as a registry would, as JSR or as npm.
 *
 * Only the files that `deno publish` would send are served. Modules say `import { z } from "zod"`, and what "zod"
 * means stands in our deno.json, which a user does not have: so `deno publish` rewrites such names in every module
 * to the full specifier (`npm:zod@^4.1.0`) before it sends them, and so does this server. A user therefore needs
 * one line in an import map, the one that `deno add` writes. What npm hands out is the tarball of `deno task pack`.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmPackage, tarball, tarballName } from "../../.ci/pack.ts";
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
  /** The address, with a slash at the end. */
  url: string;
  /** Requested paths, in order. */
  asked: string[];
}

/** The content of a served file; a function is given the server's address. */
type Content = string | Uint8Array<ArrayBuffer> | ((url: string) => string);

/** Serves `files`: paths with their content. */
export function serve(files: ReadonlyMap<string, Content>): Registry {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    const path = decodeURIComponent(pathname.slice(1));
    asked.push(path);
    const content = files.get(path);
    if (content === undefined) return new Response("not found", { status: 404 });
    const body = typeof content === "function" ? content(`${origin}/`) : content;
    return new Response(body, { headers: { "content-type": mediaType(path) } });
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

/** Returns the answers of JSR: the package's files below its name and version, and the lists of them. */
export async function jsrFiles(): Promise<Map<string, string>> {
  const { name, version, exports } = readConfig();
  const files = await packageFiles();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [path, text] of files) {
    const bytes = new TextEncoder().encode(text);
    manifest[`/${path}`] = { size: bytes.length, checksum: `sha256-${await hex(bytes)}` };
  }
  return new Map([
    [`${name}/meta.json`, JSON.stringify({ scope: "llamero", name: "sdk", versions: { [version]: {} } })],
    [`${name}/${version}_meta.json`, JSON.stringify({ manifest, exports })],
    ...[...files].map(([path, text]) => [`${name}/${version}/${path}`, text] as const),
  ]);
}

/** Returns the answers of npm: the facts of the package, and the tarball. */
export async function npmFiles(): Promise<Map<string, Content>> {
  const files = await npmPackage();
  const bytes = await tarball(files);
  const manifest = JSON.parse(new TextDecoder().decode(files.get("package.json")));
  const { name, version } = readConfig();
  const path = `${name}/-/${tarballName()}`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
  const about = (url: string): string => {
    const dist = { tarball: `${url}${path}`, integrity: `sha512-${digest.toBase64()}` };
    return JSON.stringify({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
    });
  };
  return new Map<string, Content>([[name, about], [path, bytes]]);
}

async function hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Replaces the names that `imports` explains, `name/sub/path` included, by what they mean. */
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

/** Removes what children cached of it: the port is another one each time. */
export async function forget({ url }: Registry): Promise<void> {
  const { stdout } = await runDeno(["info", "--json"]);
  const { modulesCache, npmCache }: Record<string, string> = JSON.parse(stdout);
  const { port } = new URL(url);
  for (const cache of [join(modulesCache, "http", `127.0.0.1_PORT${port}`), join(npmCache, port)]) {
    await Deno.remove(cache, { recursive: true }).catch(() => {});
  }
}
