/**
 * The table of the records that each step kept and dropped.
 *
 * @module
 */
import type { Picture } from "../../display/display.ts";
import { table } from "../../display/table.ts";
import type { StepCounts } from "../plan/pass.ts";

/** Draws one row per step, readers first; `why` lists the reasons of the drops and the step's notes. */
export function countsTable(steps: readonly StepCounts[]): Picture {
  return table(
    steps.map(({ step, kept, dropped, notes }) => ({
      step,
      kept,
      dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
      why: [...Object.entries(dropped), ...Object.entries(notes)].map(([name, value]) => `${name}: ${value}`)
        .join(", "),
    })),
  );
}
