/**
 * Compares scores with those of the paper: models are rows and tasks are columns, as in most of its tables.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { type Column as DisplayColumn, fixed, type Grid, percent, table } from "../../display/mod.ts";
import { type Measure, showMeasure } from "../tasks/metric.ts";
import { qualifications, type TaskResult } from "../tasks/task_result.ts";
import { published, type PublishedColumn, publishedTitles } from "./published.ts";
import { ReportView } from "./view.ts";

/** The scores of one model, by column. */
export interface ComparedRow {
  /** Name of the model. */
  model: string;
  /** Origin of the row: `paper` or `this report`. */
  from: string;
  /** Scores in the unit of the paper's table: percent, or a fraction in tables 11 and 14. */
  scores: Record<string, number>;
  /** Number of items of each score, by column; undefined for the paper's, which prints none. */
  n?: Record<string, number>;
  /** 95% Wilson interval of each share, by column, in the unit of the score. */
  intervals?: Record<string, [low: number, high: number]>;
}

/** The scores to compare. */
export interface CompareOptions {
  /** Number of a table of the paper, shown with all its columns; default: the columns that the report has scores for. */
  table?: number;
}

/** A published column and this report's scores for it. */
interface Column {
  name: string;
  paper: PublishedColumn;
  own: OwnScore[];
}

interface OwnScore {
  result: TaskResult;
  measure: Measure;
}

/**
 * Puts the results beside the paper's rows; a note names the tasks that the paper has no score for.
 *
 * @throws {ConfigError} for a table that has no scores
 */
export function compareWithPaper(
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
  const paperRows = rowsOf(
    columns.flatMap(({ name, paper: { rows } }) =>
      Object.entries(rows).map(([model, value]) => ({ model, name, value, from: "paper" }))
    ),
  );
  const ownRows = rowsOf(
    columns.flatMap(({ name, own }) =>
      own.map(({ result: { model }, measure: { value, unit, n, interval } }) => {
        const scale = unit === "share" ? 100 : 1;
        const range = interval?.map((bound) => scale * bound) as [number, number] | undefined;
        return { model, name, value: scale * value, n, interval: range, from: "this report" };
      })
    ),
  );
  const rows = [...paperRows, ...ownRows];
  const title = number === undefined
    ? "Scores beside those of the paper"
    : `Table ${number} of the paper: ${publishedTitles[number]}`;
  const note = notes(results, columns, number).join("\n");
  const grid = modelsAcross.has(number ?? 0)
    ? gridOfModelColumns(rows, columns)
    : gridOfModelRows(rows, columns);
  return new ReportView(table(grid, { title, note }), rows);
}

/** Numbers of the paper's tables in which models are columns. */
const modelsAcross: ReadonlySet<number> = new Set([12, 13, 16]);

function gridOfModelRows(rows: readonly ComparedRow[], columns: readonly Column[]): Grid {
  return {
    columns: [{ name: "model" }, ...columns.map(({ name }) => numberColumn(name)), { name: "from" }],
    rows: rows.map((row) => [row.model, ...columns.map((column) => cell(row, column)), row.from]),
  };
}

function gridOfModelColumns(rows: readonly ComparedRow[], columns: readonly Column[]): Grid {
  const nameOfRow = (row: ComparedRow) => row.from === "paper" ? row.model : `${row.model} (${row.from})`;
  return {
    columns: [{ name: "" }, ...rows.map((row) => numberColumn(nameOfRow(row)))],
    rows: columns.map((column) => [column.name, ...rows.map((row) => cell(row, column))]),
  };
}

function numberColumn(name: string): DisplayColumn {
  return { name, align: "right" };
}

/**
 * Returns the columns of a table, or without a number the columns that this report has scores for. Table 16 (57 subjects)
 * and table 10 appear only when they are asked for.
 */
function columnsOf(results: readonly TaskResult[], number: number | undefined): Column[] {
  const all = published.map((paper) => ({ name: nameOf(paper), paper, own: ownScores(results, paper) }));
  if (number !== undefined) {
    const ofTable = all.filter(({ paper }) => paper.table === number);
    const oneTask = new Set(ofTable.map(({ paper }) => paper.task)).size === 1; // its name is left out then
    return ofTable.map((column) =>
      oneTask ? { ...column, name: column.name.slice(column.paper.task.length + 1) || "all" } : column
    );
  }
  return all.filter(({ paper, own }) => paper.table !== 16 && paper.table !== 10 && own.length > 0);
}

