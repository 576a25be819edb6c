/**
 * The work of packing a source, and its result.
 *
 * @module
 */
import type { Encoder } from "../../base/encoder.ts";
import { DataError } from "../../base/errors.ts";
import type { Entry } from "../document.ts";
import type { StepCounts } from "../plan/pass.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { PrepareOptions } from "../windows/window.ts";
import type { RecordKind } from "./record_kind.ts";

/** The work of packing a source. */
export interface PackJob extends PrepareOptions {
  /** The source. */
  plan: DatasetPlan;
  /** The tokenizer. */
  encoder: Encoder;
  /** Positions of a window. */
  context: number;
}

/** Numbers of a packed source. */
export interface PackCounts {
  /** Number of documents or conversations. */
  documents: number;
  /** Their token ids, without padding. */
  tokens: number;
  /** UTF-8 bytes of text that is learned: of documents all of it, of conversations the answers. */
  bytes: number;
  /** Conversations longer than a window, and the tokens cut off them. */
  cut: { conversations: number; tokens: number };
}

/** Facts about a packed source: `facts.json` of its folder. */
export interface PackFacts extends PackCounts {
  /** The kind of its records. */
  kind: RecordKind;
  /** Counts of each step before the packing. */
  steps: StepCounts[];
}

/**
 * Returns the ids, checked against the vocabulary.
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
