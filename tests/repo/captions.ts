/**
 * The list of files: the first sentence of each module comment, so that it stays true.
 *
 *     deno run -A tests/repo/captions.ts      writes docs/files.md
 *
 * @module
 */
import { readTree, root } from "./tree.ts";

/** The page that holds the list. */
export const page = "docs/files.md";

const head = `# Files

The first sentence of each file, folder by folder. \`deno run -A tests/repo/captions.ts\` writes this page;
[architecture.md](architecture.md) explains the folders.
`;

/** Returns the first sentence of a module comment, on one line, with its period; undefined without a comment. */
export function captionOf(source: string): string | undefined {
  const comment = source.match(/^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//)?.[1];
  const text = comment?.split("@module")[0].replaceAll(/^\s*\* ?/gm, "").trim().split(/\n\s*\n/)[0]
    .replaceAll(/\s+/g, " ");
  return text?.match(/^.*?[.](?=\s+[^a-z]|$)/)?.[0] ?? text;
}

/** Complains of a caption that is cut or no sentence. */
export function captionProblem(caption: string): string | undefined {
  if (!caption.endsWith(".")) return "does not end with a period";
  if (/\b(al|cf|e\.g|i\.e|vs|eq|fig)\.$/i.test(caption)) return "ends in an abbreviation";
  for (const [open, close] of ["()", "[]", "{}"]) {
    if (caption.split(open).length !== caption.split(close).length) {
      return `opens a ${open} that is not closed`;
    }
  }
  if (caption.split("`").length % 2 === 0) return "opens a code span that is not closed";
  return undefined;
}

/** Returns the page. `files` are paths with their texts. */
export function captions(files: ReadonlyMap<string, string>): string {
  const folders = new Map<string, string[]>();
  for (const [path, source] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const name = path.slice(folder.length + 1);
    if (!name.endsWith(".ts") || name === "mod.ts") continue;
    const lines = folders.get(folder) ?? [];
    folders.set(folder, [...lines, `- [\`${name}\`](../${path}): ${captionOf(source) ?? "(no caption)"}`]);
  }
  return head + [...folders].map(([folder, lines]) => `\n## ${folder}\n\n${lines.join("\n")}\n`).join("");
}

/** Returns every TypeScript file of src and examples. */
export function captionedFiles(): Map<string, string> {
  const files = ["src", "examples"].flatMap((folder) => readTree(folder, (path) => path.endsWith(".ts")));
  return new Map(files.map(({ path, text }) => [path, text]));
}

if (import.meta.main) await Deno.writeTextFile(`${root}/${page}`, captions(captionedFiles()));
