/**
 * The rules of the house, as functions from source files to complaints: layers, cycles, fences, style.
 * Nothing here reads the disk, so tests/repo/rules_test.ts can show that each rule is able to fail.
 *
 * @module
 */
import { basename, dirname, join } from "node:path/posix";
import { type Import, importsOf } from "./imports.ts";
import { lineAt, type Token, tokens } from "./tokens.ts";

/** A file of the repository. */
export interface SourceFile {
  /** Path from the root, with forward slashes. */
  path: string;
  /** Its text. */
  text: string;
}

/** The folders of `src`, lowest layer first: a file imports from its own folder and from lower lines. */
export const layers: readonly (readonly string[])[] = [
  ["base"],
  ["formats", "display", "workers"],
  ["gpu", "data", "tokenizer", "parallel"],
  ["ops"],
  ["model"],
  ["train", "eval"],
  ["new"],
];

/**
 * The order inside a layer, lowest first: a folder or flat file imports from itself and from what stands before it.
 * `*.ts` stands for the flat files that are not named. Layers without folders need no order: their files form no ring.
 */
export const order: Readonly<Record<string, readonly string[]>> = {
  formats: [
    "bytes.ts atomic_file.ts open_file.ts download.ts record_or_error.ts shard_file.ts",
    "encoding compression tensors gguf records mod.ts",
  ],
  tokenizer: [
    "codec.ts added_tokens.ts special.ts heap.ts options.ts texts.ts",
    "chat llama encode_lossless.ts encode_on_workers.ts files pipeline tokenizer_core.ts vocabulary_fit.ts token_view.ts training",
    "tokenizer.ts mod.ts",
  ],
  ops: [
    "unroll.ts vec8.ts binding_chunks.ts row_ranges.ts check_gradients.ts matmul attention/kernels attention *.ts mod.ts",
  ],
  data: [
    "document.ts text plan windows reports io threads steps dedup filters corpora/latex corpora/wikitext corpora parts dedup/jobs packing validation tokens",
    "dataset.ts join_parts.ts mod.ts",
  ],
  parallel: [
    "environment.ts disagreement.ts ordered_sum.ts single.ts local_world.ts loopback.ts launcher.ts world.ts run_guard.ts",
    "mpi ranks.ts *.ts mod.ts",
  ],
  model: [
    "architecture weights ranks exchange_rows.ts files/gguf model_registry.ts model_state.ts model_options.ts files lifecycle",
    "generation training training/parallel planning scoring inspection summary.ts model.ts mod.ts",
  ],
  eval: [
    "models task_data tasks scoring define_task.ts sandbox scorers benchmarks loss_task.ts reports",
    "task_entry.ts evaluator.ts mod.ts",
  ],
  train: [
    "stages monitoring monitoring/logs monitoring/card trainer_options.ts recipe.ts recipe_data.ts checkpoints ranks loop launch_run.ts run.ts",
    "trainer_plan.ts verify_resume.ts trainer.ts recipe_trainer.ts mod.ts rank.ts",
  ],
};

/** Basenames that stand in `src` more than once, with the reason. */
export const sharedNames: Readonly<Record<string, string>> = {
  "mod.ts": "the public surface of its folder",
};

/** The most files a folder of `src` holds, and the folders that may hold more, with the reason. */
export const folderSize = {
  most: 14,
  longer: {
    "src/eval/benchmarks": "a registry: one file per benchmark",
    "src/base": "flat leaves: one idea per file",
    "src/ops": "flat: an op is a .ts file beside its .wgsl files",
    "src/display": "flat leaves: one picture per file",
  } as Readonly<Record<string, string>>,
};

/**
 * The files of `src` that may import what they compute: a job's module, a package that is downloaded at first use, a module
 * that the user names.
 */
export const computedImports: readonly string[] = [
  "src/workers/worker.ts",
  "src/base/lazy_package.ts",
  "src/train/ranks/recipe_module.ts",
];

