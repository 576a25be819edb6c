/**
 * The words and tables of the quickstart: what it will do, how its model answers, and what to do next.
 *
 * @module
 */
import type { Model } from "@llamero/sdk";
import { duration, percent, type Picture, plural, table } from "@llamero/sdk/display";
import type { AnswerScores } from "./answers.ts";

/** Seconds of all that is not training: about 50 s of processor time, on two cores. */
const restSeconds = 25;

/** Returns the seconds that the quickstart will take here: three steps are measured, on a copy of the model. */
export async function estimate(model: Model, tokens: number, batchTokens: number): Promise<number> {
  const { facts } = await model.plan({ tokens, batchTokens }).measure();
  return (facts.seconds ?? 0) + restSeconds;
}

/** The text that stands first: what the quickstart does. */
export const introduction =
  `The quickstart makes a language model from one book, Moby Dick, in six steps: text, tokenizer, model,
training (pretraining, then instruction tuning), scores, answers to questions.
`;

/** Returns the text that follows: the time on this device, and the place of the results. */
export function prospect({ seconds, device, out }: { seconds: number; device: string; out: string }): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return `  time     about ${plural(minutes, "minute")} on this device (${device})
  results  ${out}/model        the model, a Hugging Face folder
           ${out}/scores.json  its scores
           ${out}/run          checkpoints of the training
  Ctrl-C   ends it`;
}

/** Returns the table of losses and shares before and after tuning. */
export function scoresTable(before: AnswerScores, after: AnswerScores): Picture {
  const row = (score: string, of: (scores: AnswerScores) => string) => ({
    score,
    before: of(before),
    after: of(after),
  });
  return table([
    row("loss of the answer, nats per token", ({ loss }) => loss.toFixed(3)),
    row("the same after another question of its kind", ({ otherLoss }) => otherLoss.toFixed(3)),
    row("exact answers", ({ exact }) => percent(exact)),
    row(
      "exact if each kind always got its most frequent answer",
      ({ mostFrequent }) => percent(mostFrequent),
    ),
    row("ends with EOS", ({ ended }) => percent(ended)),
  ]);
}

/** Returns the table of exact answers by kind of question. */
export function answersTable({ kinds }: AnswerScores): Picture {
  return table(kinds.map(({ kind, questions, exact, mostFrequent }) => ({
    "kind of question": kind,
    questions,
    exact: percent(exact),
    "most frequent answer": percent(mostFrequent),
  })));
}

/** Returns the text that stands last: the results, and commands to go on with. */
export function nextSteps({ out, seconds }: { out: string; seconds: number }): string {
  return `Done in ${duration(seconds)}. The model is in ${out}/model, its scores are in ${out}/scores.json.

Next:
  deno run -A examples/chat.ts ${out}/model --temperature 0 --context 64
      asks it. It knows the four kinds of question above, one at a time, such as
      "Who or what does this mention? The boat is gone." (a short context keeps earlier questions out)
  jupyter lab notebooks/01_quickstart.ipynb
      shows the same, step by step (README.md, "Notebooks", says how to set up Jupyter)
  deno run -A examples/pretrain.ts --data "books/*.txt" --out runs/books
      pretrains on texts of yours`;
}
