/**
 * The code and the links of the Markdown pages, so that both can be checked.
 *
 * The rules of a page's code:
 *
 * - A fence whose first line is `// gelu.ts` (or `# mail.mbox`) is a part of that file; parts are joined in the order of
 *   the page. In files of other languages than `ts` and `wgsl` the line itself is left out.
 * - A fence whose first line is `// from src/ops/add.ts` quotes that file of the repository word for word.
 * - All other `ts` fences of a page are one program: each sees the names of those before it, and may declare them anew.
 *   Imports may be repeated.
 * - On a page of `docs/howto` every `ts` fence is a file or a quotation, and the lines of its `sh` fences that begin with
 *   `deno` are run one after another in a folder that holds those files. Each line of a `text` fence behind them must
 *   stand in what they print.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { importsOf } from "./imports.ts";
import type { SourceFile } from "./rules.ts";
import { readConfig, root } from "./tree.ts";

/** A block of code in a page. */
export interface Fence {
  /** Language behind the back ticks. */
  language: string;
  /** The code, with its first line where that names a file. */
  text: string;
  /** Line of the page on which the code begins, counted from 1. */
  line: number;
  /** The file that it is a part of. */
  file?: string;
  /** The file of the repository that it quotes. */
  quotes?: string;
}

/** A page's code as files, and the commands that it shows. */
export interface PageCode {
  /** The page's path from the root. */
  page: string;
  /** Text by name; line n of a `.ts` or `.wgsl` file is line n of the page. */
  files: Map<string, string>;
  /** Commands, and lines that must stand in what they print. */
  commands: { line: number; args: string[]; output: string[] }[];
}

/** Name of the file that holds the fences of a page that name none. */
export const pageProgram = "page.ts";

