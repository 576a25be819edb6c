/**
 * One document under a row of judges: the same function decides on the main thread and in a worker, so the result cannot
 * depend on where it ran.
 *
 * @module
 */
import { type Job, jobOf, type Make } from "../../base/job.ts";
import type { Document } from "../document.ts";

/** What becomes of a document: its new text (and what else is known about it now), or why it goes. */
export type Verdict =
  | { text: string; meta?: Record<string, unknown>; sketch?: unknown }
  | { drop: string };

/** Counts something worth knowing about a step, such as lines cut. */
export type Note = (what: string, times?: number) => void;

/** Judges a document. Pure: what it says depends on the document and on what it was made of alone. */
export type Judge<I = Document> = (document: I, note: Note) => Verdict;

/** What a row of judges said of one document. */
export interface JudgeResult {
  /** The step that dropped it, from 0. */
  at?: number;
  /** Why. */
  why?: string;
  /** Its text, where that changed. */
  text?: string;
  /** What was added to its `meta`. */
  meta?: Record<string, unknown>;
  /** What the last step made of it for the step behind, such as hashes. */
  sketch?: unknown;
  /** Step, what, how often. */
  notes?: [number, string, number][];
  /** A judge threw. */
  failed?: true;
}

/** Asks one judge after another. A text that becomes blank goes; one that is only sketched stays. */
export function outcomeOf(given: Document, judges: readonly Judge[]): JudgeResult {
  const outcome: JudgeResult = {};
  let document = given;
  let at = 0;
  const note: Note = (what, times = 1) => {
    if (times) (outcome.notes ??= []).push([at, what, times]);
  };
  for (; at < judges.length; at++) {
    const verdict = judges[at](document, note);
    if ("drop" in verdict) return { ...outcome, at, why: verdict.drop };
    const { text, meta, sketch } = verdict;
    if (sketch === undefined && text.trim() === "") return { ...outcome, at, why: "nothing left" };
    if (text !== document.text) outcome.text = text;
    if (meta) outcome.meta = { ...outcome.meta, ...meta };
    if (sketch !== undefined) outcome.sketch = sketch;
    if (text !== document.text || meta) document = { ...document, text, meta: { ...document.meta, ...meta } };
  }
  return outcome;
}

/** The jobs of a row of judges as one. */
export function rowJob(jobs: readonly Job[]): Job {
  return jobOf(import.meta.url, jobs, judgedRow);
}

/** What a worker makes of the jobs of a row of judges. */
export async function judgedRow(
  jobs: readonly Job[],
  make: Make,
): Promise<(documents: readonly Document[]) => JudgeResult[]> {
  const judges = await Promise.all(jobs.map((job) => make<Judge>(job)));
  return (documents) => documents.map((document) => tried(document, judges));
}

/** A judge that throws does so again on the main thread, where its error is as it should be. */
function tried(document: Document, judges: readonly Judge[]): JudgeResult {
  try {
    return outcomeOf(document, judges);
  } catch {
    return { failed: true };
  }
}
