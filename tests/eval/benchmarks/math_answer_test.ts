// Answers to MATH beside the values of the two graders in use, computed by running the functions of
// lm-evaluation-harness 0.4.13: the data set's authors' `is_equiv`, Minerva's normalisation as text, and Minerva's with
// algebra (sympy).
import assert from "node:assert/strict";
import { boxed, canonicalMath, finalAnswer } from "../../../src/eval/benchmarks/math_answer.ts";

const [yes, no] = [true, false];

/** Two answers; equal for us, for the authors, for Minerva as text, for Minerva with algebra. */
const table: [
  answer: string,
  other: string,
  ours: boolean,
  authors: boolean,
  minerva: boolean,
  algebra: boolean,
][] = [
  ["-$5", "-5", yes, no, yes, yes],
  ["-\\$5", "-5", yes, yes, yes, yes],
  ["\\$1,000.50", "1000.5", yes, no, no, yes],
  ["\\$1,000.50", "1000.50", yes, no, no, yes],
  ["5 apples", "5", yes, no, no, no],
  ["5%", "5", yes, no, no, no],
  ["5\\%", "5", yes, yes, no, no],
  ["5 \\text{ cm}", "5", yes, yes, yes, yes],
  ["5\\text{ cm}", "5", yes, yes, yes, yes],
  ["5\\text{cm}", "5", yes, no, yes, yes],
  ["5 cm", "5", yes, no, yes, yes],
  ["5 \\mathrm{cm}", "5", yes, no, no, no],
  ["5\\mbox{ cm}^2", "5", yes, no, yes, yes],
  ["\\frac{1}{2}", "0.5", yes, yes, no, yes],
  ["\\frac12", "\\frac{1}{2}", yes, yes, yes, yes],
  ["1/2", "\\frac{1}{2}", yes, yes, no, yes],
  ["\\dfrac{1}{2}", "\\frac{1}{2}", yes, yes, no, yes],
  ["\\tfrac12", "\\frac{1}{2}", yes, yes, no, yes],
  ["\\frac{2}{4}", "\\frac{1}{2}", yes, no, no, yes],
  ["\\frac14", "0.25", yes, no, no, yes],
  ["1\\frac{1}{2}", "\\frac{3}{2}", yes, no, no, no],
  ["1 1/2", "1.5", yes, no, no, no],
  ["-\\frac{1}{2}", "\\frac{-1}{2}", yes, no, no, yes],
  ["-1/2", "-\\frac{1}{2}", yes, no, no, yes],
  ["\\boxed{5}", "5", yes, no, yes, yes],
  ["\\boxed{\\frac{1}{2}}", "\\frac12", yes, no, yes, yes],
  ["5.0", "5", yes, no, no, yes],
  ["5.", "5", yes, no, no, no],
  [".5", "0.5", yes, yes, no, no],
  ["1,234", "1234", yes, no, yes, yes],
  ["1{,}234", "1234", yes, no, yes, yes],
  ["1,\\!234", "1234", yes, no, yes, yes],
  ["1,234.0", "1234", yes, no, no, yes],
  ["10,000,000", "10000000", yes, no, yes, yes],
  ["1,2,3", "123", no, no, no, no],
  ["1,2", "12", no, no, no, no],
  ["2\\,000", "2000", yes, no, no, yes],
  ["x\\ y", "xy", yes, no, yes, yes],
  ["3 \\sqrt{2}", "3\\sqrt2", yes, yes, yes, yes],
  ["3\\;\\sqrt{2}", "3\\sqrt{2}", yes, no, yes, yes],
  ["90^\\circ", "90", yes, yes, yes, yes],
  ["90^{\\circ}", "90", yes, yes, yes, yes],
  ["90 degrees", "90", yes, no, yes, yes],
  ["90\\degree", "90", yes, no, no, no],
  ["90°", "90", yes, no, no, no],
  ["(1, 2)", "(1,2)", yes, yes, yes, yes],
  ["\\left(1,2\\right)", "(1,2)", yes, yes, no, no],
  ["\\{1,2\\}", "\\{1, 2\\}", yes, yes, yes, yes],
  ["\\{2,1\\}", "\\{1,2\\}", no, no, no, no],
  ["[2,5)", "\\left[2,5\\right)", yes, yes, no, no],
  ["(-\\infty, 3]", "(-\\infty,3]", yes, yes, yes, yes],
  ["x\\in[2,5)", "[2,5)", yes, no, no, no],
  ["x=5", "5", yes, yes, yes, yes],
  ["x = 5", "5", yes, yes, yes, yes],
  ["abc=5", "5", yes, no, yes, yes],
  ["a=b=c", "c", no, no, yes, yes],
  ["x^2+y^2=4", "4", no, no, yes, yes],
  ["y=2x+1", "2x+1", yes, yes, yes, yes],
  ["\\text{even}", "even", yes, no, yes, yes],
  ["\\text{Even}", "even", no, no, no, no],
  ["five", "5", no, no, no, no],
  ["\\text{five}", "5", no, no, no, no],
  ["\\text{Monday}", "Monday", yes, no, yes, yes],
  ["\\textbf{5}", "5", yes, no, yes, yes],
  ["\\mathbf{5}", "5", yes, no, no, no],
  ["0.\\overline{3}", "0.3", no, no, yes, yes],
  ["5x", "5", no, no, no, no],
  ["5 x", "5x", yes, yes, yes, yes],
  ["2\\pi", "2\\pi cm", yes, no, yes, yes],
  ["2\\pi\\text{ cm}", "2\\pi", yes, yes, yes, yes],
  ["12\\text{ square units}", "12", yes, yes, yes, yes],
  ["12 square units", "12", yes, no, yes, yes],
  ["5 feet and 3 inches", "5", no, no, no, no],
  ["5\\text{ feet }3\\text{ inches}", "5", no, no, no, no],
  ["12:30", "12", no, no, no, no],
  ["1+x", "x+1", no, no, no, yes],
  ["2^{10}", "1024", no, no, no, yes],
  ["2^10", "2^{10}", no, no, no, yes],
  ["\\sqrt{4}", "2", no, no, no, yes],
  ["10^{-3}", "0.001", no, no, no, yes],
  ["$5$", "5", yes, no, yes, yes],
  ["\\(5\\)", "5", yes, no, no, no],
  ["5.00", "5", yes, no, no, yes],
  ["+5", "5", yes, no, no, yes],
  ["−5", "-5", yes, no, no, no],
  ["007", "7", yes, no, no, no],
  ["\\$32,\\!348", "32348", yes, no, yes, yes],
  ["\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", yes, yes, no, no],
  ["\\frac{1}{2},\\frac13", "\\frac12, \\frac{1}{3}", yes, yes, yes, yes],
  ["1\\text{ or }2", "1", no, yes, no, no],
  ["1\\text{ and }2", "1,2", yes, no, yes, yes],
  ["\\frac{\\sqrt3}{2}", "\\frac{\\sqrt{3}}{2}", yes, yes, yes, yes],
  ["\\sqrt[3]{8}", "\\sqrt[3]8", yes, no, yes, yes],
  ["6\\text{ ways}", "6", yes, yes, yes, yes],
  ["6 ways", "6", yes, no, yes, yes],
  ["12\\%", "12", yes, yes, no, no],
  ["0.12", "12\\%", no, no, no, no],
  ["x", "X", no, no, no, no],
];

