/**
 * Scores the answers of a model to held-out questions.
 *
 * @module
 */
import type { Model, Tokenizer } from "@llamero/sdk";
import { withProgress } from "@llamero/sdk/display";
import type { Item } from "./questions.ts";

/** The scores of a model on one kind of question. */
interface KindScores {
  /** Kind of the questions. */
  kind: string;
  /** Number of questions. */
  questions: number;
  /** Share of greedy answers that are right to the letter. */
  exact: number;
  /** Share of the kind's most frequent answer, which a model that never reads the sentence could reach. */
  mostFrequent: number;
}

/** The scores of a model on held-out items. */
export interface AnswerScores {
  /** Nats per token of the right answer after its own question, without EOS. */
  loss: number;
  /** Nats per token of the same answer after another question of its kind that has another answer. */
  otherLoss: number;
  /** Share of greedy answers that are right to the letter. */
  exact: number;
  /** Share of answers that would be right if each kind were always given its most frequent answer. */
  mostFrequent: number;
  /** Share of greedy answers that end with EOS before the limit. */
  ended: number;
  /** The same by kind of question. */
  kinds: KindScores[];
}

/** Scores a model on held-out items; `tokenizer` must have a chat template. */
export async function answerScores(
  model: Model,
  tokenizer: Tokenizer,
  heldOut: readonly Item[],
): Promise<AnswerScores> {
  const pair = (question: Item, answer: Item): [Uint32Array, Uint32Array] => {
    const { ids, mask } = tokenizer.chat([
      { role: "user", content: question.prompt },
      { role: "assistant", content: answer.completion },
    ]);
    const start = mask.indexOf(1);
    return [ids.subarray(0, start), ids.subarray(start, mask.lastIndexOf(1))]; // without EOS
  };
  const mean = async (pairs: [Uint32Array, Uint32Array][]) => {
    const scores = await model.scoreBatch(pairs);
    return scores.reduce((sum, s) => sum - s.logProb, 0) / scores.reduce((sum, s) => sum + s.tokens, 0);
  };
  const loss = await mean(heldOut.map((item) => pair(item, item)));
  const otherLoss = await mean(heldOut.map((item, i) => pair(otherQuestion(heldOut, i), item)));
  const right = new Set<Item>();
  let ended = 0;
  await withProgress("asking", { total: heldOut.length, unit: "question" }, async (progress) => {
    for (const item of heldOut) {
      const answer = model.chat(item.prompt, { temperature: 0, maxTokens: 24 });
      if ((await answer.text()).trim() === item.completion) right.add(item);
      if (answer.finish === "eos") ended++;
      progress.add();
    }
  });
  const kinds = [...Map.groupBy(heldOut, (item) => item.kind)].map(([kind, same]) => ({
    kind,
    questions: same.length,
    exact: same.filter((item) => right.has(item)).length / same.length,
    mostFrequent: mostFrequent(same) / same.length,
  }));
  const n = heldOut.length;
  const guessed = kinds.reduce((sum, kind) => sum + kind.mostFrequent * kind.questions, 0);
  return { loss, otherLoss, exact: right.size / n, mostFrequent: guessed / n, ended: ended / n, kinds };
}

/** Returns the next question of the same kind with another answer. */
function otherQuestion(items: readonly Item[], at: number): Item {
  const { kind, completion } = items[at];
  const following = [...items.slice(at + 1), ...items.slice(0, at)];
  return following.find((item) => item.kind === kind && item.completion !== completion)!;
}

/** Returns the number of items that have the most frequent answer. */
function mostFrequent(items: readonly Item[]): number {
  return Math.max(...[...Map.groupBy(items, (item) => item.completion).values()].map((same) => same.length));
}
