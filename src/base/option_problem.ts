/**
 * Words for a mistake in options: of all complaints of a schema, the one that helps most.
 *
 * @module
 */
import type { z } from "zod";

/** A complaint of a schema about one value. */
type Issue = z.core.$ZodIssue;

/** Complaints in zod's own words, which are replaced; a schema's own words are kept. */
const zodsWords = /^(Invalid|Too|Unrecognized)\b/;

/** The kinds of values as messages name them. */
const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  function: "a function",
  undefined: "left out",
  null: "null",
};

/**
 * Returns the complaint to show: an unknown key before all others, since it is what a missing one was meant to be. A value that
 * none of several kinds takes is complained of by the kind that it has.
 */
export function firstProblem(issues: readonly Issue[]): Issue {
  const flat = issues.flatMap((issue) => ofOneKind(issue));
  return flat.find(({ code }) => code === "unrecognized_keys") ?? flat[0];
}

/** Returns the complaints of the one alternative whose kind the value has; the complaint itself where none or several have it. */
function ofOneKind(issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const fitting = issue.errors.filter((branch) =>
    !branch.some(({ code, path }) => path.length === 0 && code !== "unrecognized_keys")
  );
  if (fitting.length !== 1) return [issue];
  return fitting[0].flatMap((inner) => ofOneKind({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Returns what the value must be, such as `it must be a number`; a value that is not there is called missing. */
export function problemText(issue: Issue, value: unknown): string {
  const allowed = zodsWords.test(issue.message) ? allowedText(issue) : undefined;
  if (allowed === undefined) return issue.message.replace(/^[A-Z]/, (c) => c.toLowerCase());
  return value === undefined ? `it is missing, and must be ${allowed}` : `it must be ${allowed}`;
}

/** Returns the allowed values in words that follow `must be`. */
function allowedText(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    case "invalid_value":
      return either(issue.values.map((value) => JSON.stringify(value) ?? String(value)));
    case "invalid_union": {
      const texts = issue.errors.flatMap((branch) => branch.slice(0, 1).flatMap((inner) => wordsOf(inner)));
      return texts.length ? either([...new Set(texts)]) : undefined;
    }
    case "too_small":
      return limitText(
        issue.origin,
        Number(issue.minimum),
        issue.inclusive === false ? "more than" : "at least",
      );
    case "too_big":
      return limitText(
        issue.origin,
        Number(issue.maximum),
        issue.inclusive === false ? "less than" : "at most",
      );
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
  }
}

/** Returns the words of one alternative; those of its schema without their `must be`. */
function wordsOf(issue: Issue): string[] {
  const own = zodsWords.test(issue.message) ? allowedText(issue) : issue.message.replace(/^must be /, "");
  return own === undefined ? [] : [own];
}

function limitText(origin: string, limit: number, words: string): string {
  if (origin === "string") return `a text of ${words} ${limit} ${limit === 1 ? "character" : "characters"}`;
  if (origin === "array") return `a list of ${words} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  return `${words} ${limit}`;
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
