/**
 * TriviaQA, closed-book: quiz questions with many accepted answers.
 *
 * Joshi et al. 2017; the paper's table 5, with 0, 1, 5 and 64 shots.
 *
 * Data: rows `{ question, question_id, answer: { value, aliases } }`, or the original file's `{ Data: [{ Question, ... }] }`.
 * The paper says "the filtered dev set". This may be the Wikipedia part (7,993 items, the default here) or all of `rc`
 * (17,944 items, in which a question appears once per source): name the file to choose.
 *
 * Protocol: the paper's closed-book prompt; every question is asked once.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskRow } from "../task_data/task_row.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { closedBook, nonEmptyAnswers } from "./closed_book.ts";

/** TriviaQA. */
export const triviaqa: Task = defineTask({
  ...closedBook,
  name: "triviaqa",
  published: {
    files: [
      "wikipedia-dev.json",
      "qa/wikipedia-dev.json",
      ...splitFiles("validation", "rc.wikipedia.nocontext"),
      ...splitFiles("validation"),
    ],
    hub: "hf://mandarjoshi/trivia_qa",
    shots: [
      "wikipedia-train.json",
      "qa/wikipedia-train.json",
      ...splitFiles("train", "rc.wikipedia.nocontext"),
      ...splitFiles("train"),
    ],
  },
  async *items(source: TaskSource) {
    const seen = new Set<string>();
    for await (const row of source.rows()) {
      const original = row.has("Question");
      const id = row.text(original ? "QuestionId" : "question_id");
      if (seen.has(id)) continue;
      seen.add(id);
      yield { question: row.text(original ? "Question" : "question"), answers: answersOf(row, original) };
    }
  },
  answer: ({ answers }) => answers,
});

function answersOf(row: TaskRow, original: boolean): string[] {
  const [value, aliases] = original ? ["Answer.Value", "Answer.Aliases"] : ["answer.value", "answer.aliases"];
  const answers = nonEmptyAnswers([row.text(value), ...row.has(aliases) ? row.list(aliases) : []]);
  if (answers.length === 0) throw row.wrong(value, "must have more than punctuation and articles");
  return [...new Set(answers)];
}
