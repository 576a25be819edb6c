/**
 * Splits by a hash of the id. The part of a record depends on the seed and its id alone, so a corpus that grows keeps every
 * record in its part. Validation data is held out the same way.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { hash32, hashUniform } from "../../base/random.ts";
import { optionsSchema, wrongArgument } from "../../base/schema.ts";
import { idOf } from "../document.ts";
import { onEachSource } from "./mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { stepPlan } from "./stateful_step.ts";

/** Settings of a split. */
export interface SplitOptions {
  /** Seed of the hash that assigns records to parts; default 42. */
  seed?: number;
}

/** The schema of {@linkcode SplitOptions}. */
export const splitSchema = optionsSchema<SplitOptions>("SplitOptions")(
  z.strictObject({ seed: z.number().int().default(42) }),
);

/** A part of a split: the records whose hash under `seed` lies in [from, to). */
export interface Part {
  /** Its name. */
  name: string;
  /** Lower end, 0 to 1. */
  from: number;
  /** Upper end, 0 to 1. */
  to: number;
  /** Seed of the hash. */
  seed: number;
}

/**
 * Returns the parts of `shares`, one after another in [0, 1).
 *
 * @throws {ConfigError} when a share is not positive or they sum to more than 1
 */
export function partsOf<Name extends string>(
  plan: DatasetPlan,
  shares: Record<Name, number>,
  seed: number,
): Record<Name, Part> {
  if (typeof shares !== "object" || shares === null) {
    throw wrongArgument("Dataset.split", "shares by name, { train: 0.9, test: 0.1 }", shares);
  }
  const names = Object.keys(shares) as Name[];
  const sum = names.reduce((total, name) => total + shares[name], 0);
  const wrong = names.find((name) => !(shares[name] > 0 && shares[name] <= 1));
  if (wrong !== undefined) {
    throw new ConfigError(
      `Cannot split: share ${wrong} must be above 0 and at most 1, current value is ${shares[wrong]}`,
      { path: `Dataset.split.${wrong}`, value: shares[wrong] },
    );
  }
  if (names.length === 0 || sum > 1 + 1e-9) {
    throw new ConfigError(`Cannot split: the shares must sum to at most 1, current sum is ${sum}`, {
      path: "Dataset.split",
      value: shares,
    });
  }
  const ownSeed = seedAt(plan, seed);
  let from = 0;
  const parts = {} as Record<Name, Part>;
  for (const name of names) {
    const to = from + shares[name];
    parts[name] = { name, from, to: to > 1 - 1e-9 ? 1 : to, seed: ownSeed };
    from = to;
  }
  return parts;
}

/** Returns the plan of the records of one part. */
export function partPlan<T>(input: DatasetPlan<T>, part: Part): DatasetPlan<T> {
  return onEachSource(input, (source) =>
    stepPlan<T, T>(source, {
      op: "split",
      options: { name: part.name, from: part.from, to: part.to, seed: part.seed },
      kind: source.kind,
      reach: "record",
      async *run(entries, counts) {
        for await (const entry of entries) {
          const place = hashUniform(part.seed, idOf(entry));
          if (place >= part.from && place < part.to) {
            counts.kept++;
            yield entry;
          } else counts.dropped["other part"] = (counts.dropped["other part"] ?? 0) + 1;
        }
      },
    }));
}

/** Returns the seed of a split: each split of a split has a seed of its own, so that it does not repeat the cut above it. */
function seedAt(plan: DatasetPlan, seed: number): number {
  const depth = splitsIn(plan);
  return depth === 0 ? seed : hash32(`split ${depth}`, seed);
}

function splitsIn(plan: DatasetPlan): number {
  return (plan.op === "split" ? 1 : 0) + Math.max(0, ...plan.inputs.map(splitsIn));
}
