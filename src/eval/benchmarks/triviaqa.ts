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
import { closedBook } from "./closed_book.ts";

/** The hub's configurations: the Wikipedia part of the filtered set, and the others. */
const wikipedia = ["rc.wikipedia.nocontext", "rc.wikipedia"];
const others = ["rc.nocontext", "rc", "rc.web.nocontext", "rc.web", "unfiltered.nocontext", "unfiltered"];

/** TriviaQA. */
export const triviaqa: Task = defineTask({
  ...closedBook,
  name: "triviaqa",
  published: {
    files: [
      ...["wikipedia-dev.json", "qa/wikipedia-dev.json", "triviaqa-rc/qa/wikipedia-dev.json"],
      ...wikipedia.flatMap((name) => splitFiles("validation", name)),
      ...["unfiltered-web-dev.json", "triviaqa-unfiltered/unfiltered-web-dev.json", "web-dev.json"],
      ...others.flatMap((name) => splitFiles("validation", name)),
      ...splitFiles("validation"),
    ],
    hub: "hf://mandarjoshi/trivia_qa",
    shots: [
      ...["wikipedia-train.json", "qa/wikipedia-train.json", "triviaqa-rc/qa/wikipedia-train.json"],
      ...wikipedia.flatMap((name) => splitFiles("train", name)),
      ...["unfiltered-web-train.json", "triviaqa-unfiltered/unfiltered-web-train.json", "web-train.json"],
      ...others.flatMap((name) => splitFiles("train", name)),
      ...splitFiles("train"),
    ],
  },
  items(source: TaskSource) {
    const seen = new Set<string>();
    return source.items((row) => {
      const original = row.has("Question");
      const id = row.text(original ? "QuestionId" : "question_id");
      if (seen.has(id)) {
        source.odd.add("repeats the question of an earlier row", "asked once", row.place);
        return undefined;
      }
      seen.add(id);
      return { question: row.text(original ? "Question" : "question"), answers: answersOf(row, original) };
    });
  },
  answer: ({ answers }) => answers,
});

function answersOf(row: TaskRow, original: boolean): string[] {
  const [value, aliases] = original ? ["Answer.Value", "Answer.Aliases"] : ["answer.value", "answer.aliases"];
  return [...new Set([row.string(value), ...row.has(aliases) ? row.list(aliases) : []])];
}
