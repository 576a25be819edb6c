/**
 * Finds the final answer of a solution to a MATH problem, and rewrites it so that equal answers are equal texts.
 *
 * The rewriting is the one of the data set's authors. No algebra is done: x+1 and 1+x differ.
 *
 * @module
 */

/** Returns the content of the last `\boxed{...}` of a text; undefined when there is none or it is not closed. */
export function boxed(text: string): string | undefined {
  const at = Math.max(text.lastIndexOf("\\boxed{"), text.lastIndexOf("\\fbox{"));
  if (at < 0) return undefined;
  const start = text.indexOf("{", at) + 1;
  for (let i = start, depth = 1; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return text.slice(start, i);
  }
  return undefined;
}

/** Returns the answer that a solution in Minerva's form states, else its last boxed expression. */
export function finalAnswer(text: string): string | undefined {
  const stated = /Final Answer: The final answer is (.*?)\. I hope it is correct/s.exec(text)?.[1];
  return stated?.trim().replace(/^\$(.*)\$$/s, "$1") ?? boxed(text);
}

const rewrites: [RegExp, string][] = [
  [/\n/g, ""],
  [/\\!/g, ""],
  [/\\\\/g, "\\"],
  [/[td]frac/g, "frac"],
  [/\\left|\\right/g, ""],
  [/\^\{\\circ\}|\^\\circ/g, ""],
  [/\\\$/g, ""],
  [/\\text\{ .*$/s, ""], // units
  [/\\?%/g, ""],
  [/(^|[ {])\./g, "$10."],
  [/^[^=]{1,2}=(?=[^=]*$)/, ""], // "k = 5"
  [/\\sqrt(?!\{)(.)/g, "\\sqrt{$1}"],
  [/ /g, ""],
  [/\\frac(?!\{)(.)/g, "\\frac{$1}"],
  [/(\\frac\{[^{}]*\})(?!\{)(.)/g, "$1{$2}"],
  [/^0\.5$/, "\\frac{1}{2}"],
  [/^(-?\d+)\/(-?\d+)$/, "\\frac{$1}{$2}"],
];

/** Rewrites an answer so that equal answers are equal texts. */
export function canonicalMath(answer: string): string {
  return rewrites.reduce((text, [from, to]) => text.replace(from, to), answer.trim()).trim();
}
