/**
 * Numbers of a dataset after one pass: records, bytes, what each step dropped, shares of a mixture.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/display.ts";
import { bytes as size, number, percent } from "../../display/format.ts";
import { join } from "../../display/html.ts";
import { table } from "../../display/table.ts";
import { countsTable } from "./counts_table.ts";
import { type Entry, textBytes } from "../document.ts";
import { type DatasetPlan, entriesOf, plansIn } from "../plan/plan.ts";
import { Pass, type PassOptions, type StepCounts } from "../plan/pass.ts";

/** The part of one source in what was read. */
export interface SourceShare {
  /** Its name. */
  source: string;
  /** The share that the mixture asks for, 0 to 1. */
  asked: number;
  /** Its share of the bytes that were read, 0 to 1. */
  drawn: number;
  /** Those bytes. */
  bytes: number;
}

/** Numbers of a dataset, as read once. */
export class DatasetStats extends Displayable {
  /** Records that came out. */
  readonly records: number;
  /** UTF-8 bytes of their text. */
  readonly bytes: number;
  /** Bytes of the shortest text; 0 without records. */
  readonly shortest: number;
  /** Bytes of the longest text. */
  readonly longest: number;
  /** The sources of a mixture; empty for anything else. */
  readonly sources: readonly SourceShare[];
  /** What each step kept and dropped, readers first. */
  readonly steps: readonly StepCounts[];

  /** The numbers of a reading that is over. */
  constructor(plan: DatasetPlan, tally: Tally, steps: readonly StepCounts[]) {
    super();
    this.records = tally.records;
    this.bytes = tally.bytes;
    this.shortest = tally.records ? tally.shortest : 0;
    this.longest = tally.longest;
    this.steps = steps;
    this.sources = (mixOf(plan) ?? []).map(({ name, weight }) => {
      const bytes = tally.drawn.get(name) ?? 0;
      return { source: name, asked: weight, drawn: tally.bytes ? bytes / tally.bytes : 0, bytes };
    });
  }

  /** A line of totals, the steps, and the shares of a mixture. */
  override picture(): Picture {
    const mean = this.records ? this.bytes / this.records : 0;
    const totals =
      `${number(this.records)} records, ${size(this.bytes)} of text: ${size(this.shortest)} to ` +
      `${size(this.longest)}, mean ${size(mean)}`;
    const shares = this.sources.map(({ source, asked, drawn, bytes }) => ({
      source,
      asked: percent(asked),
      drawn: percent(drawn),
      text: size(bytes),
    }));
    const steps = countsTable(this.steps);
    if (shares.length === 0) return join({ text: totals }, steps);
    return join(
      { text: totals },
      steps,
      table(shares, { align: { asked: "right", drawn: "right", text: "right" } }),
    );
  }

  /** The numbers as JSON. */
  toJSON(): Record<string, unknown> {
    const { records, bytes, shortest, longest, sources, steps } = this;
    return { records, bytes, shortest, longest, sources, steps };
  }
}

/** Counts the records that come out of a plan. */
export class Tally {
  /** Records so far. */
  records = 0;
  /** Bytes of their text. */
  bytes = 0;
  /** Bytes of the shortest. */
  shortest = Infinity;
  /** Bytes of the longest. */
  longest = 0;
  /** Bytes by source of the mixture. */
  readonly drawn: Map<string, number> = new Map();

  /** Counts one more. */
  add({ value, place }: Entry<unknown>): void {
    const bytes = textBytes(value);
    this.records++;
    this.bytes += bytes;
    this.shortest = Math.min(this.shortest, bytes);
    this.longest = Math.max(this.longest, bytes);
    if (place.source !== undefined) this.drawn.set(place.source, (this.drawn.get(place.source) ?? 0) + bytes);
  }
}

/** Reads a plan to its end, hands each record to `use`, and counts. */
export async function tallied<T>(
  plan: DatasetPlan<T>,
  options: PassOptions,
  use: (value: T) => void | Promise<void> = () => {},
): Promise<DatasetStats> {
  const reading = new Pass(options);
  const tally = new Tally();
  for await (const entry of entriesOf(plan, reading)) {
    tally.add(entry);
    await use(entry.value);
  }
  return new DatasetStats(plan, tally, reading.steps(plansIn(plan)));
}

/** The mixture that the plan reads, under whatever steps follow it. */
function mixOf(plan: DatasetPlan): DatasetPlan["mix"] {
  return plan.mix ?? (plan.inputs.length === 1 ? mixOf(plan.inputs[0]) : undefined);
}
