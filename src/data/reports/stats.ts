/**
 * Statistics of a dataset after one pass: records, bytes, counts of each step, shares of a mixture.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/display.ts";
import { withProgress } from "../../display/progress.ts";
import { bytes as size, plural } from "../../display/format.ts";
import { type Entry, textBytes } from "../document.ts";
import { countsByPlan, rememberCounts } from "../plan/known_counts.ts";
import { type DatasetPlan, entriesOf, plansIn, sourceLabel } from "../plan/plan.ts";
import { Pass, type PassOptions, type StepCounts } from "../plan/pass.ts";
import { type Flow, flowOf, flowOfSteps } from "./flow.ts";
import { flowPicture } from "./flow_picture.ts";

/** The share of a source in the records of a pass. */
export interface SourceShare {
  /** Name of the source. */
  source: string;
  /** The share in the mixture's definition, 0 to 1. */
  asked: number;
  /** The share of the bytes of text, 0 to 1. */
  drawn: number;
  /** UTF-8 bytes of its text. */
  bytes: number;
}

/** RecordTotals of the records of a pass. */
export interface RecordTotals {
  /** Number of records. */
  records: number;
  /** UTF-8 bytes of their text. */
  bytes: number;
  /** UTF-8 bytes of the shortest text; not used without records. */
  shortest: number;
  /** UTF-8 bytes of the longest text. */
  longest: number;
  /** UTF-8 bytes of text by source of a mixture. */
  readonly drawn?: ReadonlyMap<string, number>;
}

/** Statistics of a dataset after one pass. */
export class DatasetStats extends Displayable {
  /** Number of records. */
  readonly records: number;
  /** UTF-8 bytes of text. */
  readonly bytes: number;
  /** UTF-8 bytes of the shortest text; 0 without records. */
  readonly shortest: number;
  /** UTF-8 bytes of the longest text. */
  readonly longest: number;
  /** The sources of a mixture; empty for anything else. */
  readonly sources: readonly SourceShare[];
  /** Counts of each step, readers first. */
  readonly steps: readonly StepCounts[];

  readonly #flow: Flow;

  /** Makes the statistics of a finished pass over `plan`; without a plan its steps stand one behind another. */
  constructor(plan: DatasetPlan | undefined, tally: RecordTotals, steps: readonly StepCounts[]) {
    super();
    this.records = tally.records;
    this.bytes = tally.bytes;
    this.shortest = tally.records ? tally.shortest : 0;
    this.longest = tally.longest;
    this.steps = steps;
    this.sources = (plan && mixOf(plan) || []).map(({ name, weight }) => {
      const bytes = tally.drawn?.get(name) ?? 0;
      return { source: name, asked: weight, drawn: tally.bytes ? bytes / tally.bytes : 0, bytes };
    });
    const drawn = new Map(this.sources.map(({ source, drawn }) => [source, drawn]));
    this.#flow = plan ? flowOf(plan, { counts: countsByPlan(plan, steps), drawn }) : flowOfSteps(steps);
  }

  /** Draws a line of totals, and the steps with what each kept and dropped; a mixture with its asked and drawn shares. */
  override picture(): Picture {
    const mean = this.records ? this.bytes / this.records : 0;
    const totals =
      `${plural(this.records, "record")}, ${size(this.bytes)} of text: ${size(this.shortest)} to ` +
      `${size(this.longest)}, mean ${size(mean)}`;
    return flowPicture(totals, this.#flow);
  }

  /** Returns the statistics as JSON. */
  toJSON(): Record<string, unknown> {
    const { records, bytes, shortest, longest, sources, steps } = this;
    return { records, bytes, shortest, longest, sources, steps };
  }
}

/** Counters of the records of a pass. */
export class Tally implements RecordTotals {
  /** Number of records so far. */
  records = 0;
  /** UTF-8 bytes of their text. */
  bytes = 0;
  /** UTF-8 bytes of the shortest text. */
  shortest = Infinity;
  /** UTF-8 bytes of the longest text. */
  longest = 0;
  /** UTF-8 bytes of text by source of the mixture. */
  readonly drawn: Map<string, number> = new Map();

  /** Counts a record. */
  add({ value, place }: Entry<unknown>): void {
    const bytes = textBytes(value);
    this.records++;
    this.bytes += bytes;
    this.shortest = Math.min(this.shortest, bytes);
    this.longest = Math.max(this.longest, bytes);
    if (place.source !== undefined) this.drawn.set(place.source, (this.drawn.get(place.source) ?? 0) + bytes);
  }
}

/** Reads a plan to its end, passes each record to `use`, shows the progress as `label`, and returns the statistics. */
export async function tallied<T>(
  plan: DatasetPlan<T>,
  options: PassOptions,
  use: (value: T) => void | Promise<void> = () => {},
  label = `reading ${sourceLabel(plan)}`,
): Promise<DatasetStats> {
  const pass = new Pass(options);
  const tally = new Tally();
  await withProgress(label, { unit: "record" }, async (progress) => {
    for await (const entry of entriesOf(plan, pass)) {
      tally.add(entry);
      await use(entry.value);
      progress.add();
    }
  });
  const steps = pass.steps(plansIn(plan));
  if (pass.unit === undefined) rememberCounts(plan, steps);
  return new DatasetStats(plan, tally, steps);
}

/** Returns the mixture under the steps of a plan, if there is one. */
function mixOf(plan: DatasetPlan): DatasetPlan["mix"] {
  return plan.mix ?? (plan.inputs.length === 1 ? mixOf(plan.inputs[0]) : undefined);
}
