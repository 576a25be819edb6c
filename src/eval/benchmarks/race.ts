/**
 * RACE: reading comprehension from English exams of Chinese middle and high schools.
 *
 * Lai et al. 2017; the paper's table 6.
 *
 * Data: one row `{ example_id, article, question, options, answer }` per question, or the original folder of articles
 * `{ article, questions, options, answers }`. Test sets of 1,436 and 3,498 items.
 *
 * Protocol: zero-shot in the setup of Brown et al. (2020): the article, its earlier questions with their right answers,
 * the question. The paper can be read in two ways. Brown et al. compare by the ratio to "A:", which is the default here;
 * the paper's own list has the ratio for OpenBookQA and BoolQ only, which is the variant `characters`.
 *
 * @module
 */
import type { Normalisation } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskRow } from "../task_data/task_row.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** The middle-school part of RACE. */
export const raceMiddle: Task = race("middle");

/** The high-school part of RACE. */
export const raceHigh: Task = race("high");

interface Question {
  question: string;
  options: string[];
  answer: number;
}

const letters = ["A", "B", "C", "D"];

function race(level: string): Task {
  const task = (normalisation: Normalisation) =>
    defineTask({
      name: `race-${level}`,
      kind: "choice",
      published: {
        files: [
          `test/${level}/*.txt`,
          `RACE/test/${level}/*.txt`,
          ...splitFiles("test", level),
          ...splitFiles("test"),
        ],
        hub: "hf://ehovy/race",
      },
      items: questions,
      prompt: "Article: {article}\n\n{earlier}Q: {question}\n\nA:",
      options: ({ options }: Question) => options,
      answer: ({ answer }: Question) => answer,
      normalisation,
      unconditionalContext: "A:",
    });
  return { ...task("ratio"), variants: { characters: task("characters") } };
}

async function* questions(
  source: TaskSource,
): AsyncGenerator<Question & { article: string; earlier: string }> {
  let article = "";
  let earlier = "";
  for await (const row of source.rows()) {
    const next = row.text("article").trim();
    if (next !== article) earlier = "";
    article = next;
    for (const question of questionsOf(row)) {
      yield { article, earlier, ...question };
      earlier += `Q: ${question.question}\n\nA: ${question.options[question.answer]}\n\n`;
    }
  }
}

function questionsOf(row: TaskRow): Question[] {
  if (!row.has("questions")) {
    const [question, options] = [row.text("question").trim(), row.texts("options", 4)];
    return [{ question, options, answer: letters.indexOf(row.oneOf("answer", letters)) }];
  }
  return row.texts("questions").map((question, i) => ({
    question: question.trim(),
    options: row.texts(`options.${i}`, 4),
    answer: letters.indexOf(row.oneOf(`answers.${i}`, letters)),
  }));
}
