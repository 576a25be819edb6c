/**
 * A grader that hands each text to the scorer that the task was added with.
 *
 * @module
 */
import type { Grader, GraderRun, TextScorer } from "../tasks/grader.ts";

/** Grades by the scorer of the run, else by the one that `otherwise` makes; `promptOf` says what was asked. */
export function scoredBy<Item>(
  name: string,
  promptOf: (item: Item) => string,
  otherwise: () => TextScorer,
): (run: GraderRun) => Grader<Item> {
  return ({ scorer, cache }) => {
    let made: TextScorer | undefined;
    const judge = () => made ??= scorer ?? otherwise();
    return {
      name,
      get scorer() {
        return judge().name;
      },
      async grade(text, _, item) {
        const judged = judge();
        const prompt = promptOf(item);
        const ask = () => judged.score(text, prompt);
        if (!judged.kept || !cache) return await ask();
        return (await cache.answers([["score", judged.name, text, prompt]], async () => [await ask()]))[0];
      },
    };
  };
}
