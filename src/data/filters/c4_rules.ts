/**
 * The cleaning rules of C4, in the order of its code.
 *
 * Source: Raffel et al. 2020 and c4_utils.py. The order matters: a line that one rule drops is not checked by the
 * next, so a curly brace in a line without a full stop does not drop the page.
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

/** The rules; `false` turns one off. The defaults are those of C4's code (c4_utils.py) and of the JMLR paper. */
export interface CleanOptions {
  /** Drops lines with a word of more characters; default 1000 [C4]. */
  longestWord?: number | false;
  /** Removes citation marks such as `[3]`, `[edit]` and `[citation needed]`; default true [C4]. */
  citations?: boolean;
  /** Drops lines that end in `...`, or not in `.`, `?`, `!` or `"`; default true [C4]. */
  endMarks?: boolean;
  /** Drops lines of fewer words; default 5 [C4] (3 in the first version of the paper). */
  leastWords?: number | false;
  /** Drops pages with "lorem ipsum"; default true [C4]. */
  loremIpsum?: boolean;
  /** Drops lines with "javascript"; default true [C4]. */
  javascript?: boolean;
  /** Drops pages with `{`; default true [C4]. */
  curlyBrace?: boolean;
  /** Drops lines about cookies, terms of use or privacy policies; default true [C4]. */
  policies?: boolean;
  /** Drops pages with a bad word: a language of the list LDNOOBW, or a list of words; default `en` [C4]. */
  badWords?: string | readonly string[] | false;
  /** Drops pages of fewer sentences; default 3 [C4] (5 in the first version of the paper). */
  leastSentences?: number | false;
  /** Drops pages of more characters; default `false` [C4]: pages of any length stay (C4's code has an option of 190,000). */
  longestPage?: number | false;
}

const count = z.union([z.number(), z.literal(false)])
  .refine(
    (n) => n === false || (Number.isInteger(n) && n >= 1),
    "must be a whole number of at least 1, or false",
  );

const schema = optionsSchema<CleanOptions>("CleanOptions")(z.strictObject({
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

/** The rules with all defaults. */
type CleanRules = z.output<typeof schema>;

/** Checks the rules and adds the defaults. */
export function cleanRules(options: CleanOptions, path = "Dataset.clean"): CleanRules {
  return parseOptions(schema, options, path);
}

/** Plans the documents cleaned by C4's rules. */
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

/** Returns the judge of the rules. */
export async function cleanJudge(rules: CleanRules): Promise<Judge> {
  const words = rules.badWords === false ? undefined : await BadWords.of(rules.badWords);
  return ({ text }, note) => clean(text, rules, note, words);
}

const citation = /\[\d*\]|\[edit\]|\[citation needed\]/gi;
const policy = /terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies/;

/** Applies the rules to a page. */
export function clean(
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
    if (rules.longestWord && line.length > rules.longestWord && longestWord(line) > rules.longestWord) {
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

/** Returns the length of the longest word in characters. */
function longestWord(line: string): number {
  return line.split(/\s+/).reduce((max, word) => Math.max(max, word.length), 0);
}

/** Returns true when a trimmed line has at least `min` words. */
function hasWords(line: string, min: number): boolean {
  if (line === "") return false;
  let words = 1;
  const space = /\s+/g;
  while (words < min && space.exec(line)) words++;
  return words >= min;
}
