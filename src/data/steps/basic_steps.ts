/**
 * The steps map, filter, take, skip and shuffle.
 *
 * After a mixture, map, filter and shuffle work on each source before it is drawn from, so the asked shares hold for the
 * records that are left; take and skip read the mixture as its one finite pass of documents.
 *
 * @module
 */
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import { optionsSchema, parseOptions, wrongArgument } from "../../base/schema.ts";
import type { Entry } from "../document.ts";
import type { ClosureOptions } from "../io/in_memory.ts";
import { onEachSource } from "./mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { call, closureOf, stepPlan } from "./stateful_step.ts";

const closureSchema = optionsSchema<ClosureOptions>("ClosureOptions")(z.strictObject({
  name: z.string().optional(),
  version: z.union([z.string(), z.number()]).optional(),
}));

/** Returns the plan that replaces each record by the result of `fn`. */
export function mapPlan<T, U>(
  input: DatasetPlan<T>,
  fn: (record: T) => U | Promise<U>,
  options: ClosureOptions,
): DatasetPlan<U> {
  if (typeof fn !== "function") throw wrongArgument("Dataset.map", "a function", fn);
  const closure = closureOf(fn, parseOptions(closureSchema, options, "Dataset.map"));
  return onEachSource(input, (source) =>
    stepPlan(source, {
      op: "map",
      options: { name: closure.name },
      closure,
      reach: "record",
      async *run(entries, counts) {
        for await (const entry of entries) {
          const value = await call(closure, "map", entry, () => fn(entry.value));
          if (value === undefined) {
            throw new DataError(
              `Cannot map record ${entry.id}: ${closure.name} gave nothing; use filter to drop records`,
              entry.place,
            );
          }
          counts.kept++;
          yield { ...entry, value };
        }
      },
    }));
}

/** Returns the plan of the records for which `fn` is true. */
export function filterPlan<T>(
  input: DatasetPlan<T>,
  fn: (record: T) => boolean | Promise<boolean>,
  options: ClosureOptions,
): DatasetPlan<T> {
  if (typeof fn !== "function") throw wrongArgument("Dataset.filter", "a function", fn);
  const closure = closureOf(fn, parseOptions(closureSchema, options, "Dataset.filter"));
  return onEachSource(input, (source) =>
    stepPlan<T, T>(source, {
      op: "filter",
      options: { name: closure.name },
      closure,
      kind: source.kind,
      reach: "record",
      async *run(entries, counts, pass) {
        for await (const entry of entries) {
          if (await call(closure, "filter", entry, () => fn(entry.value))) {
            counts.kept++;
            yield entry;
          } else await pass.drop(counts, `not ${closure.name}`, entry);
        }
      },
    }));
}

const countProblem = "must be a whole number, 0 or more";
const countSchema = z.number(countProblem).int(countProblem).min(0, countProblem);

/**
 * Checks a number of records.
 *
 * @throws {ConfigError} when it is not a whole number, 0 or more
 */
export function checkCount(count: number, path: string): number {
  return parseOptions(countSchema, count, path);
}

/** Returns the plan of the first `count` records; the others are not read. */
export function takePlan<T>(input: DatasetPlan<T>, count: number): DatasetPlan<T> {
  checkCount(count, "Dataset.take");
  return stepPlan<T, T>(input, {
    op: "take",
    options: { count },
    kind: input.kind,
    reach: { instead: "take from the joined dataset" },
    async *run(entries, counts) {
      if (count === 0) return;
      let taken = 0;
      for await (const entry of entries) {
        counts.kept++;
        yield entry;
        if (++taken === count) return;
      }
    },
  });
}

/** Returns the plan of all but the first `count` records. */
export function skipPlan<T>(input: DatasetPlan<T>, count: number): DatasetPlan<T> {
  checkCount(count, "Dataset.skip");
  return stepPlan<T, T>(input, {
    op: "skip",
    options: { count },
    kind: input.kind,
    reach: { instead: "skip in the joined dataset" },
    async *run(entries, counts) {
      let skipped = 0;
      for await (const entry of entries) {
        if (skipped < count) counts.dropped["skipped"] = ++skipped;
        else {
          counts.kept++;
          yield entry;
        }
      }
    },
  });
}

/** Settings of a shuffle. */
export interface ShuffleOptions {
  /** Seed of the order; default 42. */
  seed?: number;
  /** Records in memory at once: a dataset of up to so many is shuffled evenly, a longer one locally. Default 10,000 [ours]. */
  buffer?: number;
}

const shuffleSchema = optionsSchema<ShuffleOptions>("ShuffleOptions")(z.strictObject({
  seed: z.number().int().default(42),
  buffer: z.number().int().min(1).default(10_000),
}));

/** Returns the plan of the records in a seeded random order. (Windows of tokens are shuffled anyway.) */
export function shufflePlan<T>(input: DatasetPlan<T>, options: ShuffleOptions): DatasetPlan<T> {
  const { seed, buffer } = parseOptions(shuffleSchema, options, "Dataset.shuffle");
  return onEachSource(input, (source) =>
    stepPlan<T, T>(source, {
      op: "shuffle",
      options: { seed, buffer },
      kind: source.kind,
      reach: { instead: "shuffle the joined dataset; windows of tokens are shuffled anyway" },
      async *run(entries, counts) {
        const random = new Random(seed);
        const slots: Entry<T>[] = [];
        for await (const entry of entries) {
          counts.kept++;
          if (slots.length < buffer) slots.push(entry);
          else {
            const slot = random.below(buffer);
            yield slots[slot];
            slots[slot] = entry;
          }
        }
        yield* random.shuffle(slots);
      },
    }));
}