/** Pairs that a grader finds equal and we do not, with the reason. */
const notTaken: Record<string, string> = {
  "a=b=c": "two equations are not the last side",
  "x^2+y^2=4": "an equation is not its right side",
  "0.\\overline{3}": "a repeating decimal is not its first digits",
  "1\\text{ or }2": "two answers are not the first",
  "1+x": "algebra",
  "2^{10}": "algebra",
  "2^10": "algebra",
  "\\sqrt{4}": "algebra",
  "10^{-3}": "algebra",
};

Deno.test("answers are equal where the authors or Minerva find them equal, but for the named pairs", () => {
  for (const [answer, other, ours, authors, minerva, algebra] of table) {
    const label = `${answer} and ${other}: ${canonicalMath(answer)}, ${canonicalMath(other)}`;
    assert.equal(canonicalMath(answer) === canonicalMath(other), ours, label);
    assert.equal(ours || !(authors || minerva || algebra), !(answer in notTaken), label);
  }
});

Deno.test("more pairs are equal than for either: units in words, mixed numbers, degree signs, delimiters", () => {
  const own = table.filter(([, , ours, authors, minerva, algebra]) =>
    ours && !authors && !minerva && !algebra
  );
  assert.deepEqual(own.map(([answer]) => answer), [
    "5 apples",
    "5%",
    "5 \\mathrm{cm}",
    "1\\frac{1}{2}",
    "1 1/2",
    "5.",
    "90\\degree",
    "90°",
    "x\\in[2,5)",
    "\\mathbf{5}",
    "\\(5\\)",
    "−5",
    "007",
  ]);
});

