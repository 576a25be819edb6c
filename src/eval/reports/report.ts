/**
 * The report of an evaluation: numbers with their errors and protocols, and the record of every item behind them.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { withFiles } from "../../base/file_problem.ts";
import { nearest } from "../../base/schema.ts";
import { Displayable, fit, keyValues, percent, type Picture, table } from "../../display/mod.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { type ComparedRow, type CompareOptions, compareWithPaper } from "./compare.ts";
import { explainItem } from "./explain.ts";
import { cardSection, markdownOf } from "./markdown.ts";
import { protocolFacts } from "./protocol_facts.ts";
import { showInterval, showMeasure } from "../tasks/metric.ts";
import type { OddRow } from "../task_data/odd_rows.ts";
import type { ItemOutcome } from "../tasks/outcome.ts";
import { type Protocol, protocolLine, qualifications, type TaskResult } from "../tasks/task_result.ts";
import { ReportView } from "./view.ts";

/** A result without its items, as the report's JSON has it. */
export type ReportedResult = Omit<TaskResult, "items">;

/**
 * The results of an evaluation, in the order of the plan, models within tasks.
 *
 * ```ts
 * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
 *
 * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
 * const report = await new Evaluator(model).add("piqa", { data: goals }).run();
 * await report.show();
 * await report.write(`${await Deno.makeTempDir()}/report.json`);
 * ```
 */
export class Report extends Displayable {
  /** Makes a report of `results`. */
  constructor(/** One result per task and model. */ readonly results: readonly TaskResult[]) {
    super();
  }

  /**
   * Shows each number with its standard error, the 95% Wilson interval of a share, its n and its protocol; notes on data
   * and prompts stand below.
   *
   * ```ts
   * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
   * const report = await new Evaluator(model).add("piqa", { data: goals }).run();
   * const table = report.table();
   * await table.show();
   * console.log(table.facts[0].measures);
   * ```
   */
  table(): ReportView<ReportedResult[]> {
    const rows = this.results.flatMap((result) =>
      result.measures.map((measure, i) => ({ result, measure, first: i === 0 }))
    );
    const intervals = rows.some(({ measure }) => measure.interval !== undefined);
    const guessed = rows.some(({ measure }) => measure.chance !== undefined);
    const picture = table({
      columns: [
        { name: "task" },
        { name: "model" },
        { name: "metric" },
        { name: "value", align: "right" },
        ...intervals ? [{ name: "95% interval", align: "right" as const }] : [],
        { name: "n" },
        ...guessed ? [{ name: "chance", align: "right" as const }] : [],
        { name: "protocol" },
      ],
      rows: rows.map(({ result, measure, first }) => [
        result.task,
        result.model,
        measure.unit === "nats per token" ? `${measure.metric}, ${measure.unit}` : measure.metric,
        showMeasure(measure),
        ...intervals ? [showInterval(measure)] : [],
        measure.n,
        ...guessed ? [measure.chance === undefined ? "" : percent(measure.chance)] : [],
        first ? protocolLine(result) : "",
      ]),
    }, { note: notes(this.results).join("\n") });
    return new ReportView(picture, this.results.map(withoutItems));
  }

  /**
   * Shows the scores beside those that the paper prints; `{ table: 9 }` shows that table with all its columns.
   *
   * ```ts
   * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
   * const report = await new Evaluator(model).add("piqa", { data: goals }).run();
   * await report.compare().show();
   * await report.compare({ table: 3 }).show();
   * ```
   *
   * @throws {ConfigError} for a table that has no scores
   */
  compare(options: CompareOptions = {}): ReportView<ComparedRow[]> {
    return compareWithPaper(this.results, options);
  }

  /**
   * Shows the whole protocol of a task: prompt, examples, decoding, data, model.
   *
   * @throws {ConfigError} when there is no such task or model
   */
  protocol(task: string, options: { model?: string } = {}): ReportView<Protocol> {
    const { protocol, model, kind } = this.#find(task, options.model);
    const rows = protocolFacts(protocol, kind === "loss" ? "windows" : "items");
    return new ReportView(keyValues(`${task} on ${model}`, rows), protocol);
  }

