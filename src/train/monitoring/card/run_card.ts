/**
 * The card of a run, while it goes on and as its last state: a chart and a table in a notebook, one line elsewhere.
 *
 * @module
 */
import {
  card,
  duration,
  escapeHtml,
  htmlOf,
  keyValues,
  meterHtml,
  number,
  type Picture,
  plural,
  printable,
  rate,
} from "../../../display/mod.ts";
import { scoresTable } from "../evaluation.ts";
import { type CardFacts, hasEnded, secondsLeft } from "./card_facts.ts";
import { cardRows } from "./card_rows.ts";
import { lossChart } from "./loss_curves.ts";

/** Draws the card. A terminal shows only the first line of its text while the run goes on. */
export function runCard(facts: CardFacts): Picture {
  const chart = lossChart(facts.history, facts.validations);
  const table = keyValues("", cardRows(facts));
  const scores = hasEnded(facts) ? scoresTable(facts.evaluations) : [];
  const notes = notesOf(facts);
  const text = (show: (picture: Picture) => string) => {
    const curves = facts.history.length ? [show(chart).split("\n").slice(1).join("\n")] : [];
    const below = scores.map((picture) => `\n${show(picture)}`);
    return [headline(facts), ...curves, show(table), ...notes, ...below].join("\n");
  };
  return {
    text: text((picture) => picture.text),
    html: card(
      facts.title,
      `<div>${escapeHtml(progressText(facts))}</div>${meterOf(facts)}` +
        (facts.history.length ? beside(htmlOf(chart), htmlOf(table)) : htmlOf(table)) +
        notes.map(noteOf).join("") + scores.map(htmlOf).join(""),
    ),
    terminal: (paint) => text((picture) => picture.terminal?.(paint) ?? printable(picture.text)),
  };
}

/** Describes progress, losses, speed and time in one plain line. */
export function headline(facts: CardFacts): string {
  const { history, speed, seconds, validations } = facts;
  const last = history.at(-1);
  const measured = validations.at(-1);
  const left = secondsLeft(facts);
  const parts = [progressText(facts)];
  if (last) parts.push(`loss ${number(last.loss)}`);
  if (measured) parts.push(`validation ${number(measured.loss)} at step ${number(measured.step)}`);
  if (speed > 0) parts.push(rate(speed, "tokens"));
  if (left !== undefined) parts.push(`${duration(left)} to go`);
  if (last && hasEnded(facts)) parts.push(`took ${duration(seconds)}`);
  return parts.join("  ");
}

/** Describes the run in one plain line for a pipe, at its end with its checkpoint and the way to go on. */
export function plainLine(facts: CardFacts): string {
  if (!hasEnded(facts)) return headline(facts);
  const { checkpoint } = facts;
  return [headline(facts), checkpoint && `checkpoint ${checkpoint}`, ...endNotes(facts)].filter(Boolean)
    .join("  ");
}

function progressText({ stage, stages, status, note }: CardFacts): string {
  const current = stages.at(-1);
  const known = current?.name === stage && current.steps > 0;
  const where = known ? `${stage} ${number(current.done)}/${number(current.steps)}` : stage;
  const doing = status === "stopping" && note ? `${status}, ${note}` : status;
  if (status !== "running") return [where, doing].filter(Boolean).join(" ");
  return [where, note].filter(Boolean).join(": ");
}

function notesOf(facts: CardFacts): string[] {
  const { warnings, sample } = facts;
  const notes = warnings.slice(-3).map((warning) => `Warning: ${warning}`);
  if (warnings.length > 3) notes.unshift(plural(warnings.length - 3, "earlier warning"));
  if (sample !== undefined) notes.push(`Sample: ${sample}`);
  return [...notes, ...endNotes(facts)];
}

/** Describes what a run that did not reach its end leaves, and what to do. */
function endNotes(facts: CardFacts): string[] {
  const { status, error } = facts;
  if (status === "failed") return [`Failed: ${error}`, `Mend the cause, then ${wayOn(facts)}`];
  return status === "stopped" ? [wayOn(facts).replace(/^./, (first) => first.toUpperCase())] : [];
}

function wayOn({ history, checkpoint, saved, resumeCall, startCall }: CardFacts): string {
  const step = history.at(-1)?.step ?? 0;
  if (resumeCall === undefined) {
    return `start again: ${startCall}. To go on after a stop, give the trainer a folder: ` +
      `new Trainer(model, { checkpoint: "runs/name" })`;
  }
  if (checkpoint === undefined || saved === undefined) {
    return `start again: ${startCall}. No checkpoint was written`;
  }
  const lost = step > saved ? `; ${plural(step - saved, "later step")} to do again` : "";
  return `go on from the checkpoint of step ${number(saved)}: ${resumeCall}${lost}`;
}

/** Returns the bar of the stage that goes on; a run that has ended needs none. */
function meterOf(facts: CardFacts): string {
  const { done = 0, steps = 0 } = facts.stages.at(-1) ?? {};
  return steps && !hasEnded(facts) ? `<div style="margin:6px 0">${meterHtml(done / steps)}</div>` : "";
}

/** Returns a chart with a table beside it, or below it where the cell is narrow. */
function beside(chart: string, table: string): string {
  return `<div style="display:flex;flex-wrap:wrap;gap:4px 12px;align-items:flex-start">` +
    `<div style="flex:3 1 420px;min-width:0">${chart}</div><div style="flex:2 1 300px;min-width:0">${table}</div></div>`;
}

/** Returns a warning, a sample or the way on, in the theme's colour. */
function noteOf(note: string): string {
  return `<div style="white-space:pre-wrap;margin:4px 0">${escapeHtml(note)}</div>`;
}
