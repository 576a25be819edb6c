/**
 * The picture of a program: a row per call, under its part of the model, with bars; each row opens to the formula and the
 * WGSL of its kernel.
 *
 * Bars are times where a profile measured them, else operations and bytes. A part that runs the same kernels on the same
 * shapes as an earlier one has its sums, and rows without explanations. Each WGSL text stands in the HTML once.
 *
 * @module
 */
import type { Picture } from "../../display/display.ts";
import { bytes, fixed, flop } from "../../display/format.ts";
import { escapeHtml, noteHtml, scrolling, titleHtml } from "../../display/html.ts";
import { COLOURS } from "../../display/palette.ts";
import { plainPage, terminalPage, type TextPage } from "../../display/terminal.ts";
import { fit, oneLine, pad } from "../../display/text_width.ts";
import { type Call, isDispatch, shapesOfCall } from "../call.ts";
import type { Kernel } from "../kernel.ts";
import { bytesOfCall, resultOf, shortName } from "./call_facts.ts";
import { type CallGroup, groupsOf } from "./call_groups.ts";
import { explanationText, pre, wgslHtml } from "./explain_call.ts";
import { commentOf } from "./kernel_comment.ts";

/** The facts of a program that its picture shows. */
export interface ProgramFacts {
  /** Line above: owner, sums and memory. */
  title: string;
  /** The calls in order. */
  calls: readonly Call[];
  /** Calls of the forward pass, which come first. */
  forwardCalls: number;
  /** Milliseconds of each call, where they were measured. */
  ms?: readonly number[];
  /** False for a program that can run no more, so that nothing can be measured. */
  canRun: boolean;
}

/** Work and time of a call, or the sums of a part. */
interface Amounts {
  flop: number;
  bytes: number;
  ms?: number;
}

/** Programs of at most so many calls show all rows at once. */
const shortProgram = 40;
/** Programs of more calls show no rows of parts that repeat earlier ones. */
const longProgram = 400;
/** Longest bar in pixels. */
const barWidth = 90;

const bars = "Bars are operations and bytes.";
const measuring = `${bars} await program.profile() measures the time of each call; then bars are times.`;
const reading =
  'A row opens to the formula and the kernel. program.explain(4) or program.explain("block 0 rope") shows one ' +
  "call whole.";

/** Returns the picture of a program. */
export function programPicture(facts: ProgramFacts): Picture {
  const groups = groupsOf(facts.calls, facts.forwardCalls);
  const text = (page: TextPage) => textOf(facts, groups, page);
  return {
    text: text(plainPage),
    html: htmlOf(facts, groups),
    terminal: (paint, columns) => text(terminalPage(paint, columns)),
  };
}

function amountsOf({ calls, ms }: ProgramFacts, i: number): Amounts {
  return { flop: calls[i].flop, bytes: bytesOfCall(calls[i]), ms: ms?.[i] };
}

function sumsOf({ ms }: ProgramFacts, { first, end, flop, bytes }: CallGroup): Amounts {
  return { flop, bytes, ms: ms?.slice(first, end).reduce((a, b) => a + b, 0) };
}

/** Returns the numbers of a row in columns: operations and bytes, or operations, speed and time. */
function columnsOf({ flop: operations, bytes: size, ms }: Amounts): string[] {
  const work = pad(operations ? flop(operations) : "", 11, "right");
  if (ms === undefined) return [work, pad(bytes(size), 8, "right")];
  const speed = operations && ms > 0 ? `${flop(1000 * operations / ms)}/s` : "";
  return [work, pad(speed, 14, "right"), pad(`${fixed(ms, 3)} ms`, 12, "right")];
}

const heads = (isMeasured: boolean) =>
  isMeasured
    ? [pad("work", 11, "right"), pad("speed", 14, "right"), pad("time", 12, "right")]
    : [pad("work", 11, "right"), pad("bytes", 8, "right")];

const rowName = (call: Call, i: number) =>
  `${pad(String(i), 5, "right")}  ${pad(fit(oneLine(resultOf(call)), 18), 18)}  ${
    pad(fit(oneLine(shortName(call)), 26), 26)
  }`;

const headName = `${pad("#", 5, "right")}  ${pad("writes", 18)}  ${pad("kernel", 26)}`;

function groupName({ part, pass, first, end }: CallGroup): string {
  const range = end - first === 1 ? `call ${first}` : `calls ${first} to ${end - 1}`;
  return `${part}${pass && ` ${pass}`}, ${range}`;
}

/** Words on an earlier part that is the same. */
function likeOf({ like }: CallGroup, groups: readonly CallGroup[]): string {
  if (like === undefined) return "";
  const { part, pass } = groups[like];
  return `as ${part}${pass && ` ${pass}`}`;
}