  /**
   * Shows item `i` of a task, counted from 0: prompt, options, scores, answer.
   *
   * ```ts
   * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
   * const report = await new Evaluator(model).add("piqa", { data: goals }).run();
   * await report.explain("piqa", 0).show();
   * ```
   *
   * @throws {ConfigError} when there is no such task, model or item
   */
  explain(task: string, i: number, options: { model?: string } = {}): ReportView<ItemOutcome> {
    const result = this.#find(task, options.model);
    if (result.items[i] !== undefined) return explainItem(result, i);
    const range = result.items.length ? `items 0 to ${result.items.length - 1}` : "no items";
    throw new ConfigError(`Cannot explain item ${i} of "${task}": it has ${range}`, { path: "i", value: i });
  }

  /**
   * Shows the rows of a task's data that are not as published: file and line, problem, and the consequence for the number.
   *
   * @throws {ConfigError} when there is no such task or model
   */
  rejects(task: string, options: { model?: string } = {}): ReportView<readonly OddRow[]> {
    const { model, rejects = [] } = this.#find(task, options.model);
    const rows = rejects.map((row) => ({
      file: row.file ?? "",
      line: row.line,
      problem: row.problem,
      effect: row.effect,
    }));
    return new ReportView(
      table(rows, { title: `${task} on ${model}: rows that are not as published` }),
      rejects,
    );
  }

  /**
   * Returns a number of the report: the task's first metric or `metric`, of the first model or `model`. Shares lie between
   * 0 and 1.
   *
   * @throws {ConfigError} when there is no such task, model or metric
   */
  value(task: string, options: { metric?: string; model?: string } = {}): number {
    const { measures } = this.#find(task, options.model);
    const names = measures.map(({ metric }) => metric);
    const metric = options.metric ?? names[0];
    const measure = measures.find((measure) => measure.metric === metric);
    if (measure) return measure.value;
    throw new ConfigError(`Cannot give the ${metric} of "${task}": its metrics are ${names.join(", ")}`);
  }

  #find(task: string, model?: string): TaskResult {
    const ofTask = this.results.filter((result) => result.task === task);
    const result = ofTask.find((result) => model === undefined || result.model === model);
    if (result) return result;
    const [noun, name, names] = ofTask.length
      ? ["model", model!, ofTask.map((result) => result.model)]
      : ["task", task, [...new Set(this.results.map((result) => result.task))]];
    const near = nearest(name, names);
    throw new ConfigError(
      `Cannot find the ${noun} "${name}" in the report: ${
        near ? `did you mean "${near}"?` : `it has ${names.join(", ")}`
      }`,
      { path: noun, value: name },
    );
  }

  /** Returns the table of all numbers. */
  override picture(): Picture {
    return this.table().picture();
  }

  /** Returns the numbers and protocols, without the items. */
  toJSON(): { results: ReportedResult[] } {
    return { results: this.results.map(withoutItems) };
  }

  /** Returns the numbers and protocols as Markdown. */
  toMarkdown(): string {
    return markdownOf(this.results, notes(this.results));
  }

  /** Returns the evaluation section of a model card, in Markdown. */
  modelCard(): string {
    return cardSection(this.results, notes(this.results), new Date());
  }

  /**
   * Writes the numbers, protocols and all items as JSON, with the date; to a path that ends in `.md` it writes the numbers
   * and protocols as Markdown. The file is written completely or not at all.
   */
  async write(path: string): Promise<void> {
    const json = () =>
      JSON.stringify({ date: new Date().toISOString(), results: this.results }, null, 1) + "\n";
    const text = path.endsWith(".md") ? this.toMarkdown() : json();
    await withFiles(
      `write the report to ${path}`,
      "Report.write",
      () => writeAtomically(path, (write) => write(new TextEncoder().encode(text))),
    );
  }
}

function withoutItems({ items: _, ...rest }: TaskResult): ReportedResult {
  return rest;
}

/** Returns the notes below the table: data and prompt of each task, odd rows, cut prompts, dropped examples, remarks. */
function notes(results: readonly TaskResult[]): string[] {
  const tasks = new Map(results.map((result) => [result.task, result]));
  const remarks = results.flatMap((result) =>
    [...qualifications(result), ...result.protocol.notes].map((note) =>
      `${result.task} on ${result.model}: ${note}`
    )
  );
  return [...[...tasks.values()].map(taskNote), ...remarks];
}

/** Returns the data, header, prompt and decoding of a task in one line. */
function taskNote({ task, kind, protocol }: TaskResult): string {
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
