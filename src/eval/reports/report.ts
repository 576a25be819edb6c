/**
 * What an evaluation found: numbers with their errors and protocols, and every item behind them.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";
import { Displayable, fit, keyValues, percent, type Picture, table } from "../../display/mod.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { compared, type ComparedRow, type CompareOptions } from "./compare.ts";
import { explained } from "./explain.ts";
import { cardSection, markdownOf } from "./markdown.ts";
import { showMeasure } from "../tasks/metric.ts";
import type { ItemOutcome } from "../tasks/outcome.ts";
import { type Protocol, protocolLine, type TaskResult } from "../tasks/task_result.ts";
import { ReportView } from "./view.ts";

/** A result without its items, as it stands in JSON. */
export type ReportedResult = Omit<TaskResult, "items">;

/** The results of an evaluation, in the order of the plan, models within tasks. */
export class Report extends Displayable {
  /** A report on `results`. */
  constructor(/** One for each task and model. */ readonly results: readonly TaskResult[]) {
    super();
  }

  /** Each number with its standard error, what it is a mean over, and its protocol; prompts stand below. */
  table(): ReportView<ReportedResult[]> {
    const rows = this.results.flatMap((result) =>
      result.measures.map((measure, i) => ({ result, measure, first: i === 0 }))
    );
    const guessed = rows.some(({ measure }) => measure.chance !== undefined);
    const picture = table({
      columns: [
        { name: "task" },
        { name: "model" },
        { name: "metric" },
        { name: "value", align: "right" },
        { name: "n" },
        ...guessed ? [{ name: "chance", align: "right" as const }] : [],
        { name: "protocol" },
      ],
      rows: rows.map(({ result, measure, first }) => [
        result.task,
        result.model,
        measure.unit === "nats per token" ? `${measure.metric}, ${measure.unit}` : measure.metric,
        showMeasure(measure),
        measure.n,
        ...guessed ? [measure.chance === undefined ? "" : percent(measure.chance)] : [],
        first ? protocolLine(result) : "",
      ]),
    }, { note: notes(this.results).join("\n") });
    return new ReportView(picture, this.results.map(withoutItems));
  }

  /**
   * The scores beside those that the paper prints; with `{ table: 9 }` in the layout of that table.
   *
   * @throws {ConfigError} for a table that has no scores
   */
  compare(options: CompareOptions = {}): ReportView<ComparedRow[]> {
    return compared(this.results, options);
  }

  /**
   * How a task was asked, in full: prompt, examples, decoding, data, model.
   *
   * @throws {ConfigError} when there is no such task or model
   */
  protocol(task: string, options: { model?: string } = {}): ReportView<Protocol> {
    const { protocol, model } = this.#find(task, options.model);
    const written = Object.entries(protocol).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, typeof value === "string" ? value : JSON.stringify(value)]]
    );
    return new ReportView(keyValues(`${task} on ${model}`, written), protocol);
  }

  /**
   * Item `i` of a task, counted from 0: prompt, options, scores, answer.
   *
   * @throws {ConfigError} when there is no such task, model or item
   */
  explain(task: string, i: number, options: { model?: string } = {}): ReportView<ItemOutcome> {
    const result = this.#find(task, options.model);
    if (result.items[i] !== undefined) return explained(result, i);
    const range = result.items.length ? `items 0 to ${result.items.length - 1}` : "no items";
    throw new ConfigError(`Cannot explain item ${i} of "${task}": it has ${range}`, { path: "i", value: i });
  }

  /**
   * A number: of the task's first metric, or of `metric`; of the first model, or of `model`.
   *
   * @throws {ConfigError} when there is no such task, model or metric
   */
  value(task: string, options: { metric?: string; model?: string } = {}): number {
    const { measures } = this.#find(task, options.model);
    const names = measures.map(({ metric }) => metric);
    const metric = options.metric ?? names[0];
    const found = measures.find((measure) => measure.metric === metric);
    if (found) return found.value;
    throw new ConfigError(`Cannot give the ${metric} of "${task}": its metrics are ${names.join(", ")}`);
  }

  #find(task: string, model?: string): TaskResult {
    const ofTask = this.results.filter((result) => result.task === task);
    const found = ofTask.find((result) => model === undefined || result.model === model);
    if (found) return found;
    const [what, name, names] = ofTask.length
      ? ["model", model!, ofTask.map((result) => result.model)]
      : ["task", task, [...new Set(this.results.map((result) => result.task))]];
    const near = nearest(name, names);
    throw new ConfigError(
      `Cannot find the ${what} "${name}" in the report: ${
        near ? `did you mean "${near}"?` : `it has ${names.join(", ")}`
      }`,
      { path: what, value: name },
    );
  }

  /** The table. */
  override picture(): Picture {
    return this.table().picture();
  }

  /** The numbers and protocols, without the items. */
  toJSON(): { results: ReportedResult[] } {
    return { results: this.results.map(withoutItems) };
  }

  /** The numbers and protocols as Markdown. */
  toMarkdown(): string {
    return markdownOf(this.results, notes(this.results));
  }

  /** The section on evaluation of a model card. */
  modelCard(): string {
    return cardSection(this.results, notes(this.results), new Date());
  }

  /**
   * Writes the numbers, protocols and all items as JSON, with the date; to a path that ends in `.md` the numbers and
   * protocols as Markdown. The file is there whole or not at all.
   */
  async write(path: string): Promise<void> {
    const json = () =>
      JSON.stringify({ date: new Date().toISOString(), results: this.results }, null, 1) + "\n";
    const text = path.endsWith(".md") ? this.toMarkdown() : json();
    await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
  }
}

function withoutItems({ items: _, ...rest }: TaskResult): ReportedResult {
  return rest;
}

/** What stands below the table: data and prompt of each task, and what did not fit. */
function notes(results: readonly TaskResult[]): string[] {
  const once = new Map(results.map((result) => [result.task, result]));
  const losses = results.flatMap(({ task, model, protocol: { truncated, droppedShots, notes } }) => [
    ...truncated ? [`${task} on ${model}: ${truncated} prompts were cut on the left to fit the context`] : [],
    ...droppedShots ? [`${task} on ${model}: ${droppedShots} examples did not fit and were dropped`] : [],
    ...notes.map((note) => `${task} on ${model}: ${note}`),
  ]);
  return [...[...once.values()].map(asked), ...losses];
}

/** What was asked, how, and of which data. */
function asked({ task, kind, protocol }: TaskResult): string {
  const { data, limit, prompt, header, decoding, chatTemplate } = protocol;
  const part = limit === undefined ? "all" : `the first ${limit}`;
  const unit = kind === "loss" ? "windows" : "items";
  const quoted = (name: string, text?: string) =>
    text === undefined ? [] : [`${name} ${fit(JSON.stringify(text), 120)}`];
  return [
    `${task}: ${part} ${unit}`,
    ...data === undefined ? [] : [`data ${data}`],
    ...quoted("header", header),
    ...quoted("prompt", prompt).map((text) => `${text}, ${chatTemplate ? "with the" : "no"} chat template`),
    ...decoding ? [`at most ${decoding.maxTokens} tokens, stop ${JSON.stringify(decoding.stop)}`] : [],
  ].join("; ");
}
