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
  join,
  keyValues,
  number,
  type Picture,
  sparkline,
} from "../../../display/mod.ts";
import { scoresTable } from "../evaluation.ts";
import { type CardFacts, hasEnded, secondsLeft } from "./card_facts.ts";
import { cardRows } from "./card_rows.ts";
import { lossChart } from "./loss_curves.ts";

/** Draws the card. A terminal shows only the first line of its text while the run goes on. */
export function runCard(facts: CardFacts): Picture {
  const chart = lossChart(facts.history, facts.validations);
  const table = keyValues("", cardRows(facts));
  const notes = notesOf(facts);
  const scores = hasEnded(facts) ? scoresTable(facts.evaluations) : [];
  const head = [headline(facts), hasEnded(facts) ? "" : losses(facts)].filter(Boolean).join("  ");
  const curves = facts.history.length ? [chart.text.split("\n").slice(1).join("\n")] : [];
  return {
    text: [head, ...curves, table.text, ...notes, ...scores.map(({ text }) => `\n${text}`)].join("\n"),
    html: card(
      facts.title,
      `<div>${escapeHtml(progressText(facts))}</div>${bar(facts)}${beside(htmlOf(chart), htmlOf(table))}` +
        notes.map((note) => `<div style="white-space:pre-wrap;margin:4px 0">${escapeHtml(note)}</div>`)
          .join("") +
        (scores.length ? htmlOf(join(...scores)) : ""),
    ),
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
  if (speed > 0) parts.push(`${number(Math.round(speed))} tokens/s`);
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
  const doing = status === "running" ? note : status === "stopping" && note ? `${status}, ${note}` : status;
  return [where, doing].filter(Boolean).join(" ");
}

function losses({ history }: CardFacts): string {
  return sparkline(history.slice(-2000).map(({ loss }) => loss), 20);
}

function notesOf(facts: CardFacts): string[] {
  const { warnings, sample } = facts;
  const notes = warnings.slice(-3).map((warning) => `Warning: ${warning}`);
  if (warnings.length > 3) notes.unshift(`${number(warnings.length - 3)} earlier warnings`);
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
  const lost = step > saved ? `; ${number(step - saved)} later steps are done again` : "";
  return `go on from the checkpoint of step ${number(saved)}: ${resumeCall}${lost}`;
}

function bar({ stages }: CardFacts): string {
  const { done = 0, steps = 0 } = stages.at(-1) ?? {};
  if (!steps) return "";
  const width = (100 * Math.min(1, done / steps)).toFixed(1);
  return `<div style="background:#8883;border-radius:3px;height:8px;margin:6px 0">` +
    `<div style="background:#4a7fb5;border-radius:3px;height:8px;width:${width}%"></div></div>`;
}

/** Returns a chart with a table beside it, or below it where the cell is narrow. */
function beside(chart: string, table: string): string {
  return `<div style="display:flex;flex-wrap:wrap;gap:4px 12px;align-items:flex-start">` +
    `<div style="flex:3 1 380px;min-width:0">${chart}</div><div style="flex:1 1 220px;min-width:0">${table}</div></div>`;
}
