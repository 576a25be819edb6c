/**
 * A grader that hands each text to the scorer that the task was added with.
 *
 * @module
 */
import type { Grader, GraderRun, TextScorer } from "../grader.ts";

/** Grades by the scorer of the run, else by the one that `otherwise` makes; `promptOf` says what was asked. */
export function scoredBy<Item>(
  name: string,
  promptOf: (item: Item) => string,
  otherwise: () => TextScorer,
): (run: GraderRun) => Grader<Item> {
  return ({ scorer }) => {
    const score = () => scorer ?? otherwise();
    let own: TextScorer | undefined;
    return {
      name,
      get scorer() {
        return (own ??= score()).name;
      },
      grade: (text, _, item) => (own ??= score()).score(text, promptOf(item)),
    };
  };
}