/** Returns a short name that is unique among the columns of the task. */
function nameOf({ task, metric, shots, variant }: PublishedColumn): string {
  const alike = published.filter((other) => other.task === task && other.metric === metric);
  const shotCounts = new Set(alike.map((other) => other.shots)).size;
  const [, group] = /^\w+, (.*)$/.exec(metric) ?? [];
  const implied = metric === "exact match" || metric === "accuracy" || metric === "stereotype";
  return [
    task,
    group ?? (implied ? "" : metric),
    shotCounts > 1 ? `${shots}-shot` : "",
    variant,
  ].filter(Boolean).join(" ");
}

/**
 * Returns the results of the same benchmark and metric; where the paper prints several numbers of shots, those of the
 * same number.
 */
function ownScores(results: readonly TaskResult[], paper: PublishedColumn): OwnScore[] {
  const { task, metric, shots, variant } = paper;
  const severalShots = published.some((other) =>
    other.task === task && other.metric === metric && other.shots !== shots
  );
  return results.flatMap((result) => {
    const { benchmark, protocol } = result;
    const measure = result.measures.find((measure) => measure.metric === metric);
    const same = benchmark === task && (variant === undefined || (protocol.variant ?? "basic") === variant);
    return measure && same && (!severalShots || protocol.shots === shots) ? [{ result, measure }] : [];
  });
}

/** A score of one model in one column. */
interface ScoreCell {
  model: string;
  name: string;
  value: number;
  from: string;
  n?: number;
  interval?: [low: number, high: number];
}

function rowsOf(cells: readonly ScoreCell[]): ComparedRow[] {
  const rows = new Map<string, ComparedRow>();
  for (const { model, name, value, n, interval, from } of cells) {
    const row = rows.get(model) ?? { model, from, scores: {} };
    row.scores[name] = value;
    if (n !== undefined) (row.n ??= {})[name] = n;
    if (interval !== undefined) (row.intervals ??= {})[name] = interval;
    rows.set(model, row);
  }
  return [...rows.values()];
}

function cell({ model, from, scores }: ComparedRow, { name, paper, own }: Column): string {
  if (from === "this report") {
    const score = own.findLast(({ result }) => result.model === model);
    return score ? ownText(score.measure) : "";
  }
  if (scores[name] === undefined) return "";
  return paper.unit === "share" ? percent(scores[name] / 100) : String(scores[name]);
}

/** Writes a score of this report with its interval, or its error, and its number of items: `66.7% [20.8, 93.9], n 3`. */
function ownText(measure: Measure): string {
  const { value, interval, n } = measure;
  const [low, high] = (interval ?? []).map((bound) => fixed(100 * bound, 1));
  const score = interval ? `${percent(value)} [${low}, ${high}]` : showMeasure(measure);
  return `${score}, n ${fixed(n, 0)}`;
}

/** Names the paper's tables, and the differences that make scores less comparable: limits, shots, missing columns. */
function notes(results: readonly TaskResult[], columns: readonly Column[], number?: number): string[] {
  const compared = columns.flatMap(({ own, paper }) => own.map(({ result }) => ({ result, paper })));
  const tables = [...new Set(columns.map(({ paper }) => paper.table))];
  const brackets = compared.length
    ? ["Scores of this report stand with their 95% Wilson intervals; means with their standard errors"]
    : [];
  const origin = number === undefined && tables.length
    ? [`Numbers of the paper: table${tables.length > 1 ? "s" : ""} ${tables.join(", ")}`]
    : [];
  const differing = compared.flatMap(({ result: { task, model, protocol: { limit, shots } }, paper }) => [
    ...limit === undefined ? [] : [`${task} of ${model} is over the first ${limit} items only`],
    ...paper.shots === undefined || shots === paper.shots
      ? []
      : [`${task} of ${model} is ${shots}-shot, the paper's is ${paper.shots}-shot`],
  ]);
  const qualified = [...new Set(compared.map(({ result }) => result))].flatMap((result) =>
    qualifications(result).map((text) => `${result.task} of ${result.model}: ${text}`)
  );
  const others = results.filter((result) => !compared.some((one) => one.result === result));
  const absent = number === undefined && others.length
    ? [`The paper has no score for ${[...new Set(others.map(({ task }) => task))].join(", ")}`]
    : [];
  return [...origin, ...brackets, ...new Set(differing), ...qualified, ...absent];
}
