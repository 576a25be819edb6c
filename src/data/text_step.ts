/**
 * Steps that judge or change one text at a time: most of the paper's processing.
 *
 * @module
 */
import { asDocument, type Document } from "./document.ts";
import { onEachSource } from "./mix.ts";
import type { Plan } from "./plan.ts";
import { stepPlan } from "./step.ts";

/** What becomes of a document: its new text (and what else is known about it now), or why it goes. */
export type Verdict = { text: string; meta?: Record<string, unknown> } | { drop: string };

/** Counts something worth knowing about a step, such as lines cut. */
export type Note = (what: string, times?: number) => void;

/** What a step over texts is. */
export interface TextStep {
  /** Its verb. */
  op: string;
  /** Its options, as shown and hashed. */
  options?: Record<string, unknown>;
  /** Facts outside the plan, such as a model. */
  identity?: () => unknown;
  /** Made for one pass: judges a document after another. */
  judge: () => Judge | Promise<Judge>;
}

/** Judges a document. */
export type Judge = (document: Document, note: Note) => Verdict;

/** The plan that puts such a step after `input`, or after each source of a mixture. A text that becomes blank goes. */
export function textStepPlan(
  input: Plan<Document>,
  { op, options, identity, judge }: TextStep,
): Plan<Document> {
  return onEachSource(input, (source) =>
    stepPlan<Document, Document>(source, {
      op,
      options,
      identity,
      kind: "documents",
      async *run(entries, counts, reading) {
        const decide = await judge();
        const note: Note = (what, times = 1) => {
          if (times) counts.notes[what] = Number(counts.notes[what] ?? 0) + times;
        };
        for await (const entry of entries) {
          const document = asDocument(entry), verdict = decide(document, note);
          if ("drop" in verdict) await reading.drop(counts, verdict.drop, entry);
          else if (verdict.text.trim() === "") await reading.drop(counts, "nothing left", entry);
          else {
            counts.kept++;
            const { text } = verdict,
              meta = verdict.meta ? { ...document.meta, ...verdict.meta } : document.meta;
            yield text === document.text && meta === document.meta
              ? entry
              : { ...entry, value: { ...document, text, ...(meta ? { meta } : {}) } };
          }
        }
      },
    }));
}

/** A step that does nothing because something is missing, and says so in the plan. */
export function offPlan(input: Plan<Document>, op: string, why: string): Plan<Document> {
  return textStepPlan(input, { op, options: { name: `off: ${why}` }, judge: () => ({ text }) => ({ text }) });
}
