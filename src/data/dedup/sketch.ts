/**
 * What near deduplication compares of a document, made where workers can do it.
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

/** Returns the plan of the documents of `input`, each with its sketch. */
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