/** Returns the program as lines: of parts that repeat earlier ones only the sums; tensors behind each call. */
function textOf(
  facts: ProgramFacts,
  groups: readonly CallGroup[],
  { width, prose, paint }: TextPage,
): string {
  const { calls, ms, title, canRun } = facts;
  const line = (text: string) => Number.isFinite(prose) ? fit(text, width) : text;
  const head = line(`${headName}${heads(ms !== undefined).join("  ")}  tensors, * written`);
  const lines = groups.flatMap((group) => {
    const said = `${pad(groupName(group), 53)}${columnsOf(sumsOf(facts, group)).join("  ")}`;
    const like = likeOf(group, groups);
    const own = paint(line(`${said}${like && `  ${like}`}`), "bold");
    if (like) return [own];
    const rows = calls.slice(group.first, group.end).map((call, n) => {
      const numbers = columnsOf(amountsOf(facts, group.first + n)).join("  ");
      return line(`${rowName(call, group.first + n)}${numbers}  ${shapesOfCall(call)}`);
    });
    return [own, ...rows];
  });
  const notes = ms === undefined && canRun ? [paint(line(measuring), "dim")] : [];
  return [line(title), paint(head, "dim"), ...lines, ...notes].join("\n");
}

function htmlOf(facts: ProgramFacts, groups: readonly CallGroup[]): string {
  const { calls, title, ms, canRun } = facts;
  const amounts = calls.map((_, i) => amountsOf(facts, i));
  const sums = groups.map((group) => sumsOf(facts, group));
  const known = new Map<Kernel, number>();
  const head = `<div style="opacity:0.8">  ${headName}${headsHtml(ms !== undefined)}</div>`;
  const parts = groups.map((group, n) => {
    const isRepeated = group.like !== undefined;
    const hasRows = !isRepeated || calls.length <= longProgram;
    const rows = hasRows
      ? calls.slice(group.first, group.end).map((call, i) => {
        const at = group.first + i;
        const line = escapeHtml(rowName(call, at)) + numbersHtml(amounts[at], amounts);
        return isRepeated
          ? `<div>  ${line}</div>`
          : `<details><summary>${line}</summary>${bodyHtml(call, at, known)}</details>`;
      }).join("")
      : "";
    const like = likeOf(group, groups);
    const said = `<b>${escapeHtml(pad(groupName(group), 53))}</b>${numbersHtml(sums[n], sums)}`;
    const open = calls.length <= shortProgram || (group.end - group.first <= 3) ? " open" : "";
    return `<details${open}><summary>${said}${
      like && ` <i>${escapeHtml(like)}</i>`
    }</summary>${rows}</details>`;
  });
  const note = ms === undefined ? `${canRun ? measuring : bars}\n${reading}` : reading;
  const lines = `<div style="font:12px/1.6 monospace;white-space:pre;min-width:max-content">${head}${
    parts.join("")
  }</div>`;
  return titleHtml(title) + scrolling(lines) + noteHtml(note);
}

/** Returns the heads of the numbers with the gaps of their bars. */
function headsHtml(isMeasured: boolean): string {
  const names = heads(isMeasured);
  return isMeasured ? names.join("  ") : names.map((name) => `${name} ${barHtml(0)}`).join("");
}

/** Returns the numbers of a row with their bars: a bar of the time, or one of the operations and one of the bytes. */
function numbersHtml(own: Amounts, all: readonly Amounts[]): string {
  const columns = columnsOf(own);
  const share = (of: (amounts: Amounts) => number) => of(own) / Math.max(...all.map(of), 1e-300);
  if (own.ms !== undefined) return `${columns.join("  ")} ${barHtml(share(({ ms }) => ms ?? 0))}`;
  return `${columns[0]} ${barHtml(share(({ flop }) => flop))}${columns[1]} ${
    barHtml(share(({ bytes }) => bytes), 1)
  }`;
}

/** Returns a bar of a share of the longest, with a gap behind it that makes all the same width. */
function barHtml(share: number, colour = 0): string {
  const width = Math.round(share * barWidth);
  return `<span style="display:inline-block;height:9px;width:${width}px;margin-right:${
    barWidth - width
  }px;background:${COLOURS[colour]}"></span>`;
}

/** Returns the shapes of a call, the formula of its kernel, and its WGSL where it stands for the first time. */
function bodyHtml(call: Call, at: number, known: Map<Kernel, number>): string {
  const shapes = `<div>${escapeHtml(shapesOfCall(call))} (* written)</div>`;
  const body = isDispatch(call) ? shapes + kernelHtml(call.kernel, at, known) : shapes;
  return `<div style="white-space:normal;padding:2px 0 8px 9ch;max-width:900px">${body}</div>`;
}

function kernelHtml(kernel: Kernel, at: number, known: Map<Kernel, number>): string {
  const comment = commentOf(kernel);
  const first = known.get(kernel);
  if (first !== undefined) return pre(comment.formulas.join("\n")) + `kernel: see call ${first}`;
  known.set(kernel, at);
  const rest = kernel.template === undefined ? "" : `, unrolled by program.explain(${at})`;
  return explanationText(comment).html +
    `<div>kernel: ${escapeHtml(kernel.name)}</div><details><summary>WGSL${rest}</summary>${
      wgslHtml(kernel)
    }</details>`;
}
