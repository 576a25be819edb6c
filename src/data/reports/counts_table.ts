/**
 * The table of the records that each step kept and dropped.
 *
 * @module
 */
import type { Picture } from "../../display/display.ts";
import { table } from "../../display/table.ts";
import type { StepCounts } from "../plan/pass.ts";

/** The most notes of a step that the table lists; the largest are taken. [ours] */
const maxNotes = 12;

/**
 * Draws one row per step, readers first; `why` lists the reasons of the drops and the step's notes. The counts of all
 * notes stand in the steps themselves and in JSON.
 */
export function countsTable(steps: readonly StepCounts[]): Picture {
  return table(
    steps.map(({ step, kept, dropped, notes }) => ({
      step,
      kept,
      dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
      why: [...Object.entries(dropped).map(([name, value]) => `${name}: ${value}`), ...notesText(notes)].join(
        ", ",
      ),
    })),
  );
}

function notesText(notes: StepCounts["notes"]): string[] {
  const all = Object.entries(notes);
  const shown = all.length <= maxNotes
    ? all
    : all.sort(([, a], [, b]) => sizeOf(b) > sizeOf(a) ? 1 : sizeOf(b) < sizeOf(a) ? -1 : 0).slice(
      0,
      maxNotes,
    );
  const more = all.length > shown.length ? [`${all.length - shown.length} more notes`] : [];
  return [...shown.map(([name, value]) => `${name}: ${value}`), ...more];
}

/** Returns the size of a note by which notes are sorted; a text, such as the place of the first broken record, is first. */
function sizeOf(value: number | string): number {
  return typeof value === "number" ? value : Infinity;
}
