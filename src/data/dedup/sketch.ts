/**
 * Sketches of documents for near deduplication, computed on workers.
 *
 * @module
 */
import { jobOf } from "../../base/job.ts";
import type { Document } from "../document.ts";
import type { Derive, Derived } from "../plan/document_stage.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { derivedPlan } from "../steps/document_step.ts";
import { bandHashes, type Bands } from "./minhash_lsh.ts";
import { type Shingles, shinglesOf } from "./shingles.ts";

/** The word sequences of a document and the hashes of its bands. */
export interface Sketch {
  /** The word sequences. */
  shingles: Shingles;
  /** Hashes of the bands; undefined for a text without words, or when no bands are given. */
  hashes?: Uint32Array;
}

/** Options of sketches. */
interface SketchOptions {
  /** Words per sequence. */
  words: number;
  /** Bands to hash; default none. */
  bands?: Bands;
}

/** Plans the documents of `input`, each with its sketch. */
export function sketchedPlan(
  input: DatasetPlan<Document>,
  options: SketchOptions,
): DatasetPlan<Derived<Sketch>> {
  return derivedPlan(input, {
    job: jobOf(import.meta.url, options, makeSketching),
    make: () => makeSketching(options),
  });
}

/** Makes the function that sketches documents. */
export function makeSketching({ words, bands }: SketchOptions): Derive<Sketch> {
  return ({ text }) => {
    const shingles = shinglesOf(text, words);
    const hashes = bands && shingles.hashes.length ? bandHashes(shingles, bands) : undefined;
    return { shingles, hashes };
  };
}
