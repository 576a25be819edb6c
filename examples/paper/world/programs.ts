/**
 * Small Python functions in families: the code of the made-up repositories, and the programming tasks of the benchmarks,
 * which ask for other numbers.
 *
 * @module
 */
import type { Draw } from "../draw.ts";

/** A function, its description and its tests. */
export interface Program {
  /** Its name. */
  name: string;
  /** Its parameter. */
  parameter: string;
  /** Its description: a command with a full stop. */
  description: string;
  /** Its result as an expression. */
  result: string;
  /** Calls with their values, as Python writes them. */
  tests: readonly (readonly [call: string, value: string])[];
}

const words = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

/** Makes the function of a family for a number. */
type Family = (n: number) => Program;

const arguments_ = [1, 4, 10];
const texts = ["goat", "owl", "jug"];
const lists = [[3, 1, 2], [5, 9, 7, 8], [4, 4, 6]];

const numeric =
  (name: string, says: string, sign: string, value: (x: number, n: number) => number): Family => (n) => ({
    name: `${name}_${words[n]}`,
    parameter: "x",
    description: `Return x ${says} ${words[n]}.`,
    result: `x ${sign} ${n}`,
    tests: arguments_.map((x) => [String(x), String(value(x, n))] as const),
  });

const truth =
  (name: string, says: string, sign: string, holds: (x: number, n: number) => boolean): Family => (n) => ({
    name: `is_${name}_${words[n]}`,
    parameter: "x",
    description: `Return True if x is ${says} ${words[n]}.`,
    result: `x ${sign} ${n}`,
    tests: arguments_.map((x) => [String(x), holds(x, n) ? "True" : "False"] as const),
  });

const families: readonly Family[] = [
  numeric("add", "plus", "+", (x, n) => x + n),
  numeric("take", "minus", "-", (x, n) => x - n),
  numeric("times", "times", "*", (x, n) => x * n),
  truth("above", "greater than", ">", (x, n) => x > n),
  truth("below", "less than", "<", (x, n) => x < n),
  (n) => ({
    name: `repeat_${words[n]}`,
    parameter: "text",
    description: `Return the text ${words[n]} times.`,
    result: `text * ${n}`,
    tests: texts.map((text) => [`'${text}'`, `'${text.repeat(n)}'`] as const),
  }),
  (n) => ({
    name: `sum_and_${words[n]}`,
    parameter: "items",
    description: `Return the sum of the items plus ${words[n]}.`,
    result: `sum(items) + ${n}`,
    tests: lists.map((list) => [`[${list.join(", ")}]`, String(list.reduce((a, b) => a + b) + n)] as const),
  }),
  (n) => ({
    name: `longer_than_${words[n]}`,
    parameter: "items",
    description: `Return True if there are more than ${words[n]} items.`,
    result: `len(items) > ${n}`,
    tests: lists.map((list) => [`[${list.join(", ")}]`, list.length > n ? "True" : "False"] as const),
  }),
];

/** Returns all functions whose number is held out or not: every fourth number of a family is. */
export function programs(heldOut: boolean): Program[] {
  return families.flatMap((family, f) =>
    words.flatMap((_, n) => n > 1 && ((n + f) % 4 === 0) === heldOut ? [family(n)] : [])
  );
}

/** Writes a function with its description. */
export function definition(
  { name, parameter, description, result, tests }: Program,
  withTests = true,
): string {
  const [[call, value]] = tests;
  const example = withTests ? `\n    >>> ${name}(${call})\n    ${value}\n    ` : "";
  return `def ${name}(${parameter}):\n    """${description}${example}"""\n    return ${result}\n`;
}

/** Writes a function with comments and a loop over a list of words, so that files differ. */
export function script(draw: Draw, names: readonly string[]): string {
  const name = draw.one(["towns", "animals", "trades", "people"]);
  return [
    `${name} = [${names.map((word) => `"${word}"`).join(", ")}]`,
    "",
    `for name in ${name}:`,
    `    print("${draw.one(["Hello", "This is", "Look at", "Here is"])}", name)`,
    "",
  ].join("\n");
}
