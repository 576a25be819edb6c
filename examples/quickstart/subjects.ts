/**
 * Makes instructions from the book itself: a question about the subject of a sentence.
 *
 * Every sentence names exactly one of a few subjects, so that there is one right answer.
 *
 * @module
 */
import { type Conversation, Dataset, type Document, type Model, type Tokenizer } from "@llamero/sdk";

/** The subjects that questions ask for. */
const subjects = [
  "whale",
  "ship",
  "sea",
  "boat",
  "water",
  "head",
  "hand",
  "eyes",
  "night",
  "God",
  "Ahab",
  "Queequeg",
  "Starbuck",
  "Stubb",
];

/** A question about a sentence, with its answer. */
interface Item {
  /** The question. */
  prompt: string;
  /** The answer. */
  completion: string;
}

/** Largest number of sentences per subject, so that no answer is right by being frequent. */
const maxPerSubject = 120;

/** Makes items from the sentences of 4 to 16 words that name exactly one subject. */
export function items(documents: readonly Document[]): Item[] {
  const used = new Map<string, number>();
  return documents.flatMap(({ text }) => text.replaceAll(/\s+/g, " ").split(/(?<=[.!?;]) /)).flatMap(
    (sentence) => {
      const words = sentence.split(" ").length;
      const named = subjects.filter((s) => new RegExp(`\\b${s}\\b`).test(sentence));
      if (words < 4 || words > 16 || named.length !== 1) return [];
      const times = (used.get(named[0]) ?? 0) + 1;
      used.set(named[0], times);
      return times > maxPerSubject
        ? []
        : [{ prompt: `What is this about? ${sentence}`, completion: `It is about the ${named[0]}.` }];
    },
  );
}

/** Returns the items as conversations. */
export function conversations(from: readonly Item[]): Dataset<Conversation> {
  return Dataset.from(from.map((item, i) => ({ id: `item ${i}`, ...item }))).conversations();
}

/** The scores of a model on held-out items. */
interface AnswerScores {
  /** Nats per token of the right answer after its own question, without EOS. */
  loss: number;
  /** Nats per token of the same answer after another item's question. */
  otherLoss: number;
  /** Share of greedy answers that are right to the letter. */
  exact: number;
  /** Share of greedy answers that end with EOS before the limit. */
  ended: number;
  /** Share of the most frequent answer, which a model that never reads the question could reach. */
  mostFrequent: number;
}

/** Scores a model on held-out items; `tokenizer` must have a chat template. */
export async function answerScores(
  model: Model,
  tokenizer: Tokenizer,
  heldOut: readonly Item[],
): Promise<AnswerScores> {
  const pair = (question: Item, answer: Item): [Uint32Array, Uint32Array] => {
    const messages = [{ role: "user", content: question.prompt }, {
      role: "assistant",
      content: answer.completion,
    }] as const;
    const { ids, mask } = tokenizer.chat(messages);
    const start = mask.indexOf(1);
    return [ids.subarray(0, start), ids.subarray(start, mask.lastIndexOf(1))]; // without EOS
  };
  const mean = async (pairs: [Uint32Array, Uint32Array][]) => {
    const scores = await model.scoreBatch(pairs);
    return scores.reduce((sum, s) => sum - s.logProb, 0) / scores.reduce((sum, s) => sum + s.tokens, 0);
  };
  const loss = await mean(heldOut.map((item) => pair(item, item)));
  const otherLoss = await mean(heldOut.map((item, i) => pair(heldOut[(i + 7) % heldOut.length], item)));
  let exact = 0;
  let ended = 0;
  for (const { prompt, completion } of heldOut) {
    const answer = model.chat(prompt, { temperature: 0, maxTokens: 24 });
    if ((await answer.text()).trim() === completion) exact++;
    if (answer.finish === "eos") ended++;
  }
  const counts = Object.values(Object.groupBy(heldOut, (item) => item.completion)).map((same) =>
    same!.length
  );
  const n = heldOut.length;
  return { loss, otherLoss, exact: exact / n, ended: ended / n, mostFrequent: Math.max(...counts) / n };
}
