/**
 * What packing is given, and what it counts.
 *
 * @module
 */
import type { Encoder } from "../../base/encoder.ts";
import { DataError } from "../../base/errors.ts";
import type { Entry } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { PrepareProgress } from "../windows/window.ts";

/** What packing needs. */
export interface PackJob {
  /** The source. */
  plan: DatasetPlan;
  /** The tokenizer. */
  encoder: Encoder;
  /** Positions of a window. */
  context: number;
  /** Stops it. */
  signal?: AbortSignal;
  /** How many workers judge documents. */
  workers?: number;
  /** Told after each document. */
  onProgress?: (done: PrepareProgress) => void;
}

/**
 * The ids, checked against the vocabulary.
 *
 * @throws {DataError} when the tokenizer gave an id that its own `vocabSize` excludes
 */
export function checkIds(ids: Uint32Array, { vocabSize }: Encoder, entry: Entry<unknown>): Uint32Array {
  for (const id of ids) {
    if (id < vocabSize) continue;
    throw new DataError(
      `record ${entry.id}: the tokenizer gave id ${id}, ids must be below ${vocabSize}`,
      entry.place,
    );
  }
  return ids;
}
