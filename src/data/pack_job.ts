/**
 * What packing is given, and what it counts.
 *
 * @module
 */
import type { Encoder } from "../base/encoder.ts";
import { DataError } from "../base/errors.ts";
import type { Entry } from "./document.ts";
import type { Plan } from "./plan.ts";
import type { StepCounts } from "./reading.ts";
import type { PrepareProgress } from "./windows.ts";

/** What a packing counted: `facts.json` of its folder. */
export interface Facts {
  /** What was packed. */
  kind: "documents" | "conversations";
  /** How many of them. */
  documents: number;
  /** Their token ids, without padding. */
  tokens: number;
  /** UTF-8 bytes of text that is learned: of documents whole, of conversations the answers. */
  bytes: number;
  /** Conversations that were longer than a window, and the tokens cut off them. */
  cut: { conversations: number; tokens: number };
  /** What each step kept and dropped. */
  steps: StepCounts[];
}

/** What packing needs. */
export interface PackJob {
  /** The source. */
  plan: Plan;
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
