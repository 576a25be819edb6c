/**
 * From several texts of an item to one value: the unbiased pass@k (Chen et al. 2021), or the value of the most
 * frequent answer (maj1@k, Wang et al. 2022).
 *
 * @module
 */
import type { Scores } from "../tasks/grader.ts";
import type { Sampling } from "../tasks/definition.ts";
import type { Sample } from "../tasks/outcome.ts";

/**
 * The chance that one of k texts is right, estimated from `right` right ones among `n`:
 * 1 - C(n - right, k) / C(n, k), as the product over i = n - right + 1 .. n of (1 - k / i), which does not overflow.
 */
export function passAtK(n: number, right: number, k: number): number {
  if (n - right < k) return 1;
  let none = 1;
  for (let i = n - right + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}

/** The most frequent answer, of several the one that is met first; answers that are undefined do not vote. */
export function mostFrequent(answers: readonly (string | undefined)[]): string | undefined {
  const votes = new Map<string, number>();
  for (const answer of answers) if (answer !== undefined) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  return [...votes].reduce<[string | undefined, number]>(
    (best, vote) => vote[1] > best[1] ? vote : best,
    [undefined, 0],
  )[0];
}

/** What the texts of an item come to. */
export interface Combined {
  /** The text that stands for the item: the only one, or the first with the answer that counts. */
  text: string;
  /** The answer that counts. */
  answer?: string;
  /** Its value. */
  scores: Scores;
  /** All texts, where there are several. */
  samples?: Sample[];
}

/** Grades the texts of an item; `write` makes equal answers equal before they vote; one that it leaves nothing of has no vote. */
export async function combine(
  texts: readonly string[],
  sampling: Sampling | undefined,
  final: (text: string) => string | undefined,
  write: (text: string) => string,
  grade: (answer: string | undefined) => Promise<Scores>,
): Promise<Combined> {
  const answers = texts.map(final);
  if (sampling === undefined) {
    return { text: texts[0], answer: answers[0], scores: await grade(answers[0]) };
  }
  if (sampling.combine === "majority") {
    const written = answers.map((answer) => answer === undefined ? undefined : write(answer) || undefined);
    const winner = mostFrequent(written);
    const at = Math.max(0, written.indexOf(winner));
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
