/**
 * Makes a dataset from its JSON, for readers and steps whose JSON is complete.
 *
 * JSON holds functions by name only, and so datasets of records in memory: the caller supplies both. The paper's corpora
 * are made by the call in their JSON, and their steps must be the ones listed there.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { nearest } from "../base/schema.ts";
import { hashOf } from "../data/plan/fingerprint.ts";
import { type CorpusCall, Dataset, partPlan } from "../data/mod.ts";
import type { DataJSON } from "./recipe.ts";

/** The parts of a recipe that JSON names and cannot hold. */
export interface RecipeParts {
  /** Functions of map and filter, by name. */
  functions?: Record<string, (record: never) => unknown>;
  /** Datasets of records in memory, by the name in `Dataset.from(records, { name })`. */
  datasets?: Record<string, Dataset<object>>;
}

const readers = ["text", "lines", "jsonl", "csv", "parquet"] as const;
const corpora = ["commonCrawl", "c4", "github", "wikipedia", "books", "arxiv", "stackExchange"] as const;
const plainSteps = ["dedup", "language", "clean", "conversations", "shuffle"] as const;

/**
 * Makes the dataset that `json` describes; nothing is read.
 *
 * @throws {ConfigError} naming the step that cannot be made from JSON, and what to give instead
 */
export function datasetOf(json: DataJSON, parts: RecipeParts = {}): Dataset<object> {
  if (json.call) return corpusOf(json, json.call);
  const { op, from, ...rest } = json;
  const options = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined && value !== null),
  );
  if (op === "mix") return mixtureOf(from as Record<string, MixSource>, options, parts);
  const reader = readers.find((name) => name === op);
  if (reader && !from) return readerOf(reader, options);
  if (op === "sample") return Dataset.sample(options.name as Parameters<typeof Dataset.sample>[0]);
  if (op === "from") return partOf(String(options.name), parts.datasets, "datasets", "Dataset.from");
  if (op === "concat") return Dataset.concat(...(from as DataJSON[]).map((input) => datasetOf(input, parts)));
  const [input] = from as DataJSON[] ?? [];
  if (!input) throw notFromJson(op);
  return stepOf(datasetOf(input, parts) as Dataset, op, options, parts);
}

/** Makes one of the paper's corpora by its call; its steps must be those in the JSON. */
function corpusOf(json: DataJSON, { name, paths, options }: CorpusCall): Dataset<object> {
  const verb = corpora.find((verb) => verb === name);
  if (!verb) throw notFromJson(name);
  const made = (Dataset[verb] as (paths: readonly string[], options?: object) => Dataset<object>)(
    paths,
    options,
  );
  const hash = (json: object) => hashOf(JSON.parse(JSON.stringify(json)));
  if (hash(made.toJSON()) === hash(json)) return made;
  throw new ConfigError(
    `Cannot run the recipe: the steps of "${name}" are not those that Dataset.${name} makes; write the recipe ` +
      "anew with trainer.toJSON() instead of editing these steps",
    { path: "data.call", value: name },
  );
}

type MixSource = { from: DataJSON; weight: number; maxEpochs?: number };

function mixtureOf(sources: Record<string, MixSource>, options: object, parts: RecipeParts): Dataset<object> {
  const entries = Object.entries(sources).map(([name, { from, weight, maxEpochs }]) =>
    [name, { from: datasetOf(from, parts), weight, ...(maxEpochs !== undefined && { maxEpochs }) }] as const
  );
  return Dataset.mix<object>(Object.fromEntries(entries), options);
}

function readerOf(
  reader: typeof readers[number],
  { paths, ...options }: Record<string, unknown>,
): Dataset<object> {
  const { by } = options;
  const pattern = typeof by === "string" && /^\/(.*)\/(\w*)$/s.exec(by);
  if (pattern) options.by = new RegExp(pattern[1], pattern[2]);
  return (Dataset[reader] as (paths: string[], options: object) => Dataset<object>)(
    paths as string[],
    options,
  );
}

function stepOf(
  input: Dataset,
  op: string,
  options: Record<string, unknown>,
  parts: RecipeParts,
): Dataset<object> {
  const { name, count } = options as { name: string; count: number };
  if (op === "map" || op === "filter") {
    const fn = partOf(name, parts.functions, "functions", op) as (record: unknown) => never;
    return input[op](fn, { name });
  }
  if (op === "take" || op === "skip") return input[op](count);
  const plain = plainSteps.find((name) => name === op);
  if (plain) return (input[plain] as (options: object) => Dataset<object>).call(input, options);
  if (op === "split") {
    const { start, to, seed } = options as { start: number; to: number; seed: number };
    return new Dataset(partPlan(input.plan, { name, from: start, to, seed }));
  }
  throw notFromJson(op);
}

/** Returns the caller's function or dataset of that name. */
function partOf<T>(name: string, parts: Record<string, T> | undefined, kind: string, op: string): T {
  const part = parts?.[name];
  if (part) return part;
  const near = nearest(name, Object.keys(parts ?? {}));
  throw new ConfigError(
    `Cannot run the recipe: JSON does not hold ${op} "${name}", give it as { ${kind}: { ${
      JSON.stringify(name)
    }: ... } }` +
      (near ? `; did you mean "${near}"?` : ""),
    { path: `${kind}.${name}` },
  );
}

function notFromJson(op: string): ConfigError {
  return new ConfigError(
    `Cannot run the recipe: "${op}" cannot be made from JSON; write its records with dataset.write(path) and read ` +
      "that file, or give the data as Dataset.from(records, { name }) and { datasets: { name: ... } }",
    { path: "data", value: op },
  );
}
