/**
 * The figures as Markdown, for `docs/performance.md`.
 *
 * @module
 */
import { type Section, sectionMarkdown } from "./figure.ts";
import type { Machine } from "./machine.ts";

/** The content of a report. */
export interface Report {
  /** The machine. */
  machine: Machine;
  /** Command line of the bench. */
  command: string;
  /** Load averages at the start and at the end. */
  load: { before: string; after: string };
  /** The figures. */
  sections: readonly Section[];
  /** Times of the kernels of the training step as text, where they were measured. */
  kernels?: string;
  /** The comparison with peers as Markdown, where it was made. */
  peers?: string;
}

/** Returns a report as Markdown. */
export function report({ machine: m, command, load, sections, kernels, peers }: Report): string {
  const busy = Math.max(...[load.before, load.after].map((text) => Number(text.split(" ")[0])));
  const under = busy > 0.5 * m.cores
    ? "**Taken under load**: other work ran on this machine, so times are too long and only ratios within a row count."
    : "The machine was otherwise idle.";
  return [
    `Measured ${m.date} on ${m.cores} cores, ${m.adapter} (${m.kind}; ${m.granted}), Deno ${m.deno}, with`,
    `    ${command}`,
    `Load averages over 1, 5 and 15 minutes: ${load.before} before, ${load.after} after (the bench itself is part of ` +
    `the second). ${under}`,
    ...peers ? [peers.trimEnd()] : [],
    ...sections.map((section) => sectionMarkdown(section).trimEnd()),
    ...kernels ? ["### Kernels of the training step", "```\n" + kernels + "\n```"] : [],
  ].join("\n\n") + "\n";
}

/**
 * Returns `page` with new text between the marks of `part`, `<!-- part -->` and `<!-- /part -->`.
 *
 * @throws {Error} for a page without them
 */
export function withReport(page: string, text: string, part = "figures"): string {
  const [first, last] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const start = page.indexOf(first);
  const end = page.indexOf(last);
  if (start < 0 || end < start) throw new Error(`the page has no ${first} ... ${last}`);
  return `${page.slice(0, start)}${first}\n\n${text}\n${page.slice(end)}`;
}
