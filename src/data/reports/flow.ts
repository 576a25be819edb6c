/**
 * The flow of records through a plan, in reading order: sources that join, then steps, with what each kept and dropped.
 *
 * @module
 */
import { number, percent, plural } from "../../display/format.ts";
import type { CountsOf } from "../plan/known_counts.ts";
import type { StepCounts } from "../plan/pass.ts";
import { type DatasetPlan, describeStep, type MixSource, shareDecimals, sourceName } from "../plan/plan.ts";

/** A step of a flow. */
export interface FlowStep {
  /** The verb. */
  op: string;
  /** Its options in words. */
  words: string;
  /** The records that it kept and dropped, where they are known. */
  counts?: FlowCounts;
}

/** The counts of a step, in words where a person reads them. */
export interface FlowCounts {
  /** Records that went on. */
  kept: number;
  /** Records that did not. */
  dropped: number;
  /** Drops by reason, most first, such as `blank 12`; one reason alone stands without a number. */
  reasons: string[];
  /** Other facts, such as `characters cut 120`. */
  notes: string[];
}

/** A source that joins others. */
export interface FlowBranch {
  /** Its name. */
  name: string;
  /** Its shares in words. */
  facts: string;
  /** The share asked for, 0 to 1, in a mixture. */
  asked?: number;
  /** The share that was drawn, 0 to 1, where it is known. */
  drawn?: number;
  /** Its own flow. */
  flow: Flow;
}

/** The flow of records through a plan. */
export interface Flow {
  /** Sources that join before the first step; none where that is a reader. */
  branches: FlowBranch[];
  /** The steps from first to last. */
  steps: FlowStep[];
}

/** Facts about a flow that are known after reading. */
export interface FlowFacts {
  /** Returns the counts of a step. */
  counts?: CountsOf;
  /** Shares of the drawn text by source of a mixture, 0 to 1. */
  drawn?: ReadonlyMap<string, number>;
}

/** The most notes of a step that are shown; the largest are taken. [ours] */
const maxNotes = 12;

/** Returns the flow through `plan`. */
export function flowOf(plan: DatasetPlan, facts: FlowFacts = {}): Flow {
  const counts = facts.counts?.(plan);
  const words = describeStep(plan).slice(plan.op.length).trim();
  const own = { op: plan.op, words, ...counts && { counts: inWords(counts) } };
  const { mix, inputs } = plan;
  if (mix) return { branches: mix.map((source) => branchOf(source, mix, facts)), steps: [own] };
  if (inputs.length > 1) {
    const branches = inputs.map((input) => ({
      name: sourceName(input),
      facts: "",
      flow: flowOf(input, facts),
    }));
    return { branches, steps: [own] };
  }
  if (inputs.length === 0) return { branches: [], steps: [own] };
  const before = flowOf(inputs[0], facts);
  return { ...before, steps: [...before.steps, own] };
}

/** Returns the flow through steps of which only the counts are known, one behind another. */
export function flowOfSteps(steps: readonly StepCounts[]): Flow {
  return {
    branches: [],
    steps: steps.map((counts) => {
      const [op, ...words] = counts.step.split(" ");
      return { op, words: words.join(" "), counts: inWords(counts) };
    }),
  };
}

function branchOf(source: MixSource, mix: readonly MixSource[], facts: FlowFacts): FlowBranch {
  const { name, weight, maxEpochs, plan } = source;
  const decimals = shareDecimals(mix.map(({ weight }) => weight));
  const drawn = facts.drawn?.get(name);
  const words = [
    drawn === undefined
      ? percent(weight, decimals)
      : `${percent(weight, decimals)} asked, ${percent(drawn, decimals)} drawn`,
    ...maxEpochs === undefined ? [] : [`at most ${plural(maxEpochs, "epoch")}`],
  ];
  return { name, facts: words.join(", "), asked: weight, drawn, flow: flowOf(plan, facts) };
}

function inWords({ kept, dropped, notes }: StepCounts): FlowCounts {
  const drops = Object.entries(dropped).sort(([, a], [, b]) => b - a);
  const reasons = drops.length === 1
    ? [drops[0][0]]
    : drops.map(([reason, count]) => `${reason} ${number(count)}`);
  return { kept, dropped: drops.reduce((sum, [, count]) => sum + count, 0), reasons, notes: notesOf(notes) };
}

function notesOf(notes: StepCounts["notes"]): string[] {
  const all = Object.entries(notes);
  const shown = all.length <= maxNotes
    ? all
    : all.sort(([, a], [, b]) => sizeOf(b) > sizeOf(a) ? 1 : sizeOf(b) < sizeOf(a) ? -1 : 0).slice(
      0,
      maxNotes,
    );
  const more = all.length > shown.length
    ? [`and ${plural(all.length - shown.length, "more note", "more notes")}`]
    : [];
  const words = ([name, value]: [string, number | string]) =>
    typeof value === "number" ? `${name} ${number(value)}` : `${name}: ${value}`;
  return [...shown.map(words), ...more];
}

/** Returns the size of a note by which notes are sorted; a text, such as the place of the first broken record, is first. */
function sizeOf(value: number | string): number {
  return typeof value === "number" ? value : Infinity;
}
