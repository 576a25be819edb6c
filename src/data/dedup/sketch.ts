/**
 * What near deduplication compares of a document, made where workers can do it.
 *
 * @module
 */
import type { Document, Entry } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, stagePlan } from "../steps/document_step.ts";
import { bandHashes, type Bands } from "./minhash_lsh.ts";
import { type Shingles, shinglesOf } from "./shingles.ts";

/** The sequences of words of a document and the hashes of its bands; none where there is no word, or they are not asked for. */
export interface Sketch {
  /** The sequences. */
  shingles: Shingles;
  /** The hashes. */
  hashes?: Uint32Array;
}

/** What sketches are made of. */
export interface SketchOptions {
  /** Words of a sequence. */
  words: number;
  /** Bands to hash. */
  bands?: Bands;
}

/** The documents of `input`, each with its sketch. */
export function sketchedPlan(input: DatasetPlan<Document>, options: SketchOptions): DatasetPlan<Document> {
  return stagePlan(input, { op: "sketch", job: () => judgeOf(import.meta.url, options, shinglesJudge) });
}

/** Sketches documents. */
export function shinglesJudge({ words, bands }: SketchOptions): Judge {
  return ({ text }) => {
    const shingles = shinglesOf(text, words);
    const hashes = bands && shingles.hashes.length ? bandHashes(shingles, bands) : undefined;
    return { text, sketch: { shingles, hashes } satisfies Sketch };
  };
}

/** The sketch of a record of `sketchedPlan`, and the record without it. */
export function unsketched(
  { value, id, place, sketch }: Entry<Document>,
): Sketch & { entry: Entry<Document> } {
  return { ...sketch as Sketch, entry: { value, id, place } };
}