/** Returns the blocks of code of a page. */
export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: { language: string; line: number; mark: string } | undefined;
  let body: string[] = [];
  text.split("\n").forEach((line, i) => {
    const mark = /^(`{3,})\s*(\S*)/.exec(line);
    if (!open && mark) {
      open = { mark: mark[1], language: mark[2], line: i + 2 };
      body = [];
    } else if (open && line.trim() === open.mark) {
      const code = body.join("\n");
      fences.push({ language: open.language, text: code, line: open.line, ...headOf(body[0] ?? "") });
      open = undefined;
    } else if (open) body.push(line);
  });
  return fences;
}

function headOf(line: string): Pick<Fence, "file" | "quotes"> {
  const quotes = /^(?:\/\/|#) from (\S+)$/.exec(line)?.[1];
  if (quotes) return { quotes };
  const file = /^(?:\/\/|#) ([\w./-]+\.\w+)$/.exec(line)?.[1];
  return file ? { file } : {};
}

/** Returns the code of a page as files and commands. */
export function codeOf({ path, text }: SourceFile): PageCode {
  const files = new Map<string, string>();
  const fences = fencesOf(text);
  for (const { language, file, text, line } of fences) {
    if (file === undefined) continue;
    const before = files.get(file) ?? "";
    if (/^(ts|wgsl)$/.test(language)) files.set(file, placed(before, text, line));
    else files.set(file, `${before}${text.slice(text.indexOf("\n") + 1)}\n`);
  }
  const loose = fences.filter(({ language, file, quotes }) => language === "ts" && !file && !quotes);
  if (loose.length) files.set(pageProgram, programOf(loose));
  return { page: path, files, commands: commandsOf(fences) };
}

/** Returns `text` with `more` behind it, at line `line`. */
function placed(text: string, more: string, line: number): string {
  const lines = text === "" ? 0 : text.split("\n").length;
  return text + "\n".repeat(Math.max(lines === 0 ? 0 : 1, line - Math.max(1, lines))) + more;
}

/** Joins fences to one module: each in a block inside the one before it, imports in front. */
function programOf(fences: readonly Fence[]): string {
  const imports: string[] = [];
  let text = "";
  for (const fence of fences) {
    const { code, taken } = withoutImports(fence.text);
    imports.push(...taken);
    text = placed(text, `{${code}`, fence.line);
  }
  return `${joinedImports(imports)} export {}; ${text}\n${"}".repeat(fences.length)}\n`;
}

/** Takes out the imports that begin a line; blank lines stay in their place. */
function withoutImports(text: string): { code: string; taken: string[] } {
  const taken: string[] = [];
  const code = text.replaceAll(/^import\s[\s\S]*?;$/gm, (statement) => {
    taken.push(statement.replaceAll(/\s+/g, " "));
    return statement.replaceAll(/[^\n]/g, "");
  });
  return { code, taken };
}

/** Puts imports on one line; names that stand twice are imported once. */
function joinedImports(statements: readonly string[]): string {
  const names = new Map<string, Set<string>>();
  const others = new Set<string>();
  for (const statement of statements) {
    const [, type, list, from] = /^import (type )?\{([^}]*)\} from (\S+);$/.exec(statement) ?? [];
    if (list === undefined) others.add(statement);
    else {
      const known = names.get(from) ?? new Set<string>();
      names.set(from, known);
      for (const name of list.split(",").map((name) => name.trim()).filter(Boolean)) {
        known.add(type ? `type ${name}` : name);
      }
    }
  }
  return [...others, ...[...names].map(([from, list]) => `import { ${[...list].join(", ")} } from ${from};`)]
    .join(" ");
}

function commandsOf(fences: readonly Fence[]): PageCode["commands"] {
  const commands: PageCode["commands"] = [];
  for (const { language, text, line, file } of fences) {
    if (file !== undefined) continue;
    if (language === "sh") {
      text.split("\n").forEach((command, i) => {
        const [program, ...args] = command.replace(/\s+#.*$/, "").trim().split(/\s+/);
        if (program === "deno") commands.push({ line: line + i, args, output: [] });
      });
    } else if (language === "text") {
      commands.at(-1)?.output.push(...text.split("\n").map((line) => line.trim()).filter(Boolean));
    }
  }
  return commands;
}

/** Returns complaints about what a page imports and quotes; `read` gives the text of a file of the repository. */
export function codeComplaints(page: SourceFile, read: (path: string) => string | undefined): string[] {
  const isHowto = page.path.startsWith("docs/howto/");
  const { name, exports } = readConfig();
  const open = Object.keys(exports).map((path) => name + path.slice(1));
  return fencesOf(page.text).flatMap(({ language, text, line, file, quotes }) => {
    const where = `${page.path}:${line}: `;
    if (quotes) {
      const quoted = text.slice(text.indexOf("\n") + 1).trim();
      if (!flat(read(quotes) ?? "").includes(flat(quoted))) {
        return [`${where}${quotes} does not hold what is quoted from it`];
      }
      return [];
    }
    if (language !== "ts") return [];
    const loose = isHowto && !file ? [`${where}name the file of this code in its first line`] : [];
    const imported = importsOf(text).map(({ specifier }) => specifier ?? "(computed)");
    const foreign = imported.filter((path) => !/^(\.\/|node:)/.test(path) && !open.includes(path));
    return [...loose, ...foreign.map((path) => `${where}imports ${path}, which users cannot`)];
  });
}

function flat(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** Writes the files of a page into `folder`. */
export async function writeFiles(folder: string, { files }: PageCode): Promise<void> {
  for (const [name, text] of files) {
    const path = join(folder, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

/** Writes the `deno.json` and the lock file of a folder of users' projects, in which the package has its public names. */
export async function writeConfig(folder: string): Promise<void> {
  const { name, exports, imports, compilerOptions } = readConfig();
  const own = Object.entries(exports).map(([path, file]) =>
    [name + path.slice(1), pathToFileURL(join(root, file)).href] as const
  );
  const packages = Object.entries(imports).filter(([specifier]) => !specifier.startsWith(name));
  const config = { imports: Object.fromEntries([...packages, ...own]), compilerOptions };
  await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
  await Deno.copyFile(join(root, "deno.lock"), join(folder, "deno.lock"));
}

/** Returns complaints about the relative links of a page; `read` gives the text of a file, undefined where there is none. */
export function linkComplaints(page: SourceFile, read: (path: string) => string | undefined): string[] {
  const prose = withoutCode(page.text);
  const links = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s*(\S+)/gm)];
  return links.flatMap((link) => {
    const target = link[1] ?? link[2];
    if (/^[a-z]+:/i.test(target)) return [];
    const where = `${page.path}:${prose.slice(0, link.index).split("\n").length}: `;
    const [path, anchor] = target.split("#");
    const file = path === "" ? page.path : join(dirname(page.path), path).replaceAll("\\", "/");
    const text = path === "" ? page.text : read(file);
    if (text === undefined) return [`${where}${target} leads to no file`];
    if (anchor === undefined || anchorsOf(text).includes(anchor)) return [];
    return [`${where}${target} leads to no heading`];
  });
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutCode(text, false).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, heading]) => {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
    const slug = words.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** Replaces the code of a page by blanks, so that line numbers stay; without `spans` only that of fences. */
function withoutCode(text: string, spans = true): string {
  const blank = (code: string) => code.replaceAll(/[^\n]/g, " ");
  const prose = text.replaceAll(/^(`{3,})[\s\S]*?^\1\s*$/gm, blank);
  return spans ? prose.replaceAll(/`[^`\n]*`/g, blank) : prose;
}
