/**
 * Filters of source code [paper 2.1]: minified, generated and binary files are dropped, licence headers are removed.
 *
 * The thresholds are RedPajama's.
 *
 * @module
 */
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, textStepPlan, type Verdict } from "../steps/document_step.ts";

/** Extensions of source code in RedPajama. */
const codeExtensions: readonly string[] =
  (".asm .bat .cmd .c .h .cs .cpp .hpp .c++ .h++ .cc .hh .C .H .cmake .css .dockerfile .f90 .f .f03 .f08 .f77 .f95 .for .fpp " +
    ".go .hs .html .java .js .jl .lua .md .markdown .php .php3 .php4 .php5 .phps .phpt .pl .pm .pod .perl .ps1 .psd1 .psm1 .py " +
    ".rb .rs .sql .scala .sh .bash .command .zsh .ts .tsx .tex .vb Dockerfile Makefile .xml .rst .m .smali")
    .split(" ");

/** The criteria of source code. */
interface CodeRules {
  /** Maximum length of a line, in characters. */
  longestLine: number;
  /** Maximum mean length of the lines, in characters. */
  meanLine: number;
  /** Minimum share of letters and digits. */
  alphanumeric: number;
  /** Minimum letters per token. */
  lettersPerToken: number;
  /** Extensions of the files that stay; `false` keeps all. */
  extensions?: readonly string[] | false;
}

/** Plans the files that satisfy the rules. */
export function codePlan(input: DatasetPlan<Document>, rules: CodeRules): DatasetPlan<Document> {
  const { extensions, ...numbers } = rules;
  const shown = extensions === undefined ? undefined : extensions === false ? "all" : extensions;
  return textStepPlan(input, {
    op: "code",
    options: { ...numbers, extensions: shown },
    needs: "document",
    job: () => judgeOf(import.meta.url, rules, codeJudge),
  });
}

/** Returns the judge of the rules. */
export function codeJudge(rules: CodeRules): Judge {
  return ({ text, meta, id }) => codeVerdict(text, String(meta?.path ?? id), rules);
}

/** Returns the file's text, or the reason to drop it. */
export function codeVerdict(text: string, path: string, rules: CodeRules): Verdict {
  const { longestLine, meanLine, alphanumeric, lettersPerToken, extensions = codeExtensions } = rules;
  if (text.trim() === "") return { drop: "empty" };
  if (/\.crt$/i.test(path) || /(^|[\\/])LICENSE$/.test(path)) return { drop: "a licence or certificate" };
  if (extensions && !extensions.some((ending) => path.endsWith(ending))) {
    return { drop: "another kind of file" };
  }
  const lines = text.split("\n");
  if (lines.some((line) => line.length > longestLine)) return { drop: "a line too long" };
  const count = text.endsWith("\n") ? lines.length - 1 : lines.length;
  if (text.length / count > meanLine) return { drop: "lines too long on average" };
  const characters = [...text].length;
  const letters = matches(text, /\p{L}/gu);
  const digits = matches(text, /\p{N}/gu);
  if ((letters + digits) / characters < alphanumeric) return { drop: "too few letters and digits" };
  const tokens = matches(text, /\p{L}+|\p{N}+|[^\s\p{L}\p{N}]/gu);
  return tokens > 0 && letters / tokens < lettersPerToken ? { drop: "too few letters per token" } : { text };
}

function matches(text: string, pattern: RegExp): number {
  let count = 0;
  for (const _ of text.matchAll(pattern)) count++;
  return count;
}

/** Plans the files without their licence headers. */
export function headersPlan(input: DatasetPlan<Document>): DatasetPlan<Document> {
  return textStepPlan(input, {
    op: "headers",
    needs: "document",
    job: () => judgeOf(import.meta.url, undefined, headersJudge),
  });
}

/** Returns the judge that removes licence headers. */
export function headersJudge(): Judge {
  return ({ text, meta, id }, note) => {
    const rest = withoutHeader(text, String(meta?.path ?? id));
    if (rest !== text) note("headers cut");
    return { text: rest };
  };
}

/**
 * Removes the first block comment if it mentions copyright; from a file without block comments, removes the comment
 * lines at its start. `#!`, preprocessor lines (`#include`, `#define`) and Markdown titles do not count as comments.
 */
export function withoutHeader(text: string, path: string): string {
  const code = text.replace(/^\uFEFF/, "");
  const open = code.indexOf("/*");
  const close = open < 0 ? -1 : code.indexOf("*/", open + 2);
  if (close >= 0) {
    const isLicence = /copyright/i.test(code.slice(open, close));
    return isLicence ? code.slice(0, open) + code.slice(close + 2).replace(/^[ \t]*\n/, "") : code;
  }
  const lines = code.split("\n");
  const first = lines[0].startsWith("#!") ? 1 : 0;
  const hash = /\.(md|markdown|rst|c|h|cc|cpp|hpp|hh|c\+\+|h\+\+|cs|m)$/i.test(path)
    ? /^(\/\/|--)/
    : /^(\/\/|#(?!!|\[)|--)/;
  let end = first;
  while (end < lines.length && (lines[end].trim() === "" || hash.test(lines[end]))) end++;
  return end === first ? code : [...lines.slice(0, first), ...lines.slice(end)].join("\n");
}
