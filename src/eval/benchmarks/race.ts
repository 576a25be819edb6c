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
      items: (source: TaskSource) => questions(source, level),
      prompt: "Article: {article}\n\n{earlier}Q: {question}\n\nA:",
      options: ({ options }: Question) => options,
      answer: ({ answer }: Question) => answer,
      normalisation,
      unconditionalContext: "A:",
    });
  return { ...task("ratio"), variants: { characters: task("characters") } };
}

/** Reads the questions of a level; a file of both levels names the level in the id of each article. */
function questions(
  source: TaskSource,
  level: string,
): AsyncGenerator<Question & { article: string; earlier: string }> {
  let article = "";
  let earlier = "";
  return source.items((row) => {
    const [other] = /^(?:middle|high)/.exec(String(row.value("example_id") ?? row.value("id"))) ?? [];
    if (other !== undefined && other !== level) return undefined;
    const next = row.text("article").trim();
    if (next !== article) earlier = "";
    article = next;
    return placesOf(row).flatMap((place) => {
      const question = source.usable(() => questionOf(row, place));
      if (question === undefined) return [];
      const item = { article, earlier, ...question };
      earlier += `Q: ${question.question}\n\nA: ${question.options[question.answer]}\n\n`;
      return [item];
    });
  });
}

/** Names the fields of a question. */
interface QuestionFields {
  question: string;
  options: string;
  answer: string;
}

/** Returns the fields of each question of a row, which holds one question or those of an article. */
function placesOf(row: TaskRow): QuestionFields[] {
  if (!row.has("questions")) return [{ question: "question", options: "options", answer: "answer" }];
  return row.list("questions").map((_, i) => (
    { question: `questions.${i}`, options: `options.${i}`, answer: `answers.${i}` }
  ));
}

function questionOf(row: TaskRow, fields: QuestionFields): Question {
  const options = row.options(fields.options, 4);
  const answer = letters.slice(0, options.length).indexOf(row.oneOf(fields.answer, letters));
  if (answer < 0) throw row.wrong(fields.answer, `must be one of the ${options.length} options`);
  return { question: row.text(fields.question).trim(), options, answer };
}
