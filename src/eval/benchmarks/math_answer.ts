/**
 * Finds the final answer of a solution to a MATH problem, and rewrites it so that equal answers are equal texts.
 *
 * The rewriting joins the two in use: that of the data set's authors (Hendrycks et al. 2021, `is_equiv`) and Minerva's
 * (Lewkowycz et al. 2022, appendix D). Answers that either finds equal as texts are equal here, and so are numbers of the
 * same value, which Minerva's check by algebra finds. Not taken over: an equation is not its right side, a repeating
 * decimal not its first digits, "1 or 2" not 1. No algebra is done: x+1 and 1+x differ.
 *
 * @module
 */
import { canonicalRational } from "./number_answer.ts";

/**
 * Returns the content of the last `\boxed{...}` or `\fbox{...}` of a text, or the one thing behind a `\boxed` without
 * braces; undefined when there is none or it is not closed.
 */
export function boxed(text: string): string | undefined {
  const box = [...text.matchAll(/\\(?:boxed|fbox)\s*(?=\{)|\\boxed\s*(?=[^\s{])/g)].at(-1);
  if (box === undefined) return undefined;
  const start = box.index + box[0].length;
  if (text[start] !== "{") return /^[^\s$\\]+|^\\\w+|/.exec(text.slice(start))![0].replace(/\.$/, "");
  for (let i = start, depth = 0; i < text.length; i++) {
    if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return text.slice(start + 1, i);
  }
  return undefined;
}

/**
 * Returns the answer that a solution in Minerva's form states, else its last boxed expression. A statement that breaks
 * off goes to the end of its line.
 */
export function finalAnswer(text: string): string | undefined {
  const stated = /Final Answer: The final answer is:? *(.*?)\.? I hope it is correct/s.exec(text) ??
    /Final Answer: The final answer is:? *([^\n]+)/.exec(text);
  const answer = stated?.[1].trim().replace(/\.$/, "").replace(/^\$([^$]*)\$$/s, "$1").trim();
  return answer === undefined || answer === "" ? boxed(text) : answer;
}

/** Words that end an answer and are no units. */
const noUnits = /\b(?:and|or|pi|mod|sin|cos|tan|log|ln|exp|am|pm|if|is|to|by)\b/i;

const rewrites: [RegExp, string | ((match: string, ...groups: string[]) => string)][] = [
  [/\n/g, " "],
  [/\u2212/g, "-"],
  [/\\?\$/g, ""],
  [/^\\([([])(.*)\\[)\]]$/s, "$2"],
  [/(?<!\\)\\[!,;:]|\\q?quad(?![a-z])|~/g, ""],
  [/(?<!\\)\\ /g, " "],
  [/\\\\/g, "\\"],
  [/\\[tdc]frac/g, "\\frac"],
  [/\\(?:left|right)(?![a-z])/g, ""],
  [/\^\{?\\(?:circ|degree)\}?|\\degrees?(?![a-z])|°/g, ""],
  [/,?\s*\\(?:text|mbox|textrm)\{\s*(?:and|or)\s*\}/g, ","],
  [/^((?:(?!\\text\{ ).)+)\\text\{ (?!.*\\text\{ ).*$/s, "$1"], // units, as the authors cut them
  [
    /(?<=[\d})\]]\s*)\\(?:(?:text|mbox|textrm)\{\s*[A-Za-z. ]+\}|mathrm\{\s*[A-Za-z. ]{2,}\})(?:\^\{?\d\}?)?\s*$/,
    "",
  ],
  [/\\(?:text|textbf|textrm|textit|mbox|mathrm|mathbf)\{([^{}]*)\}/g, (_, inside) => inside.trim()],
  [/\\?%/g, ""],
  [
    /^(.*(?:[\d})\]]|\\pi))\s+([A-Za-z]{2,}(?:[.\s]+[A-Za-z]{2,})*\.?\s*)(?:\^\{?[23]\}?)?$/s,
    (all, number, unit) => noUnits.test(unit) ? all : number,
  ],
  [/^\s*(?:[^=]{1,2}|\\?[A-Za-z]+(?:_\{?\w+\}?)?(?:\([A-Za-z]\))?\s*)=(?=[^=]*$)/, ""], // "k = 5", "f(x) = 2x"
  [/^\s*[A-Za-z]\s*\\in(?![a-z])/, ""],
  [/(^|[ {(,+-])\.(?=\d)/g, "$10."],
  [/\s/g, ""],
  [/(\\sqrt\[[^\]]*\])(\w)/g, "$1{$2}"],
  [/\\sqrt(?![{[])(.)/g, "\\sqrt{$1}"],
  [/\\frac(?!\{)(.)/g, "\\frac{$1}"],
  [/(\\frac\{[^{}]*\})(?!\{)(.)/g, "$1{$2}"],
  [/([_^])\{(\w)\}/g, "$1$2"],
  [/\{,\}/g, ""],
  [/\.$/, ""],
];

/** Rewrites an answer so that equal answers are equal texts. */
export function canonicalMath(answer: string): string {
  const inside = boxed(answer) ?? answer;
  const mixed = inside.replace(/(\d) +(\d+\/\d+)/, (_, a, b) => `${a}\u2002${b}`); // keeps the space of 1 1/2
  const text = rewrites.reduce(
    (text, [from, to]) => text.replace(from, to as string),
    mixed.trim().replaceAll("\u2002", "\\mixed"),
  );
  return canonicalRational(text.replace("\\mixed", " ")) ?? text.replace("\\mixed", "");
}