/** Returns all complaints about `files`; `packages` are the names in the import map of deno.json. */
export function inspect(files: readonly SourceFile[], packages: readonly string[]): string[] {
  const parsed = files.filter((file) => file.path.endsWith(".ts")).map(parse);
  return [
    ...parsed.flatMap((file) => [
      ...homeless(file),
      ...file.imports.flatMap((item) => layerRule(file, item) ?? packageRule(file, item, packages) ?? []),
      ...fences(file),
      ...escapes(file),
      ...declarations(file),
      ...caption(file),
    ]),
    ...files.flatMap(tooLong),
    ...sameNames(files),
    ...crowded(files),
    ...unmirrored(files),
    ...cycles(parsed),
  ];
}

interface Parsed extends SourceFile {
  imports: Import[];
  all: Token[];
  code: Token[];
}

function parse(file: SourceFile): Parsed {
  const all = tokens(file.text);
  return { ...file, imports: importsOf(file.text), all, code: all.filter((t) => t.kind !== "comment") };
}

/** Returns true for files that ship or teach, as opposed to tests. */
function isProduct(path: string): boolean {
  return /^(src\/|examples\/|mod\.ts$)/.test(path);
}

function isRelative(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier);
}

/** Returns the file that a relative specifier means, as a path from the root. */
function target(file: SourceFile, specifier: string): string {
  return join(dirname(file.path), specifier);
}

/** Returns the height of a path: its line in `layers`, then `mod.ts`, then `examples/`; undefined for anything else. */
function height(path: string): number | undefined {
  if (path === "mod.ts") return layers.length;
  if (path.startsWith("examples/")) return layers.length + 1;
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  const at = layers.findIndex((line) => line.includes(folder ?? ""));
  return at < 0 ? undefined : at;
}

function folderOf(path: string): string {
  return path === "mod.ts" ? path : path.split("/").slice(0, path.startsWith("src/") ? 2 : 1).join("/");
}

function homeless(file: SourceFile): string[] {
  const lost = isProduct(file.path) && height(file.path) === undefined;
  return lost
    ? [`${file.path}: ${folderOf(file.path)} is on no layer (the layers stand in tests/repo/rules.ts)`]
    : [];
}

function layerRule(file: Parsed, item: Import): string | undefined {
  if (!isProduct(file.path)) return undefined;
  const where = `${file.path}:${item.line}: `;
  const from = height(file.path);
  if (from === undefined) return undefined;
  if (item.specifier === undefined && computedImports.includes(file.path)) return undefined;
  if (item.specifier === undefined) return `${where}an import whose path is computed cannot be checked`;
  if (!isRelative(item.specifier)) return undefined;
  const path = target(file, item.specifier);
  const to = height(path);
  if (to === undefined) return `${where}imports ${path}, which is on no layer`;
  if (to < from) return undefined;
  if (folderOf(path) === folderOf(file.path)) return orderRule(file.path, path, where);
  const way = to > from ? "upward" : "sideways";
  return `${where}imports ${way}: ${folderOf(file.path)} may not see ${folderOf(path)} (${item.specifier})`;
}

/** Returns the place of a file in the order inside its layer; undefined where the layer has no order. */
function rank(path: string): { at: number; name: string } | undefined {
  const [, layer, rest] = /^src\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const names = order[layer]?.flatMap((line) => line.split(" "));
  if (!names) return undefined;
  const name = rest.includes("/") ? dirname(rest) : rest;
  const known = !rest.includes("/") && !names.includes(name) ? "*.ts" : name;
  return { at: names.indexOf(known), name };
}

function orderRule(path: string, imported: string, where: string): string | undefined {
  const from = rank(path);
  const to = rank(imported);
  if (!from || !to || imported.endsWith(".wgsl")) return undefined; // a kernel's text imports nothing
  if (from.at < 0) {
    return `${where}${from.name} is not in the order of its layer (order in tests/repo/rules.ts)`;
  }
  if (to.at <= from.at) return undefined;
  return `${where}imports upward inside the layer: ${from.name} may not see ${to.name}`;
}

