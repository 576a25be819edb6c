/**
 * The rules of prose that a machine can hold: how comments open, and words that readers outside the project do not know.
 *
 *     deno run -A tests/repo/prose.ts [folder ...]      lists the complaints
 *
 * @module
 */
import type { SourceFile } from "./rules.ts";
import { lineAt, type Token, tokens } from "./tokens.ts";
import { readTree } from "./tree.ts";

/** Openings that postpone the thing a comment is about. A comment names the thing first, or opens with a verb. */
const openings = /^(What|Whatever|Whether|Who|Whose|Where|Wherever|How|Which|Why|Is|Are|Does|Do you|Can)\b/;

/** Words that are refused, each with what to write instead. */
export const privateWords: Readonly<Record<string, string>> = {
  lest: "so that ... not",
  octet: "vec8, or eight elements",
  octets: "vec8, or eight elements",
  census: "scan",
  flaw: "problem",
  farewell: "end",
  mishap: "failure",
  mishaps: "failures",
  revival: "recovery",
  heldAsked: "validationRequested",
  sg: "subgroup",
  shm: "shared",
};

/** Complaints about the comments of `files`. */
export function proseComplaints(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.path.endsWith(".wgsl") ? wgslComplaints(file) : commentBlocks(file.text).flatMap(({ text, at }) => {
      const where = `${file.path}:${lineAt(file.text, at)}: `;
      return [...opening(text, where), ...words(text, where)];
    })
  );
}

/** Complaints about words in a page of Markdown; code in backticks and fences is left out. */
export function pageComplaints(file: SourceFile): string[] {
  const prose = file.text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replaceAll(/[^\n]/g, " "));
  return prose.split("\n").flatMap((line, i) => words(line, `${file.path}:${i + 1}: `));
}

function opening(text: string, where: string): string[] {
  const first = openings.exec(text)?.[0];
  return first ? [`${where}opens with "${first}": name the thing first ("${text.slice(0, 60)}")`] : [];
}

function words(text: string, where: string): string[] {
  return Object.entries(privateWords).filter(([word]) =>
    new RegExp(`(?<![\\w.])${word}(?![\\w.])`).test(text)
  )
    .map(([word, instead]) => `${where}"${word}" is a word of ours: write ${instead}`);
}

function wgslComplaints(file: SourceFile): string[] {
  return file.text.split("\n").flatMap((line, i) => {
    const comment = /\/\/ ?(.*)$/.exec(line)?.[1];
    const where = `${file.path}:${i + 1}: `;
    const opens = comment !== undefined && /^\s*\/\//.test(line) &&
      !/^\s*\/\//.test(file.text.split("\n")[i - 1] ?? "");
    return comment === undefined ? [] : [...opens ? opening(comment, where) : [], ...words(comment, where)];
  });
}

/** The comments of a source text: block comments, and runs of line comments as one. */
export function commentBlocks(source: string): { text: string; at: number }[] {
  const blocks: { text: string; at: number; end: number; line: boolean }[] = [];
  for (const token of tokens(source)) {
    if (token.kind !== "comment") continue;
    const line = token.text.startsWith("//");
    const text = line ? token.text.replace(/^\/+ ?/, "") : blockText(token);
    const last = blocks.at(-1);
    const alone = /(^|\n)[ \t]*$/.test(source.slice(0, token.at));
    if (line && alone && last?.line && /^\s*$/.test(source.slice(last.end, token.at))) {
      last.text += `\n${text}`;
      last.end = token.at + token.text.length;
    } else {
      blocks.push({ text, at: token.at, end: token.at + token.text.length, line });
    }
  }
  return blocks.map(({ text, at }) => ({ text, at }));
}

function blockText(token: Token): string {
  return token.text.replace(/^\/\*+/, "").replace(/\*\/$/, "").replaceAll(/^[ \t]*\*? ?/gm, "").trim();
}

/** Every file whose comments are held to the rules. */
export function proseFiles(
  folders: readonly string[] = [".ci", "src", "examples", "notebooks", "tests", "mod.ts"],
): SourceFile[] {
  const all = readTree(".", (path) => /\.(ts|wgsl)$/.test(path));
  return all.filter(({ path }) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)));
}

if (import.meta.main) {
  const complaints = proseComplaints(proseFiles(Deno.args.length ? Deno.args : undefined));
  console.log(complaints.join("\n"));
  console.log(`${complaints.length} complaints`);
}