Deno.test("words that follow a number are units, unless they mean something", () => {
  for (const text of ["10 am", "3 or 4", "7 mod 9", "2 pi", "5 x"]) {
    assert.notEqual(canonicalMath(text), canonicalMath(/\d+/.exec(text)![0]), text);
  }
  for (const text of ["10 apples", "10 square cm", "10 cm^2", "10 \\text{ sq. ft}", "10\\mathrm{cm}"]) {
    assert.equal(canonicalMath(text), "10", text);
  }
  assert.equal(canonicalMath("1010_\\text{two}"), "1010_two", "the base of a number is no unit");
});

Deno.test("a long text of letters, braces or fractions is rewritten too", () => {
  for (const part of ["ab", "ab ", "\\text{ a}", "{", "\\frac", "1,000", "\\boxed{", "= x", " ."]) {
    const text = `5 ${part.repeat(1000)}1`;
    assert.equal(typeof canonicalMath(text), "string");
    assert.notEqual(canonicalMath(text), "5");
  }
});

Deno.test("the box of a solution: nested, with \\fbox, with a space, without braces, unclosed", () => {
  const boxes: [string, string | undefined][] = [
    ["so \\boxed{1} or \\boxed{\\frac{1}{2}} it is", "\\frac{1}{2}"],
    ["\\boxed{\\text{a \\boxed{2}}}", "2"],
    ["\\fbox{3}", "3"],
    ["\\boxed {4}", "4"],
    ["$\\boxed 5$", "5"],
    ["$\\boxed5.$", "5"],
    ["\\boxed{}", ""],
    ["\\boxed{1", undefined],
    ["no box", undefined],
  ];
  for (const [text, want] of boxes) assert.equal(boxed(text), want, text);
});

Deno.test("the stated answer, whole or broken off, else the last box", () => {
  const stated: [string, string | undefined][] = [
    [
      "\\boxed{3} Final Answer: The final answer is $x=\\frac{1}{2}$. I hope it is correct.",
      "x=\\frac{1}{2}",
    ],
    ["Final Answer: The final answer is $\\$1,000.50$. I hope it is correct.", "$\\$1,000.50$"],
    ["Final Answer: The final answer is 5. I hope it is correct. More", "5"],
    ["Final Answer: The final answer is $5$.", "5"],
    ["Final Answer: The final answer is $1.5$", "1.5"],
    ["thus $\\boxed{3}$.", "3"],
    ["thus 3", undefined],
  ];
  for (const [text, want] of stated) assert.equal(finalAnswer(text), want, text);
  assert.equal(canonicalMath(finalAnswer(stated[1][0])!), "1000.5");
});
