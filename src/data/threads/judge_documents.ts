/**
 * One document under a chain of judges. Workers and the main thread call the same functions, so the result does not depend
 * on the thread.
 *
 * @module
 */
import { type Job, jobOf, type Make } from "../../base/job.ts";
import type { Document } from "../document.ts";
import type { Derive, Judge, Note, StageJob } from "../plan/document_stage.ts";

/** Judges that a document passes one after another, and the function that derives a value from the ones they keep. */
export interface Chain<D> {
  /** The judges, in order. */
  judges: readonly Judge[];
  /** Derives the value for the next step. */
  derive: Derive<D>;
}

/** The result of a chain for one document: its changes, and either the value derived from it or the step that dropped it. */
export type JudgeResult<D> = Changes & ({ derived: D } | { step: number; drop: string });

interface Changes {
  /** The new text, where it changed. */
  text?: string;
  /** Additions to `meta`. */
  meta?: Record<string, unknown>;
  /** Notes of the judges: index of the step, subject, times. */
  notes?: [number, string, number][];
}

/** Asks one judge after another. A document whose text becomes blank is dropped. */
export function judgeDocument<D>(document: Document, { judges, derive }: Chain<D>): JudgeResult<D> {
  const changes: Changes = {};
  let current = document;
  let step = 0;
  const note: Note = (what, times = 1) => {
    if (times) (changes.notes ??= []).push([step, what, times]);
  };
  for (; step < judges.length; step++) {
    const verdict = judges[step](current, note);
    if ("drop" in verdict) return Object.assign(changes, { step, drop: verdict.drop });
    const { text, meta } = verdict;
    if (text.trim() === "") return Object.assign(changes, { step, drop: "nothing left" });
    if (text !== current.text) changes.text = text;
    if (meta) changes.meta = { ...changes.meta, ...meta };
    if (text !== current.text || meta) current = { ...current, text, meta: { ...current.meta, ...meta } };
  }
  return Object.assign(changes, { derived: derive(current) });
}

/** Derives nothing: the end of a chain that only judges. */
export const nothing: StageJob<Derive<undefined>> = {
  job: jobOf(import.meta.url, undefined, deriveNothing),
  make: deriveNothing,
};

/** Makes the function that derives nothing. */
export function deriveNothing(): Derive<undefined> {
  return () => undefined;
}

/** A chain as data. */
interface ChainConfig {
  judges: readonly Job[];
  derive: Job;
}

/** Returns the job that makes a chain in a worker. */
export function chainJob(config: ChainConfig): Job {
  return jobOf(import.meta.url, config, makeChain);
}

/**
 * Makes a chain from its jobs. A document on which a judge throws has no result: the main thread judges it again and throws
 * the error there.
 */
export async function makeChain(
  config: ChainConfig,
  make: Make,
): Promise<(documents: readonly Document[]) => (JudgeResult<unknown> | undefined)[]> {
  const chain: Chain<unknown> = {
    judges: await Promise.all(config.judges.map((job) => make<Judge>(job))),
    derive: await make<Derive<unknown>>(config.derive),
  };
  return (documents) =>
    documents.map((document) => {
      try {
        return judgeDocument(document, chain);
      } catch {
        return undefined;
      }
    });
}
