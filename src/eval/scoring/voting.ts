/**
 * Combines several texts of an item into one value: unbiased pass@k, or the value of the most frequent answer.
 *
 * pass@k is Chen et al. 2021's, the vote (maj1@k) is Wang et al. 2022's.
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import type { Scores } from "../tasks/grader.ts";
import type { Sample } from "../tasks/outcome.ts";

/**
 * Estimates the chance that one of `k` texts is right, from `right` right ones among `n`: 1 - C(n - right, k) / C(n, k).
 *
 * It is computed as a product over i = n - right + 1 .. n of (1 - k / i), which does not overflow.
 */
export function passAtK(n: number, right: number, k: number): number {
  if (n - right < k) return 1;
  let allWrong = 1;
  for (let i = n - right + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/** Returns the most frequent answer, in a tie the one met first. An undefined answer has no vote. */
export function mostFrequent(answers: readonly (string | undefined)[]): string | undefined {
  const votes = new Map<string, number>();
  for (const answer of answers) if (answer !== undefined) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  return [...votes].reduce<[string | undefined, number]>(
    (best, vote) => vote[1] > best[1] ? vote : best,
    [undefined, 0],
  )[0];
}

/** The combined value of an item's texts. */
export interface Combined {
  /** The text that stands for the item: the only one, or the first one with the winning answer. */
  text: string;
  /** The answer that was graded. */
  answer?: string;
  /** The value of the item. */
  scores: Scores;
  /** All texts, for tasks that draw several. */
  samples?: Sample[];
}

/**
 * Grades the texts of an item.
 *
 * @param finalAnswer returns the final answer in a text
 * @param normalise makes equal answers the same text before they vote; an answer that becomes empty has no vote
 */
export async function combine(
  texts: readonly string[],
  sampling: Sampling | undefined,
  finalAnswer: (text: string) => string | undefined,
  normalise: (text: string) => string,
  grade: (answer: string | undefined) => Promise<Scores>,
): Promise<Combined> {
  const answers = texts.map(finalAnswer);
  if (sampling === undefined) {
    return { text: texts[0], answer: answers[0], scores: await grade(answers[0]) };
  }
  if (sampling.combine === "majority") {
    const votes = answers.map((answer) => answer === undefined ? undefined : normalise(answer) || undefined);
    const winner = mostFrequent(votes);
    const at = Math.max(0, votes.indexOf(winner));
    const samples = texts.map((text, i) => ({ text, answer: answers[i] }));
    const answer = winner === undefined ? undefined : answers[at];
    return { text: texts[at], answer, scores: await grade(answer), samples };
  }
  const samples: Sample[] = [];
  for (const [i, text] of texts.entries()) {
    samples.push({ text, value: Number(await grade(answers[i]) ?? 0) });
  }
  const right = samples.filter(({ value }) => value === 1).length;
  return { text: texts[0], scores: passAtK(texts.length, right, sampling.k ?? 1), samples };
}
