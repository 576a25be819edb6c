// Numbers in answers to GSM8k beside the values of lm-evaluation-harness 0.4.13 (`gsm8k-cot`): its strict filter takes the
// number after "The answer is", its flexible one the last number; both then drop commas, dollars and a final full stop.
import assert from "node:assert/strict";
import { finalNumber } from "../../../src/eval/benchmarks/gsm8k.ts";
import {
  canonicalNumber,
  canonicalRational,
  lastNumber,
} from "../../../src/eval/benchmarks/number_answer.ts";

/** Text; its number for us, for the strict filter, for the flexible one (null: none). */
const table: [text: string, ours: string | null, strict: string | null, flexible: string | null][] = [
  ["The answer is -$5.", "-5", null, "-5"],
  ["The answer is $-5.", "-5", null, "-5"],
  ["The answer is \\$1,000.50.", "1000.5", null, "1000.50"],
  ["The answer is $1,000.50", "1000.5", null, "1000.50"],
  ["The answer is 5 apples.", "5", "5", "5"],
  ["The answer is 3 x 4 = 12.", "12", "3", "12"],
  ["The answer is 12 x 2 boxes.", "12", "12", "2"],
  ["The answer isn't 5. The answer is 6.", "6", "6", "6"],
  ["The answer is 5%.", "5", "5", "5"],
  ["The answer is $5 \\text{ cm}$.", "5", null, ""],
  ["The answer is 1/2.", "0.5", "1", "2"],
  ["The answer is \\frac{1}{2}.", "0.5", null, "2"],
  ["The answer is $\\dfrac12$.", "0.5", null, "12"],
  ["The answer is 1 1/2.", "1.5", "1", "2"],
  ["The answer is \\boxed{5}.", "5", null, "5"],
  ["The answer is **5**.", "5", null, "5"],
  ["The answer is: 5", "5", null, "5"],
  ["the answer is 5.0", "5", null, "5.0"],
  ["The answer is x=5.", "5", null, "5"],
  ["The answer is 10 - 3 = 7.", "7", "10", "7"],
  ["The answer is 2,5.", "25", "25", "25"],
  ["The answer is five.", null, null, null],
  ["2 + 3 = 5. The answer is five.", "5", null, "5"],
  ["So 3 + 4 = 7.\n#### 7", "7", null, "7"],
  ["#### 1,234.", "1234", null, "1234"],
  ["He has 3, then 12 eggs.", "12", null, "12"],
  ["It costs $18 a day", "18", null, "18"],
  ["-4.25 or so", "-4.25", null, "-4.25"],
  ["none at all", null, null, null],
  ["The answer is .5", "0.5", "", ".5"],
  ["The answer is 5.\nThe answer is 6.", "5", "5", "6"],
  [
    "The answer is 12345678901234567891.",
    "12345678901234567891",
    "12345678901234567891",
    "12345678901234567891",
  ],
  ["The answer is −5.", "-5", null, "5"],
  ["The answer is 90 degrees.", "90", "90", "90"],
  ["The answer is 3:30.", "3", "3", "30"],
  ["She pays 1,000,000 dollars", "1000000", null, "1000000"],
  ["The answer is 50 cents.", "50", "50", "50"],
  ["So it is 1/2", "2", null, "2"],
  ["The answer is about 12.", "12", null, "12"],
];

Deno.test("the number of a text is the strict filter's where that finds a whole one, else the flexible one's", () => {
  const differing: string[] = [];
  for (const [text, ours, strict, flexible] of table) {
    const found = finalNumber(text);
    assert.equal(found === undefined ? null : canonicalNumber(found), ours, text);
    const harness = strict || flexible;
    if ((harness ? canonicalNumber(harness) : null) !== ours) differing.push(text);
  }
  // Ours reads the whole number: fractions, LaTeX, the right side of an equation, the minus sign of Unicode.
  assert.deepEqual(differing, [
    "The answer is 3 x 4 = 12.",
    "The answer is $5 \\text{ cm}$.",
    "The answer is 1/2.",
    "The answer is \\frac{1}{2}.",
    "The answer is $\\dfrac12$.",
    "The answer is 1 1/2.",
    "The answer is 10 - 3 = 7.",
    "The answer is −5.",
  ]);
});

Deno.test("a reason behind the stated number does not replace it, a calculation in front of its result does", () => {
  const stated: [text: string, number: string][] = [
    ["The answer is 12 because 3 x = 36.", "12"],
    ["The answer is 12, since 3 * 12 = 36.", "12"],
    ["The answer is 3 * 4 = 12.", "12"],
    ["The answer is 36 / 3 = $12.00.", "12"],
    ["The answer is 3 \\times 4 = 12 apples.", "12"],
    ["The answer is that she has 12 eggs.", "12"],
    ["The answer is x = 12.", "12"],
    ["The answer is 12 = 12.", "12"],
    ["The answer is 1.5. It was 3.", "1.5"],
  ];
  for (const [text, number] of stated) assert.equal(canonicalNumber(finalNumber(text)!), number, text);
});

Deno.test("equal numbers are equal texts, however long", () => {
  const same = [
    ["7", "7.0", "7.00", " 7 ", "$7", "7.", "+7", "007", "7 %", "$ 7", "(7)"],
    ["1,000", "1000", "1000.0", "1{,}000", "\\$1,000"],
    ["-0.5", "-.5", "-1/2", "\\frac{-1}{2}", "-\\frac12", "\u22120.5", "- 0.5", "-$0.50"],
    ["1.5", "1 1/2", "3/2", "1\\frac{1}{2}", "\\frac{6}{4}"],
    ["1/3", "2/6", "\\frac{1}{3}"],
    ["0", "-0", "0.00", "0/5"],
  ];
  for (const all of same) assert.deepEqual(all.map(canonicalNumber), all.map(() => canonicalNumber(all[0])));
  assert.equal(new Set(same.map(([one]) => canonicalNumber(one))).size, same.length);
  assert.notEqual(canonicalNumber("12345678901234567891"), canonicalNumber("12345678901234567890"));
  assert.equal(canonicalRational("9".repeat(201)), undefined);
  for (const none of ["", "-", "1/0", "x", "1,23.4.5", "1e3", "½"]) {
    assert.equal(canonicalRational(none), undefined, none);
  }
});

Deno.test("the last number keeps its sign and its cents", () => {
  for (
    const [text, want] of [
      ["10-3", "-3"],
      ["$-5 then", "$-5"],
      ["a, b, 3,", "3"],
      [".5", ".5"],
      ["v2", "2"],
      ["none", undefined],
    ] as const
  ) {
    assert.equal(lastNumber(text), want, text);
  }
});
