/**
 * Little sums as stories: what the pages tell, and what the benchmarks ask with other numbers.
 *
 * @module
 */
import { type Draw, fill } from "../draw.ts";
import type { World } from "../world.ts";
import { countables } from "./situations.ts";

/** A sum told as a story. */
export interface Sum {
  /** The story without its question. */
  story: string;
  /** The question. */
  question: string;
  /** The calculation, such as `3 + 4 = 7`. */
  calculation: string;
  /** The answer. */
  answer: number;
  /** The thing that is counted. */
  thing: string;
  /** First name of the person. */
  name: string;
  /** The two numbers. */
  numbers: readonly [number, number];
  /** The operation. */
  operation: "+" | "-" | "*";
}

/** The stories by operation. */
const stories = {
  "+": [
    "{name} has {n} {thing}. {other} brings {m} more.",
    "There are {n} {thing} in the house of {name}. {m} more are bought.",
    "{name} finds {n} {thing} in the morning and {m} {thing} in the evening.",
  ],
  "-": [
    "{name} has {n} {thing} and gives {m} to {other}.",
    "{name} takes {n} {thing} to the market. {m} are sold.",
    "Of the {n} {thing} of {name} {m} get lost.",
  ],
  "*": [
    "{name} fills {n} boxes with {m} {thing} each.",
    "{name} buys {m} {thing} on each of {n} days.",
  ],
} as const;

const questions = {
  "+": "How many {thing} does {name} have now?",
  "-": "How many {thing} are left?",
  "*": "How many {thing} are that in all?",
} as const;

/** Returns true for the pairs of numbers that are left to the benchmarks: a fifth of them. */
export function isHeldOut(n: number, m: number): boolean {
  return (3 * n + m) % 5 === 0;
}

/** Draws a sum whose numbers are held out or not. */
export function drawSum(draw: Draw, { people }: World, heldOut: boolean): Sum {
  const operation = draw.one(["+", "+", "-", "-", "*"] as const);
  let [n, m] = [0, 0];
  do {
    n = draw.between(2, operation === "*" ? 5 : 12);
    m = draw.between(1, operation === "*" ? 5 : operation === "-" ? n - 1 : 9);
  } while (isHeldOut(n, m) !== heldOut);
  const answer = operation === "+" ? n + m : operation === "-" ? n - m : n * m;
  const [person, other] = draw.some(people, 2);
  const thing = draw.one(countables);
  const slots = { name: person.name, other: other.name, thing, n, m };
  return {
    story: draw.say(stories[operation], slots),
    question: fill(questions[operation], slots),
    calculation: `${n} ${operation} ${m} = ${answer}`,
    answer,
    thing,
    name: person.name,
    numbers: [n, m],
    operation,
  };
}
