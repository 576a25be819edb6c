/**
 * Scores beside those of the paper: models are rows and tasks are columns, as in most of its tables.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { type Column as DisplayColumn, fixed, type Grid, table } from "../../display/mod.ts";
import { type Measure, showMeasure } from "../tasks/metric.ts";
import { published, type PublishedColumn, publishedTitles } from "./published.ts";
import type { TaskResult } from "../tasks/task_result.ts";
import { ReportView } from "./view.ts";

/** A model's scores, by column. */
export interface ComparedRow {
  /** The model. */
  model: string;
  /** Where the row comes from: the paper, or this report. */
  from: string;
  /** In the unit of the paper's table: percent, or a fraction for tables 11 and 14. */
  scores: Record<string, number>;
}

/** How scores are compared. */
export interface CompareOptions {
  /** One table of the paper with all its columns, also those that were not measured; default: what was measured. */
  table?: number;
}

/** A published column, and what this report has for it. */
interface Column {
  name: string;
  paper: PublishedColumn;
  own: Own[];
}

interface Own {
  result: TaskResult;
  measure: Measure;
}

/**
 * The results beside the paper's rows; tasks of which the paper prints nothing are named below.
 *
 * @throws {ConfigError} for a table that has no scores
 */
export function compared(
  results: readonly TaskResult[],
  { table: number }: CompareOptions = {},
): ReportView<ComparedRow[]> {
  const columns = columnsOf(results, number);
  if (number !== undefined && columns.length === 0) {
    const known = Object.keys(publishedTitles).join(", ");
    throw new ConfigError(`Cannot compare with table ${number}: the tables of scores are ${known}`, {
      path: "table",
      value: number,
    });
  }
  const paper = rowsOf(
    columns.flatMap(({ name, paper: { rows } }) =>
      Object.entries(rows).map(([model, value]) => ({ model, name, value, from: "paper" }))
    ),
  );
  const own = rowsOf(
    columns.flatMap(({ name, own }) =>
      own.map(({ result: { model }, measure: { value, unit } }) => (
        { model, name, value: unit === "share" ? 100 * value : value, from: "this report" }
      ))
    ),
  );
  const rows = [...paper, ...own];
  const title = number === undefined
    ? "Beside the paper"
    : `Table ${number} of the paper: ${publishedTitles[number]}`;
  const note = notes(results, columns, number).join("\n");
  const shown = turned.has(number ?? 0) ? across(rows, columns) : down(rows, columns);
  return new ReportView(table(shown, { title, note }), rows);
}

/** Tables of the paper in which models are columns. */
const turned: ReadonlySet<number> = new Set([12, 13, 16]);

function down(rows: readonly ComparedRow[], columns: readonly Column[]): Grid {
  return {
    columns: [{ name: "model" }, ...columns.map(({ name }) => right(name)), { name: "from" }],
    rows: rows.map((row) => [row.model, ...columns.map((column) => cell(row, column)), row.from]),
  };
}

function across(rows: readonly ComparedRow[], columns: readonly Column[]): Grid {
  const ours = (row: ComparedRow) => row.from === "paper" ? row.model : `${row.model} (${row.from})`;
  return {
    columns: [{ name: "" }, ...rows.map((row) => right(ours(row)))],
    rows: columns.map((column) => [column.name, ...rows.map((row) => cell(row, column))]),
  };
}

function right(name: string): DisplayColumn {
  return { name, align: "right" };
}

/** The columns of a table, or those that were measured; the 57 subjects of table 16 only when asked for. */
function columnsOf(results: readonly TaskResult[], number: number | undefined): Column[] {
  const all = published.map((paper) => ({ name: nameOf(paper), paper, own: ownOf(results, paper) }));
  if (number !== undefined) {
    const those = all.filter(({ paper }) => paper.table === number);
    const alone = new Set(those.map(({ paper }) => paper.task)).size === 1; // its name says nothing then
    return those.map((one) =>
      alone ? { ...one, name: one.name.slice(one.paper.task.length + 1) || "all" } : one
    );
  }
  return all.filter(({ paper, own }) => paper.table !== 16 && paper.table !== 10 && own.length > 0);
}

function nameOf({ task, metric, shots, variant }: PublishedColumn): string {
  const often = published.filter((other) => other.task === task && other.metric === metric);
  const kinds = new Set(often.map((other) => other.shots)).size;
  const [, part] = /^\w+, (.*)$/.exec(metric) ?? [];
  const first = metric === "exact match" || metric === "accuracy";
  return [
    task,
    part ?? (first || metric === "stereotype" ? "" : metric),
    kinds > 1 ? `${shots}-shot` : "",
    variant,
  ]
    .filter(Boolean).join(" ");
}

/** Results of the same benchmark and metric; where the paper has several numbers of shots, of the same number. */
function ownOf(results: readonly TaskResult[], paper: PublishedColumn): Own[] {
  const { task, metric, shots, variant } = paper;
  const strict = published.some((other) =>
    other.task === task && other.metric === metric && other.shots !== shots
  );
  return results.flatMap((result) => {
    const { benchmark, protocol } = result;
    const measure = result.measures.find((measure) => measure.metric === metric);
    const same = benchmark === task && (variant === undefined || (protocol.variant ?? "basic") === variant);
    return measure && same && (!strict || protocol.shots === shots) ? [{ result, measure }] : [];
  });
}

function rowsOf(cells: { model: string; name: string; value: number; from: string }[]): ComparedRow[] {
  const rows = new Map<string, ComparedRow>();
  for (const { model, name, value, from } of cells) {
    const row = rows.get(model) ?? { model, from, scores: {} };
    row.scores[name] = value;
    rows.set(model, row);
  }
  return [...rows.values()];
}

function cell({ model, from, scores }: ComparedRow, { name, paper, own }: Column): string {
  if (from === "this report") {
    const ours = own.findLast(({ result }) => result.model === model);
    return ours ? showMeasure(ours.measure) : "";
  }
  if (scores[name] === undefined) return "";
  return paper.unit === "share" ? `${fixed(scores[name], 1)} %` : String(scores[name]);
}

/** Where the columns stand in the paper, and what makes the numbers less comparable than they look. */
function notes(results: readonly TaskResult[], columns: readonly Column[], number?: number): string[] {
  const known = columns.flatMap(({ own, paper }) => own.map(({ result }) => ({ result, paper })));
  const tables = [...new Set(columns.map(({ paper }) => paper.table))];
  const where = number === undefined && tables.length
    ? [`Numbers of the paper: table${tables.length > 1 ? "s" : ""} ${tables.join(", ")}`]
    : [];
  const differing = known.flatMap(({ result: { task, model, protocol: { limit, shots } }, paper }) => [
    ...limit === undefined ? [] : [`${task} of ${model} is over the first ${limit} items only`],
    ...paper.shots === undefined || shots === paper.shots
      ? []
      : [`${task} of ${model} is ${shots}-shot, the paper's is ${paper.shots}-shot`],
  ]);
  const others = results.filter((result) => !known.some((one) => one.result === result));
  const absent = number === undefined && others.length
    ? [`The paper prints nothing for ${[...new Set(others.map(({ task }) => task))].join(", ")}`]
    : [];
  return [...where, ...new Set(differing), ...absent];
}
