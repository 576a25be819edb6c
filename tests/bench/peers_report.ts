/**
 * The comparison with the peers as tables: each round, and medians with ratios.
 *
 * @module
 */
import { table } from "../../src/display/mod.ts";
import type { Answer } from "./child.ts";
import { markdownTable } from "./figure.ts";
import { wideText } from "../support/wide_text.ts";
import { type Outcome, own } from "./peers.ts";
import { benchBatch, benchShape } from "./start.ts";
import { median, ratios, short, showRatio } from "./statistics.ts";
import { checkLosses } from "./step.ts";

const tokens = benchBatch * benchShape.context;

/** Returns the fastest step of a round in milliseconds. */
export function bestStep({ steps }: Answer): number {
  return Math.min(...steps);
}

/** Returns the minimum processor time of a step in a round, in milliseconds; NaN where it is not known. */
function leastCpu({ cpuMs }: Answer): number {
  return Math.min(...cpuMs.map((ms) => ms ?? NaN));
}

type Row = Record<string, string>;

/** Returns one row per round: the fastest step of each peer in ms. */
export function roundRows({ answers }: Outcome): Row[] {
  const count = Math.max(0, ...[...answers.values()].map((rounds) => rounds.length));
  return Array.from({ length: count }, (_, i) => ({
    round: String(i + 1),
    ...Object.fromEntries([...answers].map(([name, rounds]) => [name, short(bestStep(rounds[i]))])),
  }));
}

/** Returns one row per peer: medians of the rounds, this project's tokens per second over the peer's, and its losses. */
export function peerRows({ answers }: Outcome): Row[] {
  const ours = answers.get(own)?.map(bestStep);
  const oursCpu = answers.get(own)?.map(leastCpu);
  return [...answers].map(([name, rounds]) => {
    const best = rounds.map(bestStep);
    const cpu = rounds.map(leastCpu);
    const ms = median(best);
    const byCpu = oursCpu && name !== own ? median(cpu.map((x, i) => x / oursCpu[i])) : NaN;
    return {
      peer: name,
      "step, ms": short(ms),
      "tok/s": short(tokens / ms * 1e3),
      "first step, s": short(median(rounds.map((answer) => answer.firstMs)) / 1e3),
      "ours over theirs": ours && name !== own ? showRatio(ratios(best, ours)) : "",
      "step, CPU ms": Number.isNaN(cpu[0]) ? "" : short(median(cpu)),
      "over theirs, CPU time": Number.isNaN(byCpu) ? "" : `${short(byCpu)}x`,
      losses: checkLosses(rounds[0].losses),
      version: rounds[0].version ?? "",
    };
  });
}

/** Returns one row per peer: GFLOP/s of square products, and ratios. */
export function matmulRows({ answers }: Outcome): Row[] {
  const ours = answers.get(own);
  return [...answers].map(([name, rounds]) => {
    const cells = Object.keys(rounds[0].matmul).flatMap((n) => {
      const of = (all: Answer[]) => all.map(({ matmul }) => matmul[n]);
      const speed = 2 * Number(n) ** 3 / median(of(rounds)) / 1e6;
      const ratio = ours && name !== own ? showRatio(ratios(of(rounds), of(ours))) : "";
      return [[`${n}^3, GFLOP/s`, short(speed)], [`${n}^3, ours over theirs`, ratio]];
    });
    return { peer: name, ...Object.fromEntries(cells) };
  });
}

/** Returns lines on the peers that did not run. */
export function missingLines({ missing }: Outcome): string[] {
  return [...missing].map(([name, why]) => `NOT RUN: ${name}: ${why}`);
}

/** Returns all tables as text. */
export function peersText(outcome: Outcome): string {
  return [
    wideText(table(roundRows(outcome), { title: "Best step of each round, ms" })),
    wideText(table(peerRows(outcome), {
      title: "Training step against peers: medians of the rounds, ratios with range",
    })),
    wideText(table(matmulRows(outcome), { title: "Matrix products against peers" })),
    ...missingLines(outcome),
  ].join("\n\n");
}

/** Returns all tables as Markdown. */
export function peersMarkdown(outcome: Outcome): string {
  const parts = [
    "### Against peers",
    "The same model, start weights and batch in a process of its own each, in turns. A round counts the best step of " +
    "each; ratios are tokens a second (matrix products: GFLOP/s) of this project over the peer's, the median of the " +
    "rounds and their range.",
    markdownTable(peerRows(outcome)),
    "Best step of each round, ms:",
    markdownTable(roundRows(outcome)),
    "Matrix products:",
    markdownTable(matmulRows(outcome)),
    ...missingLines(outcome),
  ];
  return parts.join("\n\n") + "\n";
}
