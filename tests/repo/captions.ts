/**
 * The file captions of the README: the first sentence of each module's own documentation, so that they stay true.
 *
 *     deno run -A tests/repo/captions.ts      writes them into the README
 *
 * @module
 */
import { readTree, root } from "./tree.ts";

const marks = { start: "<!-- captions -->", end: "<!-- /captions -->" };

/** The first sentence of a module comment, on one line. */
export function captionOf(source: string): string | undefined {
  const comment = source.match(/^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//)?.[1];
  const text = comment?.split("@module")[0].replaceAll(/^\s*\* ?/gm, "").trim().split(/\n\s*\n/)[0]
    .replaceAll(/\s+/g, " ");
  return text?.match(/^.*?[.:](?=\s|$)/)?.[0].replace(/[.:]$/, "") ?? text;
}

/** Captions by folder, as Markdown. `files` are paths with their texts. */
export function captions(files: ReadonlyMap<string, string>): string {
  const folders = new Map<string, string[]>();
  for (const [path, source] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const name = path.slice(folder.length + 1);
    if (!name.endsWith(".ts") || name === "mod.ts") continue;
    const lines = folders.get(folder) ?? [];
    folders.set(folder, [
      ...lines,
      `- \`${name}\`: ${captionOf(source) ?? "(no caption)"}`,
    ]);
  }
  return [...folders].map(([folder, lines]) => `\n**${folder}**\n\n${lines.join("\n")}\n`).join("");
}

/** The README with its captions replaced. */
export function withCaptions(readme: string, files: ReadonlyMap<string, string>): string {
  const start = readme.indexOf(marks.start);
  const end = readme.indexOf(marks.end);
  if (start < 0 || end < start) throw new Error(`README.md has no ${marks.start} ... ${marks.end}`);
  return `${readme.slice(0, start)}${marks.start}\n${captions(files)}\n${readme.slice(end)}`;
}

/** Every TypeScript file of src and examples. */
export function captionedFiles(): Map<string, string> {
  const files = ["src", "examples"].flatMap((folder) => readTree(folder, (path) => path.endsWith(".ts")));
  return new Map(files.map(({ path, text }) => [path, text]));
}

if (import.meta.main) {
  const readme = `${root}/README.md`;
  await Deno.writeTextFile(readme, withCaptions(await Deno.readTextFile(readme), captionedFiles()));
}
