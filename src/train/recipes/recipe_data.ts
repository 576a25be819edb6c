/**
 * A dataset out of its JSON: the readers and steps that say all about themselves there.
 *
 * Functions stand in JSON by their name and come from the caller; so do datasets whose JSON does not say all, such as
 * records in memory. The paper's corpora show their steps one by one, and are made anew by the call that made them.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";
import { hashOf } from "../../data/plan/fingerprint.ts";
import { type CorpusCall, Dataset, partPlan } from "../../data/mod.ts";
import type { DataJSON } from "../recipe.ts";

/** What JSON names and cannot hold. */
export interface RecipeParts {
  /** Functions of map and filter by their names. */
  functions?: Record<string, (record: never) => unknown>;
  /** Datasets by the name that `Dataset.from(records, { name })` gave them. */
  datasets?: Record<string, Dataset<object>>;
}

const readers = ["text", "lines", "jsonl", "csv", "parquet"] as const;
const corpora = ["commonCrawl", "c4", "github", "wikipedia", "books", "arxiv", "stackExchange"] as const;
const plainSteps = ["dedup", "language", "clean", "conversations", "shuffle"] as const;

/**
 * The dataset that `json` describes; nothing is read.
 *
 * @throws {ConfigError} naming the step that cannot be made of JSON, and what to give instead
 */
export function datasetOf(json: DataJSON, parts: RecipeParts = {}): Dataset<object> {
  if (json.call) return corpus(json, json.call);
  const { op, from, ...rest } = json;
  const options = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined && value !== null),
  );
  if (op === "mix") return mixed(from as Record<string, Source>, options, parts);
  const reader = readers.find((name) => name === op);
  if (reader && !from) return read(reader, options);
  if (op === "sample") return Dataset.sample(options.name as Parameters<typeof Dataset.sample>[0]);
  if (op === "from") return given(String(options.name), parts.datasets, "datasets", "Dataset.from");
  const [input] = from as DataJSON[] ?? [];
  if (!input) throw cannot(op);
  return step(datasetOf(input, parts) as Dataset, op, options, parts);
}

/** The corpus that the call makes, whose steps must be those of the JSON. */
function corpus(json: DataJSON, { name, paths, options }: CorpusCall): Dataset<object> {
  const verb = corpora.find((verb) => verb === name);
  if (!verb) throw cannot(name);
  const made = (Dataset[verb] as (paths: readonly string[], options?: object) => Dataset<object>)(
    paths,
    options,
  );
  const facts = (json: object) => hashOf(JSON.parse(JSON.stringify(json)));
  if (facts(made.toJSON()) === facts(json)) return made;
  throw new ConfigError(
    `Cannot run the recipe: the steps of "${name}" are not those that Dataset.${name} makes; change what you want ` +
      "changed in its call.options, and take its other steps out by making the recipe anew",
    { path: "data.call", value: name },
  );
}

type Source = { from: DataJSON; weight: number; maxEpochs?: number };

function mixed(sources: Record<string, Source>, options: object, parts: RecipeParts): Dataset<object> {
  const entries = Object.entries(sources).map(([name, { from, weight, maxEpochs }]) =>
    [name, { from: datasetOf(from, parts), weight, ...(maxEpochs !== undefined && { maxEpochs }) }] as const
  );
  return Dataset.mix<object>(Object.fromEntries(entries), options);
}

function read(
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

function step(
  input: Dataset,
  op: string,
  options: Record<string, unknown>,
  parts: RecipeParts,
): Dataset<object> {
  const { name, count } = options as { name: string; count: number };
  if (op === "map" || op === "filter") {
    const fn = given(name, parts.functions, "functions", op) as (record: unknown) => never;
    return input[op](fn, { name });
  }
  if (op === "take" || op === "skip") return input[op](count);
  const plain = plainSteps.find((name) => name === op);
  if (plain) return (input[plain] as (options: object) => Dataset<object>).call(input, options);
  if (op === "split") {
    const { start, to, seed } = options as { start: number; to: number; seed: number };
    return new Dataset(partPlan(input.plan, { name, from: start, to, seed }));
  }
  throw cannot(op);
}

function given<T>(name: string, all: Record<string, T> | undefined, kind: string, op: string): T {
  const found = all?.[name];
  if (found) return found;
  const near = nearest(name, Object.keys(all ?? {}));
  throw new ConfigError(
    `Cannot run the recipe: ${op} "${name}" does not stand in JSON, give it as { ${kind}: { ${
      JSON.stringify(name)
    }: ... } }` +
      (near ? `; did you mean "${near}"?` : ""),
    { path: `${kind}.${name}` },
  );
}

function cannot(op: string): ConfigError {
  return new ConfigError(
    `Cannot run the recipe: "${op}" cannot be made of JSON; write what it gives with dataset.write(path) and read that, or ` +
      "give the data as Dataset.from(records, { name }) and { datasets: { name: ... } }",
    { path: "data", value: op },
  );
}
