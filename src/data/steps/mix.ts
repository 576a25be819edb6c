/**
 * Mixtures [paper 2.1, Table 1]: several sources read together in given proportions.
 *
 * Read as documents, a mixture is one finite pass that always takes the next document from the source that is
 * furthest behind its share of the bytes; it ends when that source is used up. Read as tokens, it is endless and
 * drawn window by window (`windows/window_order.ts`).
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, DataError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, wrongArgument } from "../../base/schema.ts";
import { type Entry, textBytes } from "../document.ts";
import { type DatasetPlan, describeStep, entriesOf, type MixSource } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";

/** One source of a mixture. */
export interface MixEntry<T> {
  /** The dataset. */
  from: { readonly plan: DatasetPlan<T> };
  /** Its share: of the UTF-8 bytes read as documents, of the windows read as tokens. Weights need not sum to 1. */
  weight: number;
  /** Number of times that it may be read, at least 1. Default: once as documents, without limit as tokens. */
  maxEpochs?: number;
}

/** Settings of a mixture. */
export interface MixOptions {
  /** Seed of the order of windows of tokens, joined with the seed of the run; default 42. */
  seed?: number;
}

const entrySchema = optionsSchema<MixEntry<unknown>>()(z.strictObject({
  from: z.custom<{ plan: DatasetPlan }>(
    (value) => Boolean((value as { plan?: DatasetPlan } | undefined)?.plan?.open),
    "must be a Dataset",
  ),
  weight: z.number().positive(),
  maxEpochs: z.number().min(1).optional(),
}));

const mixSchema = optionsSchema<MixOptions>("MixOptions")(
  z.strictObject({ seed: z.number().int().default(42) }),
);

/**
 * Returns the plan of a mixture of named sources.
 *
 * @throws {ConfigError} when there is no source, or a weight is not positive
 */
export function mixPlan<T>(sources: Record<string, MixEntry<T>>, options: MixOptions = {}): DatasetPlan<T> {
  const { seed } = parseOptions(mixSchema, options, "Dataset.mix");
  if (typeof sources !== "object" || sources === null) {
    throw wrongArgument("Dataset.mix", "sources by name, { books: { from: dataset, weight: 1 } }", sources);
  }
  const names = Object.keys(sources);
  if (names.length === 0) throw new ConfigError("Cannot mix: at least one source is needed, none was given");
  for (const name of names) {
    if ("plan" in Object(sources[name])) throw bareDataset(name);
    parseOptions(entrySchema, sources[name], `Dataset.mix.${name}`);
  }
  const total = names.reduce((sum, name) => sum + sources[name].weight, 0);
  return mixOf(
    names.map((name) => {
      const { from, weight, maxEpochs } = sources[name];
      return { name, plan: from.plan, weight: weight / total, maxEpochs };
    }),
    { seed },
  );
}

/** Applies a step to the plan, or to each source of it when it is a mixture. */
export function onEachSource<T, U>(
  plan: DatasetPlan<T>,
  step: (plan: DatasetPlan<T>) => DatasetPlan<U>,
): DatasetPlan<U> {
  if (!plan.mix) return step(plan);
  return mixOf(plan.mix.map((source) => ({ ...source, plan: step(source.plan) })), plan.options);
}

/** Returns the error of a source that is a dataset, without its weight. */
function bareDataset(name: string): ConfigError {
  return new ConfigError(
    `Cannot use Dataset.mix.${name}: it is a Dataset and has no weight, write { from: dataset, weight: 1 }`,
    { path: `Dataset.mix.${name}` },
  );
}

/** Returns the plan of a mixture of sources whose weights sum to 1. */
export function mixOf<T>(mix: readonly MixSource<T>[], options: DatasetPlan["options"]): DatasetPlan<T> {
  const kinds = new Set(mix.map(({ plan }) => plan.kind));
  const plan: DatasetPlan<T> = {
    op: "mix",
    options,
    inputs: mix.map((source) => source.plan),
    mix,
    kind: kinds.size === 1 ? mix[0].plan.kind : undefined,
    reach: { instead: "write each source by itself and mix the joined datasets" },
    open(pass) {
      const streams = mix.map((source) => new Stream(source, pass));
      return draw(streams, pass.countsOf(plan, describeStep(plan)));
    },
  };
  return plan;
}

/** Draws documents, always from the source with the least bytes per weight. */
async function* draw<T>(streams: Stream<T>[], counts: StepCounts): AsyncGenerator<Entry<T>> {
  try {
    while (true) {
      const next = streams.reduce((a, b) => b.lag < a.lag ? b : a);
      const entry = await next.read();
      if (entry === undefined) {
        counts.notes["ended with"] = next.source.name;
        return;
      }
      counts.kept++;
      counts.bytes[next.source.name] = next.bytes;
      yield { ...entry, place: { ...entry.place, source: next.source.name } };
    }
  } finally {
    for (const stream of streams) await stream.close();
  }
}

/** A source that is read again and again, up to its `maxEpochs`. */
class Stream<T> {
  bytes = 0;
  readonly source: MixSource<T>;
  readonly #pass: Pass;
  #entries: AsyncGenerator<Entry<T>>;
  #passesLeft: number;

  constructor(source: MixSource<T>, pass: Pass) {
    this.source = source;
    this.#pass = pass;
    this.#entries = entriesOf(source.plan, pass);
    this.#passesLeft = Math.floor(source.maxEpochs ?? 1) - 1;
  }

  /** Bytes read per weight: the source with the least is furthest behind its share. */
  get lag(): number {
    return this.bytes / this.source.weight;
  }

  /** Returns the next record; undefined when the source is used up. */
  async read(): Promise<Entry<T> | undefined> {
    let next = await this.#entries.next();
    if (next.done && this.bytes === 0) throw this.#empty();
    if (next.done && this.#passesLeft > 0) {
      this.#passesLeft--;
      this.#entries = entriesOf(this.source.plan, this.#pass);
      next = await this.#entries.next();
    }
    if (next.done) return undefined;
    this.bytes += Math.max(1, textBytes(next.value.value));
    return next.value;
  }

  async close(): Promise<void> {
    await this.#entries.return(undefined);
  }

  #empty(): DataError {
    const { name, plan } = this.source;
    return new DataError(
      `Cannot mix: source ${name} (${describeStep(plan)}) gave no records; check what its steps drop ` +
        `with stats(), or leave it out`,
      { source: name },
    );
  }
}
