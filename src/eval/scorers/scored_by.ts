/**
 * A grader that hands each text to the scorer that the task was added with.
 *
 * @module
 */
import type { Grader, GraderRun, TextScorer } from "../tasks/grader.ts";

/**
 * Grades by the scorer of the run, or by the one that `defaultScorer` makes.
 *
 * @param name name of the value in reports
 * @param promptOf returns the text that is answered
 */
export function scoredBy<Item>(
  name: string,
  promptOf: (item: Item) => string,
  defaultScorer: () => TextScorer,
): (run: GraderRun) => Grader<Item> {
  return ({ scorer, cache }) => {
    let made: TextScorer | undefined;
    const scorerOfRun = () => made ??= scorer ?? defaultScorer();
    return {
      name,
      get scorer() {
        return scorerOfRun().name;
      },
      async grade(text, _, item) {
        const textScorer = scorerOfRun();
        const prompt = promptOf(item);
        const score = async () => [await textScorer.score(text, prompt)];
        const question = ["score", textScorer.name, text, prompt];
        const [scores] = textScorer.kept && cache ? await cache.answers([question], score) : await score();
        return scores;
      },
    };
  };
}
