/**
 * Packs the SDK for npm: `deno task pack [folder]` writes `llamero-sdk-<version>.tgz` to `out` or to the folder.
 *
 * `deno pack` makes the JavaScript and the types. Around it, this script does what a runtime without Deno's loader
 * needs: files that are imported as text become modules, addresses of modules end in `.js`, and `parseArgs` of
 * `@std/cli`, which npm does not have, is its stand-in. `deno pack` writes types for the modules that the public
 * surface reaches and warns of all others; instead, every import of the result is checked here: the file that it names
 * must be there, in code and in types, and the package too.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { basename, dirname, join } from "node:path/posix";
import tar from "tar-stream";
import { findTar } from "../src/formats/records/tar.ts";
import { importsOf } from "../tests/repo/imports.ts";
import config from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);

/** Modules to which no import leads: two are named by an address at run time, the loopback is for tests and for teaching. */
const loose = ["src/parallel/loopback.ts", "src/parallel/mpi/mpi_thread.ts", "src/workers/worker.ts"];

/** Makes the package: its files as bytes, by path. */
export async function npmPackage(): Promise<Map<string, Uint8Array>> {
  const folder = await Deno.makeTempDir({ prefix: "llamero_pack_" });
  try {
    await stage(folder);
    const packed = await denoPack(folder);
    const files = new Map([...packed].filter(([path]) => path !== "deno.lock"));
    files.set("package.json", manifest(files));
    const problems = problemsOf(files);
    if (problems.length > 0) throw new Error(`The package has missing parts:\n${problems.join("\n")}`);
    return files;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes a tarball of files as npm reads it: the same bytes from the same files. */
export async function tarball(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const archive = tar.pack();
  for (const path of [...files.keys()].sort()) {
    archive.entry(
      { name: `package/${path}`, mtime: new Date(0), mode: 0o644 },
      Buffer.from(files.get(path)!),
    );
  }
  archive.finalize();
  const chunks = ReadableStream.from(archive as AsyncIterable<Uint8Array<ArrayBuffer>>);
  return await new Response(chunks.pipeThrough(new CompressionStream("gzip"))).bytes();
}

/** Returns the name of the tarball, as npm would name it. */
export function tarballName(): string {
  return `${config.name.slice(1).replace("/", "-")}-${config.version}.tgz`;
}

/** Writes what is to be packed into `folder`, in the form that `deno pack` is given. */
async function stage(folder: string): Promise<void> {
  for (const entry of config.publish.include) {
    for await (const path of filesBelow(entry)) {
      const target = `${folder}/${isText(path) ? `${path}.ts` : path}`;
      const text = await Deno.readTextFile(new URL(path, root));
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeTextFile(
        target,
        isText(path) ? textModule(text) : path.endsWith(".ts") ? adapt(text) : text,
      );
    }
  }
  const imports = Object.entries(config.imports).filter(([, target]) => target.startsWith("npm:"));
  const { name, version, license, compilerOptions } = config;
  const exports = {
    ...config.exports,
    ...Object.fromEntries(loose.map((path) => [`./${path}`, `./${path}`])),
  };
  const staged = { name, version, license, exports, imports: Object.fromEntries(imports), compilerOptions };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(staged));
  await Deno.copyFile(new URL("deno.lock", root), `${folder}/deno.lock`);
}

/** Yields the paths of all files at `path`, which is relative to the root. */
async function* filesBelow(path: string): AsyncGenerator<string> {
  if ((await Deno.stat(new URL(path, root))).isFile) return yield path;
  for await (const { name } of Deno.readDir(new URL(path, root))) yield* filesBelow(`${path}/${name}`);
}

/** Is true for files that modules import as text. */
function isText(path: string): boolean {
  return /\.(wgsl|py)$/.test(path);
}

/** Returns a module whose default export is `text`. */
function textModule(text: string): string {
  return `const text: string = ${JSON.stringify(text)};\nexport default text;\n`;
}

/** Rewrites what only Deno's loader understands. */
function adapt(source: string): string {
  return source
    .replace(/from "([^"]+\.(?:wgsl|py))" with \{ type: "text" \}/g, `from "$1.ts"`)
    .replace(/new URL\("([^"]+)\.ts", import\.meta\.url\)/g, `new URL("$1.js", import.meta.url)`)
    .replace(/import\("@std\/cli\/parse-args"\)\s*\.catch\(\(\) => (import\("[^"]+"\))\)/g, "$1");
}

/** Runs `deno pack` in `folder` and returns the files of its tarball. */
async function denoPack(folder: string): Promise<Map<string, Uint8Array>> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", "package.tar.gz"],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) throw new Error(`deno pack failed:\n${new TextDecoder().decode(stderr)}`);
  const files = new Map<string, Uint8Array>();
  for await (const found of findTar(`${folder}/package.tar.gz`)) {
    if (!("value" in found) || !found.value) throw new Error("deno pack made an archive that cannot be read");
    files.set(found.value.name.replace(/^package\//, ""), found.value.bytes);
  }
  return files;
}

/** The parts of a package.json that are read and written here. */
interface Manifest {
  exports: Record<string, unknown>;
  dependencies: Record<string, string>;
  [key: string]: unknown;
}

/** Returns package.json: that of `deno pack` with exact versions where deno.json has them, and facts for npm's page. */
function manifest(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const made: Manifest = JSON.parse(new TextDecoder().decode(files.get("package.json")));
  const exports = Object.entries(made.exports).filter(([path]) => !loose.includes(path.slice(2)));
  const dependencies = Object.keys(made.dependencies).map((name) => {
    const wanted = (config.imports as Record<string, string>)[name];
    return [name, wanted.slice(wanted.lastIndexOf("@") + 1)];
  });
  const repository = Deno.env.get("GITHUB_REPOSITORY");
  const whole = {
    ...made,
    description:
      "The LLaMA recipe as a TypeScript SDK for Deno: data, tokenizer, model, training and evaluation over WebGPU",
    keywords: ["llama", "language-model", "webgpu", "deno", "training", "tokenizer"],
    engines: { deno: ">=2.9", node: ">=24" }, // older Nodes cannot read `await using`
    exports: Object.fromEntries(exports),
    dependencies: Object.fromEntries(dependencies),
    ...repository && { repository: { type: "git", url: `git+https://github.com/${repository}.git` } },
  };
  return new TextEncoder().encode(`${JSON.stringify(whole, null, 2)}\n`);
}

/** Returns the imports of a package that lead nowhere: to a file or a package that it does not have. */
export function problemsOf(files: ReadonlyMap<string, Uint8Array>): string[] {
  const { exports, dependencies }: Manifest = JSON.parse(new TextDecoder().decode(files.get("package.json")));
  const missing = (from: string, specifier: string): boolean => {
    if (specifier.startsWith("node:")) return false;
    if (!specifier.startsWith(".")) {
      return !Object.keys(dependencies).some((name) =>
        specifier === name || specifier.startsWith(`${name}/`)
      );
    }
    const target = join(dirname(from), specifier);
    return !files.has(from.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target);
  };
  const modules = [...files].filter(([path]) => /\.(js|d\.ts)$/.test(path));
  return [
    ...Object.values(exports).flatMap((entry) => Object.values(entry as Record<string, string>))
      .flatMap((path) => files.has(path.slice(2)) ? [] : [`package.json exports ${path}, which is missing`]),
    ...modules.flatMap(([path, bytes]) =>
      specifiersOf(new TextDecoder().decode(bytes)).flatMap((specifier) =>
        missing(path, specifier) ? [`${path} imports ${specifier}, which is missing`] : []
      )
    ),
  ];
}

/** Returns the specifiers of a module's imports and re-exports, and the addresses of files beside it. */
function specifiersOf(source: string): string[] {
  const addresses = [...source.matchAll(/\bnew URL\("(\.[^"]+\.\w+)", import\.meta\.url\)/g)].map((hit) =>
    hit[1]
  );
  return [...addresses, ...importsOf(source).flatMap(({ specifier }) => specifier ?? [])];
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? "out";
  await Deno.mkdir(folder, { recursive: true });
  const files = await npmPackage();
  const bytes = await tarball(files);
  await Deno.writeFile(`${folder}/${tarballName()}`, bytes);
  const size = (bytes.length / 1e6).toFixed(2);
  console.log(`${folder}/${basename(tarballName())}: ${files.size} files, ${size} MB`);
}
