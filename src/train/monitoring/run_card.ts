/**
 * The card of a run while it goes on: a chart and a table in a notebook, one line in a terminal.
 *
 * @module
 */
import {
  bytes,
  card,
  count,
  duration,
  escapeHtml,
  htmlOf,
  keyValues,
  type LineChart,
  lineChart,
  number,
  percent,
  type Picture,
  type Series,
  sparkline,
} from "../../display/mod.ts";
import type { HistoryEntry, ValidationEvent } from "./events.ts";
import { Smoothed } from "./metrics.ts";
import { energyText, type EnergyUse } from "./energy.ts";
import { skippedText } from "./skipped_steps.ts";

/** The facts that a card shows. */
export interface CardFacts {
  /** Name of the run. */
  title: string;
  /** Status of the run. */
  status: string;
  /** Activity while there are no steps. */
  note?: string;
  /** Name of the stage. */
  stage: string;
  /** Updates of the stage that are done. */
  done: number;
  /** Updates of the stage; 0 before they are known. */
  steps: number;
  /** One entry per step. */
  history: readonly HistoryEntry[];
  /** Measurements on validation data. */
  validations: readonly ValidationEvent[];
  /** Tokens per second. */
  rate: number;
  /** Seconds until the stage is over, where they can be estimated. */
  left?: number;
  /** Devices that train together, default 1. */
  devices?: number;
  /** Share of the devices' peak, where that is known. */
  utilisation?: number;
  /** Bytes in use on the device. */
  memory: number;
  /** Seconds of work. */
  seconds: number;
  /** Energy so far. */
  energy?: EnergyUse;
  /** The newest sample text. */
  sample?: string;
  /** Warnings so far. */
  warnings: readonly string[];
  /** Message of the error that ended the run. */
  error?: string;
}

/** Largest number of points of a curve: a card is drawn several times per second. */
const maxPoints = 3000;

type Point = [x: number, y: number];

/** Returns loss, smoothed loss and validation loss over the steps, as a chart takes them. */
export function lossLines(
  history: readonly HistoryEntry[],
  validations: readonly ValidationEvent[],
): LineChart {
  const every = Math.ceil(history.length / maxPoints);
  const decay = 1 - 1 / Math.max(5, Math.min(50, history.length / 20));
  const loss: Point[] = [];
  const smoothed: Point[] = [];
  let average = new Smoothed(decay);
  history.forEach((entry, i) => {
    const first = i > 0 && entry.stage !== history[i - 1].stage;
    if (first) {
      average = new Smoothed(decay);
      smoothed.push([entry.step, NaN]); // the curve is broken between two stages
    }
    const mean = average.push(entry.loss);
    if (i % every && i < history.length - 1 && !first) return;
    loss.push([entry.step, entry.loss]);
    smoothed.push([entry.step, mean]);
  });
  const series: Series[] = [
    { name: "loss", points: loss, faint: true },
    { name: "smoothed", points: smoothed },
  ];
  if (validations.length) {
    const points = validations.flatMap(({ step, loss, stage }, i): Point[] =>
      i > 0 && stage !== validations[i - 1].stage ? [[step, NaN], [step, loss]] : [[step, loss]]
    );
    series.push({ name: "validation", points });
  }
  return { title: "", xLabel: "step", yLabel: "nats per token", series };
}

/** Draws loss, smoothed loss and validation loss over the steps. */
export function lossChart(
  history: readonly HistoryEntry[],
  validations: readonly ValidationEvent[],
): Picture {
  return lineChart(lossLines(history, validations));
}

/** Draws the card. A terminal shows only the first line of its text. */
export function runCard(facts: CardFacts): Picture {
  const chart = lossChart(facts.history, facts.validations);
  const table = keyValues("", rowsOf(facts));
  const head = headline(facts);
  const notes = notesOf(facts);
  return {
    text: [head, chart.text.split("\n").slice(1).join("\n"), table.text, ...notes].join("\n"),
    html: card(
      facts.title,
      `<div>${escapeHtml(progressText(facts))}</div>${bar(facts)}${htmlOf(chart)}${htmlOf(table)}` +
        notes.map((note) => `<div style="white-space:pre-wrap;margin:4px 0">${escapeHtml(note)}</div>`).join(
          "",
        ),
    ),
  };
}

/** Describes progress, loss and speed in one line, with a sparkline of the loss. */
export function headline(facts: CardFacts): string {
  const { history, rate, left, validations } = facts;
  const last = history.at(-1);
  const measured = validations.at(-1);
  const parts = [progressText(facts)];
  if (last) {
    parts.push(`loss ${number(last.loss)} ${sparkline(history.slice(-2000).map(({ loss }) => loss), 20)}`);
  }
  if (measured) parts.push(`validation ${number(measured.loss)}`);
  if (rate > 0) parts.push(`${count(Math.round(rate))} tokens/s`);
  if (left !== undefined) parts.push(`${duration(left)} to go`);
  return parts.join("  ");
}

function progressText({ stage, done, steps, status, note }: CardFacts): string {
  const where = steps ? `${stage} ${done}/${steps}` : stage;
  return [where, status === "running" ? note : status].filter(Boolean).join(" ");
}

function rowsOf(facts: CardFacts): [string, string][] {
  const { history, rate, left, memory, seconds, energy, utilisation, devices = 1 } = facts;
  const last = history.at(-1);
  const rows: [string, string][] = [];
  if (last) {
    rows.push(
      ["learning rate", number(last.learningRate)],
      ["gradient norm", number(last.gradNorm)],
      ["tokens", `${count(last.tokens)}${rate > 0 ? `, ${speedText(rate, devices)}` : ""}`],
    );
  }
  const skipped = skippedText(history);
  if (skipped) rows.push(["skipped steps", skipped]);
  if (utilisation !== undefined) rows.push(["share of peak FLOP/s", percent(utilisation)]);
  rows.push(["time", `${duration(seconds)}${left === undefined ? "" : `, ${duration(left)} to go`}`]);
  rows.push(["memory", bytes(memory)]);
  if (energy) rows.push(["energy", energyText(energy)]);
  return rows;
}

/** Describes tokens per second, of all devices and of each where there are several. */
export function speedText(rate: number, devices: number): string {
  const all = `${count(Math.round(rate))} per second`;
  return devices > 1 ? `${all} on ${devices} devices, ${count(Math.round(rate / devices))} on each` : all;
}

function notesOf({ warnings, sample, error }: CardFacts): string[] {
  const notes = warnings.slice(-3).map((warning) => `Warning: ${warning}`);
  if (warnings.length > 3) notes.unshift(`${warnings.length - 3} earlier warnings`);
  if (sample !== undefined) notes.push(`Sample: ${sample}`);
  if (error !== undefined) notes.push(`Failed: ${error}`);
  return notes;
}

function bar({ done, steps }: CardFacts): string {
  if (!steps) return "";
  const width = (100 * Math.min(1, done / steps)).toFixed(1);
  return `<div style="background:#8883;border-radius:3px;height:8px;margin:6px 0">` +
    `<div style="background:#4a7fb5;border-radius:3px;height:8px;width:${width}%"></div></div>`;
}
