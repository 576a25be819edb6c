/**
 * The table of a run's card: losses, speed, time, memory, energy.
 *
 * @module
 */
import { bytes, count, duration, number, percent, rate } from "../../../display/mod.ts";
import { energyText } from "../energy.ts";
import { otherSeconds, type OtherWork } from "../metrics.ts";
import { skippedText } from "../skipped_steps.ts";
import { smoothedEnd } from "./loss_curves.ts";
import { type CardFacts, hasEnded, secondsLeft } from "./card_facts.ts";

/** Share of the time beside the steps from which on a card names it. [ours] */
const largeShare = 0.1;

type Row = [name: string, value: string];

/** Returns the rows of a card's table. */
export function cardRows(facts: CardFacts): Row[] {
  const { history, stages, peakMemory, energy, utilisation, overlap, checkpoint } = facts;
  const ended = hasEnded(facts);
  const skipped = skippedText(history);
  return [
    ...stages.length > 1 ? [["stages", stages.map(stageText).join(", ")] as Row] : [],
    ...lossRows(facts),
    ...speedRows(facts),
    ...skipped ? [["skipped steps", skipped] as Row] : [],
    ...utilisation === undefined ? [] : [["share of peak FLOP/s", percent(utilisation)] as Row],
    ...overlap === undefined ? [] : [["exchanges under computation", percent(overlap)] as Row],
    ...facts.seconds > 0 ? [["time", timeText(facts)] as Row] : [],
    ...peakMemory === undefined ? [] : [["peak memory", bytes(peakMemory)] as Row],
    ...energy ? [["energy", energyText(energy)] as Row] : [],
    ...ended && checkpoint ? [["checkpoint", checkpoint] as Row] : [],
  ];
}

function stageText({ name, done, steps }: CardFacts["stages"][number]): string {
  return `${name} ${number(done)}/${number(steps)}`;
}

function lossRows(facts: CardFacts): Row[] {
  const { history, validations } = facts;
  const last = history.at(-1);
  const measured = validations.at(-1);
  const rows: Row[] = [];
  const smooth = smoothedEnd(history);
  if (last) rows.push(["loss", atStep(last) + (smooth === undefined ? "" : `, smoothed ${number(smooth)}`)]);
  if (measured) rows.push(["validation loss", atStep(measured)]);
  if (last && !hasEnded(facts)) {
    rows.push(["learning rate", number(last.learningRate)], ["gradient norm", number(last.gradNorm)]);
  }
  return rows;
}

function atStep({ loss, step }: { loss: number; step: number }): string {
  return `${number(loss)} at step ${number(step)}`;
}

/** Describes tokens and speed; that of the steps alone too where much of the time was no step. */
function speedRows(facts: CardFacts): Row[] {
  const { history, tokens, speed, seconds, otherWork, devices = 1 } = facts;
  if (!history.length) return [];
  const rows: Row[] = [["tokens", count(tokens)]];
  if (!(speed > 0)) return rows;
  const each = devices > 1 ? `, ${rate(speed / devices, "tokens")} on each of ${devices} devices` : "";
  rows.push([hasEnded(facts) ? "mean speed" : "speed", rate(speed, "tokens") + each]);
  const inSteps = seconds - otherSeconds(otherWork);
  if (hasEnded(facts) && isLarge(facts) && inSteps > 0) {
    rows.push(["speed in steps", rate(tokens / inSteps, "tokens")]);
  }
  return rows;
}

function isLarge({ seconds, otherWork }: CardFacts): boolean {
  return otherSeconds(otherWork) >= largeShare * seconds;
}

/** Describes the seconds of work, with the shares of what was no step where these are large. */
function timeText(facts: CardFacts): string {
  const { seconds, otherWork } = facts;
  const left = secondsLeft(facts);
  const parts = [duration(seconds)];
  if (left !== undefined) parts.push(`${duration(left)} to go`);
  if (hasEnded(facts) && isLarge(facts)) parts.push(`of which ${sharesOf(otherWork, seconds).join(", ")}`);
  return parts.join(", ");
}

function sharesOf(otherWork: OtherWork, seconds: number): string[] {
  return Object.entries(otherWork).map(([kind, spent]: [string, number]) => [kind, spent / seconds] as const)
    .filter(([, share]) => share >= 0.01).sort(([, a], [, b]) => b - a)
    .map(([kind, share]) => `${percent(share, 0)} ${kind}`);
}
