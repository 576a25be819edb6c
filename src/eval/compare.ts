/**
 * Scores beside those of the paper: models are rows, tasks are columns, as in its tables.
 *
 * @module
 */
import { fixed, table } from "../display/mod.ts";
import { showMeasure } from "./measure.ts";
import { published } from "./published.ts";
import type { TaskResult } from "./result.ts";
import { ReportView } from "./view.ts";

/** A model's scores in percent, by task. */
export interface ComparedRow {
  /** The model. */
  model: string;
  /** Where the row comes from: a table of the paper, or this report. */
  from: string;
  /** Percent, by task. */
  scores: Record<string, number>;
}

/** The results beside the paper's rows; tasks of which the paper prints nothing are named below. */
export function compared(results: readonly TaskResult[]): ReportView<ComparedRow[]> {
  const known = results.filter((result) => columnOf(result) !== undefined);
  const tasks = [...new Set(known.map(({ task }) => task))];
  const paper = gather(tasks.flatMap((task) => {
    const { table, rows } = published[task];
    return Object.entries(rows).map(([model, value]) => ({
      model,
      task,
      value,
      from: `paper, table ${table}`,
    }));
  }));
  const own = gather(known.map(({ model, task, measures: [{ value }] }) => (
    { model, task, value: 100 * value, from: "this report" }
  )));
  const cell = ({ model, from, scores }: ComparedRow, task: string) => {
    const ours = from === "this report"
      ? known.find((result) => result.model === model && result.task === task)
      : undefined;
    return ours
      ? showMeasure(ours.measures[0])
      : scores[task] === undefined
      ? ""
      : `${fixed(scores[task], 1)} %`;
  };
  const rows = [...paper, ...own];
  const picture = table({
    columns: [{ name: "model" }, ...tasks.map((name) => ({ name, align: "right" as const })), {
      name: "from",
    }],
    rows: rows.map((row) => [row.model, ...tasks.map((task) => cell(row, task)), row.from]),
  }, { title: "Beside the paper", note: notes(results, known).join("\n") });
  return new ReportView(picture, rows);
}

/** What the paper prints for the task, if the result is of the same metric. */
function columnOf({ task, measures: [{ metric }] }: TaskResult): typeof published[string] | undefined {
  const column = Object.hasOwn(published, task) ? published[task] : undefined;
  return column?.metric === metric ? column : undefined;
}

function gather(cells: { model: string; task: string; value: number; from: string }[]): ComparedRow[] {
  const rows = new Map<string, ComparedRow>();
  for (const { model, task, value, from } of cells) {
    const row = rows.get(model) ?? { model, from, scores: {} };
    row.scores[task] = value;
    rows.set(model, row);
  }
  return [...rows.values()];
}

/** What makes the numbers less comparable than they look. */
function notes(results: readonly TaskResult[], known: readonly TaskResult[]): string[] {
  const others = results.filter((result) => !known.includes(result)).map(({ task }) => task);
  const differing = known.flatMap(({ task, model, protocol: { limit, shots } }) => [
    ...limit === undefined ? [] : [`${task} of ${model} is over the first ${limit} items only`],
    ...shots === published[task].shots
      ? []
      : [`${task} of ${model} is ${shots}-shot, the paper's is ${published[task].shots}-shot`],
  ]);
  const absent = others.length ? [`The paper prints nothing for ${[...new Set(others)].join(", ")}`] : [];
  return [...differing, ...absent];
}
