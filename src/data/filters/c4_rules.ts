/**
 * The rules that made C4 (Raffel et al. 2020), in the order of the code that made it; each can be switched off.
 *
 * Order matters: a line that one rule drops is not seen by the next, so a curly brace in a line without a full stop does
 * not cost the page.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, type Note, textStepPlan, type Verdict } from "../steps/document_step.ts";
import { BadWords } from "./bad_words.ts";
import { countSentences } from "../text/sentences.ts";

/** The rules; `false` switches one off. Each default is that of C4's code (c4_utils.py) and of the JMLR paper. */
export interface CleanOptions {
  /** A line with a word of more characters goes; default 1000. */
  longestWord?: number | false;
  /** Citation marks such as `[3]`, `[edit]` and `[citation needed]` are cut; default true. */
  citations?: boolean;
  /** A line that does not end in `.`, `?`, `!` or `"`, or ends in `...`, goes; default true. */
  endMarks?: boolean;
  /** A line of fewer words goes; default 5 (the first version of the paper had 3). */
  leastWords?: number | false;
  /** A page with "lorem ipsum" goes; default true. */
  loremIpsum?: boolean;
  /** A line with "javascript" goes; default true. */
  javascript?: boolean;
  /** A page with `{` goes; default true. */
  curlyBrace?: boolean;
  /** A line about cookies, terms of use or privacy policy goes; default true. */
  policies?: boolean;
  /** A page with a word of the list (LDNOOBW) goes: a language of it, words of one's own, or false; default `en`. */
  badWords?: string | readonly string[] | false;
  /** A page of fewer sentences goes; default 3 (the first version of the paper had 5). */
  leastSentences?: number | false;
  /** A page of more characters goes; default off (C4's code knows 190,000 as an option). */
  longestPage?: number | false;
}

const count = z.union([z.number(), z.literal(false)])
  .refine(
    (n) => n === false || (Number.isInteger(n) && n >= 1),
    "must be a whole number of at least 1, or false",
  );

const schema = optionsSchema<CleanOptions>()(z.strictObject({
  longestWord: count.default(1000),
  citations: z.boolean().default(true),
  endMarks: z.boolean().default(true),
  leastWords: count.default(5),
  loremIpsum: z.boolean().default(true),
  javascript: z.boolean().default(true),
  curlyBrace: z.boolean().default(true),
  policies: z.boolean().default(true),
  badWords: z.union([z.string(), z.array(z.string()).readonly(), z.literal(false)]).default("en"),
  leastSentences: count.default(3),
  longestPage: count.default(false),
}));

/** The rules with every default filled in. */
export type CleanRules = z.output<typeof schema>;

/** Fills in the defaults. */
export function cleanRules(options: CleanOptions, path = "Dataset.clean"): CleanRules {
  return parseOptions(schema, options, path);
}

/** The documents as C4's rules leave them. */
export function cleanPlan(
  input: DatasetPlan<Document>,
  options: CleanOptions = {},
  path?: string,
): DatasetPlan<Document> {
  const rules = cleanRules(options, path);
  return textStepPlan(input, {
    op: "clean",
    options: { ...options },
    job: () => judgeOf(import.meta.url, rules, cleanJudge),
  });
}

/** Judges by the rules. */
export async function cleanJudge(rules: CleanRules): Promise<Judge> {
  const words = rules.badWords === false ? undefined : await BadWords.of(rules.badWords);
  return ({ text }, note) => cleaned(text, rules, note, words);
}

const citation = /\[\d*\]|\[edit\]|\[citation needed\]/gi;
const policy = /terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies/;

/** One page under the rules. */
export function cleaned(
  text: string,
  rules: CleanRules,
  note: Note = () => {},
  badWords?: BadWords,
): Verdict {
  if (rules.longestPage && text.length > rules.longestPage) return { drop: "too long" };
  const kept: string[] = [];
  let sentences = 0;
  for (const raw of text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)) {
    let line = raw.trim();
    if (rules.longestWord && line.length > rules.longestWord && longest(line) > rules.longestWord) {
      note("lines with a too long word");
      continue;
    }
    if (rules.citations && line.includes("[")) line = line.replace(citation, "").trim();
    if (rules.endMarks && (!/[.?!"]$/.test(line) || line.endsWith("..."))) {
      if (line !== "") note("lines without end mark");
      continue;
    }
    if (rules.leastWords && !hasWords(line, rules.leastWords)) {
      if (line !== "") note("lines of few words");
      continue;
    }
    const lower = line.toLowerCase();
    if (rules.loremIpsum && lower.includes("lorem ipsum")) return { drop: "lorem ipsum" };
    if (rules.javascript && lower.includes("javascript")) {
      note("lines with javascript");
      continue;
    }
    if (rules.curlyBrace && line.includes("{")) return { drop: "curly brace" };
    if (rules.policies && policy.test(lower)) {
      note("lines about policies");
      continue;
    }
    if (badWords?.isIn(lower)) return { drop: "bad word" };
    if (rules.leastSentences && sentences < rules.leastSentences) sentences += countSentences(line);
    kept.push(line);
  }
  if (rules.leastSentences && sentences < rules.leastSentences) return { drop: "few sentences" };
  return { text: kept.join("\n") };
}

/** Characters of the longest word. */
function longest(line: string): number {
  return line.split(/\s+/).reduce((most, word) => Math.max(most, word.length), 0);
}

/** Whether a trimmed line has at least so many words, looking no further than needed. */
function hasWords(line: string, least: number): boolean {
  if (line === "") return false;
  let words = 1;
  const space = /\s+/g;
  while (words < least && space.exec(line)) words++;
  return words >= least;
}
