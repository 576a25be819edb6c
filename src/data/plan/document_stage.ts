/**
 * Stages: steps whose work on a document depends on that document alone, so that workers can do it.
 *
 * @module
 */
import type { Job } from "../../base/job.ts";
import type { Document } from "../document.ts";
import type { Pass, StepCounts } from "./pass.ts";

/** The verdict on a document: its text from here on, with additions to its `meta` (undefined removes a key); or the reason why it is dropped. */
export type Verdict = { text: string; meta?: Record<string, unknown> } | { drop: string };

/** Counts something about a step beside what it keeps and drops, such as lines cut. */
export type Note = (what: string, times?: number) => void;

/** A function that judges a document. Pure: its verdict depends on the document and on the judge's configuration alone. */
export type Judge<I = Document> = (document: I, note: Note) => Verdict;

/** A pure function of a document whose value the next step reads, such as token ids, a perplexity or hashes of its words. */
export type Derive<D> = (document: Document) => D;

/** A document and a value derived from it. */
export interface Derived<D> {
  /** The document. */
  document: Document;
  /** The value. */
  derived: D;
}

/** A function of documents twice: as data for a worker, and as a function for this thread. */
export interface StageJob<F = Judge> {
  /** Makes the function in a worker; without it the whole chain of stages stays on the main thread. */
  job?: Job;
  /** Makes the function on this thread. */
  make: () => F | Promise<F>;
}

/** The part of a plan that makes it a stage. */
export interface DocumentStage {
  /** Makes the judge of a pass, at its beginning. */
  job: (pass: Pass, counts: StepCounts) => StageJob | Promise<StageJob>;
  /** The part of a document that the judge reads: its text alone (default), or all of it. */
  needs?: "text" | "document";
  /** True when its input are raw records with `source`, `id` and `meta`, of which it makes documents. */
  raw?: boolean;
}