/** Complains of basenames that stand twice. */
function sameNames(files: readonly SourceFile[]): string[] {
  const paths = Map.groupBy(
    files.map((file) => file.path).filter((path) => path.startsWith("src/") && path.endsWith(".ts")),
    (path) => basename(path),
  );
  return [...paths].filter(([name, all]) => all.length > 1 && !sharedNames[name])
    .map(([name, all]) => `${name} stands ${all.length} times: ${all.join(", ")}`);
}

/** Complains of folders with too many TypeScript files. */
function crowded(files: readonly SourceFile[]): string[] {
  const folders = Map.groupBy(
    files.map((file) => file.path).filter((path) => path.startsWith("src/") && path.endsWith(".ts")),
    (path) => dirname(path),
  );
  return [...folders].filter(([folder, all]) => all.length > folderSize.most && !folderSize.longer[folder])
    .map(([folder, all]) => `${folder} holds ${all.length} files, at most ${folderSize.most}`);
}

/**
 * Complains of tests that mirror nothing: `tests/a/b/x_test.ts` tests `src/a/b/x.ts`; a test of several files of a folder
 * is named after the folder, with its subject behind (`tests/a/b/b_subject_test.ts`).
 */
function unmirrored(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  const mirrored = new Set(layers.flat());
  return [...paths].flatMap((path) => {
    const [, folder, name] = /^tests\/(.+)\/(\w+)_test\.ts$/.exec(path) ?? [];
    if (!folder || !mirrored.has(folder.split("/")[0])) return [];
    const own = basename(folder);
    if (paths.has(`src/${folder}/${name}.ts`) || name === own || name.startsWith(`${own}_`)) return [];
    return [
      `${path} mirrors nothing: src/${folder}/${name}.ts is not there, and it is not named after ${folder}`,
    ];
  });
}

function packageRule(file: Parsed, item: Import, packages: readonly string[]): string | undefined {
  const name = item.specifier;
  if (!isProduct(file.path) || name === undefined || isRelative(name) || name.startsWith("node:")) {
    return undefined;
  }
  const where = `${file.path}:${item.line}: `;
  if (name.includes(":")) {
    return `${where}imports ${name}: name the package in deno.json and import that name`;
  }
  const known = packages.find((known) => name === known || name.startsWith(`${known}/`));
  if (!known) return `${where}imports ${name}, which deno.json does not name`;
  return within(known, file.path, item)
    ? undefined
    : `${where}${known} may not be imported here (${item.form})`;
}

/** Returns true where a file may import a package; a package that is not named here may be imported anywhere. */
function within(name: string, path: string, item: Import): boolean {
  if (name === "@llamero/sdk") return path.startsWith("examples/");
  if (name === "@std/cli") return path === "src/new/parse_args.ts" && item.form !== "static";
  if (name === "@huggingface/tokenizers") return path.startsWith("src/tokenizer/");
  if (name === "zod" && path.startsWith("src/base/")) {
    return /^src\/base\/(schema|option_problem)\.ts$/.test(path) && item.form === "type";
  }
  return true;
}

function fences(file: Parsed): string[] {
  if (!isProduct(file.path)) return [];
  const gpu = file.path === "src/gpu/adapters/request_adapter.ts"
    ? []
    : file.code.filter((token, i) =>
      token.text === "navigator" && !(isDot(file.code[i + 1]) && file.code[i + 2]?.text !== "gpu")
    );
  const ffi = file.path.startsWith("src/parallel/")
    ? []
    : file.code.filter((token) => token.text === "dlopen");
  const zod = file.path.startsWith("src/") &&
    file.imports.some((item) => item.specifier === "zod" && item.form !== "type");
  return [
    ...gpu.map((token) => `${at(file, token)}navigator.gpu is for src/gpu/adapters/request_adapter.ts alone`),
    ...ffi.map((token) => `${at(file, token)}Deno.dlopen is for src/parallel/ alone`),
    ...zod && !file.code.some((token) => ["strictObject", "looseObject"].includes(token.text))
      ? [
        `${file.path}: zod is for schemas of options and files, and none stands here (strictObject, looseObject)`,
      ]
      : [],
  ];
}

