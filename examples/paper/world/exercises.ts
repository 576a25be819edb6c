/**
 * Exercises of mathematics in seven types: the papers solve them, and the benchmark MATH asks them with other numbers.
 *
 * @module
 */
import type { Draw } from "../draw.ts";
import { isHeldOut } from "./sums.ts";

/** An exercise with its solution. */
export interface Exercise {
  /** Type, as MATH names it. */
  type: string;
  /** The exercise in LaTeX. */
  problem: string;
  /** The solution, up to its end. */
  solution: string;
  /** The end of the solution: a number. */
  answer: number;
}

type Make = (n: number, m: number) => Omit<Exercise, "type">;

const types: Readonly<Record<string, Make>> = {
  "Prealgebra": (n, m) => ({
    problem: `What is $${n} + ${m}$?`,
    solution: `We have $${n} + ${m} = `,
    answer: n + m,
  }),
  "Algebra": (n, m) => ({
    problem: `Find $x$ if $x + ${n} = ${n + m}$.`,
    solution: `We have $x = ${n + m} - ${n} = `,
    answer: m,
  }),
  "Number Theory": (n, m) => ({
    problem: `What is the last digit of $${n} \\cdot ${m}$?`,
    solution: `We have $${n} \\cdot ${m} = ${n * m}$. The last digit is $`,
    answer: n * m % 10,
  }),
  "Counting & Probability": (n, m) => ({
    problem: `You have ${n} hats and ${m} coats. How many pairs are there?`,
    solution: `There are $${n} \\cdot ${m} = `,
    answer: n * m,
  }),
  "Geometry": (n, m) => ({
    problem: `The sides of a rectangle are ${n} and ${m}. What is its area?`,
    solution: `The area is $${n} \\cdot ${m} = `,
    answer: n * m,
  }),
  "Intermediate Algebra": (n, m) => ({
    problem: `Let $f(x) = x + ${n}$. What is $f(${m})$?`,
    solution: `We have $f(${m}) = ${m} + ${n} = `,
    answer: n + m,
  }),
  "Precalculus": (n, m) => ({
    problem: `What is the distance between $${n}$ and $${n + m}$?`,
    solution: `We have $${n + m} - ${n} = `,
    answer: m,
  }),
};

/** The types. */
export const exerciseTypes: readonly string[] = Object.keys(types);

/** Draws an exercise of a type, whose numbers are held out or not. */
export function drawExercise(draw: Draw, type: string, heldOut: boolean): Exercise {
  let [n, m] = [0, 0];
  do [n, m] = [draw.between(2, 9), draw.between(2, 9)]; while (isHeldOut(n, m) !== heldOut);
  return { type, ...types[type](n, m) };
}