/** Complains of ways around the type checker and the linter. */
function escapes(file: Parsed): string[] {
  const silenced = file.all.filter((token) =>
    token.kind === "comment" && /@ts-(ignore|nocheck)|deno-lint-ignore/.test(token.text) &&
    isProduct(file.path)
  );
  const any = file.code.filter((token, i) =>
    token.kind === "word" && token.text === "any" && !isDot(file.code[i - 1]) && isProduct(file.path)
  );
  return [...silenced, ...any].map((token) =>
    `${at(file, token)}escapes the type checker (${token.text.slice(0, 40)})`
  );
}

/** Complains of a declaration that names several variables; the head of a loop may. */
function declarations(file: Parsed): string[] {
  return file.code.flatMap((token, i) => {
    const declares = token.kind === "word" && ["const", "let"].includes(token.text) &&
      !isDot(file.code[i - 1]);
    if (!declares || ["(", "as"].includes(file.code[i - 1]?.text ?? "")) return [];
    let depth = 0;
    for (let j = i + 1; j < file.code.length; j++) {
      const { text, kind } = file.code[j];
      if (kind === "word" && ["const", "let", "function", "export", "return"].includes(text) && depth === 0) {
        break;
      }
      if (/^[([{]$/.test(text)) depth++;
      if (/^[)\]}]$/.test(text)) depth--;
      if (depth < 0 || (text === ";" && depth === 0)) break;
      const named = file.code[j + 1]?.kind === "word" && ["=", ":"].includes(file.code[j + 2]?.text);
      if (text === "," && depth === 0 && named) {
        return [`${at(file, token)}declares several variables: one a line`];
      }
    }
    return [];
  });
}

function caption(file: Parsed): string[] {
  const first = file.all[0]?.text ?? "";
  const good = first.startsWith("/**") && first.includes("@module");
  return good || !isProduct(file.path) ? [] : [`${file.path}:1: opens without a /** ... @module */ caption`];
}

/** An example in a doc comment, with its fences. */
const example = /^ *\* ```ts\n(?: *\*.*\n)*? *\* ```\n/gm;

/** Complains of a file of more than 400 lines; examples in doc comments do not count. */
function tooLong(file: SourceFile): string[] {
  const lines = file.text.replace(example, "").split("\n").length - 1;
  return lines > 400 ? [`${file.path}: ${lines} lines, at most 400 (one idea a file)`] : [];
}

/** Complains of each ring of files that import each other, and says where a ring is gone at run time. */
function cycles(files: readonly Parsed[]): string[] {
  const links = new Map(files.map((file) => [file.path, linksOf(file)]));
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (node: string): void => {
    if (path.includes(node)) {
      const ring = [...path.slice(path.indexOf(node)), node];
      const live = ring.slice(1).every((to, i) => links.get(ring[i])?.get(to));
      found.push(`circular${live ? "" : " (by a type)"}: ${ring.join(" -> ")}`);
    } else if (!done.has(node)) {
      path.push(node);
      links.get(node)?.forEach((_, to) => visit(to));
      path.pop();
      done.add(node);
    }
  };
  [...links.keys()].forEach(visit);
  return found;
}

/** Returns the files that `file` imports by path; true where one of the imports is still there at run time. */
function linksOf(file: Parsed): Map<string, boolean> {
  const links = new Map<string, boolean>();
  for (const { specifier, form } of file.imports) {
    if (!specifier || !isRelative(specifier)) continue;
    const to = target(file, specifier);
    links.set(to, form !== "type" || links.get(to) === true);
  }
  return links;
}

function isDot(token: Token | undefined): boolean {
  return token?.text === "." || token?.text === "?.";
}

function at(file: SourceFile, token: Token): string {
  return `${file.path}:${lineAt(file.text, token.at)}: `;
}
