/**
 * A flow as text: a line per step, with bars once the counts are known.
 *
 * @module
 */
import { number } from "../../display/format.ts";
import { type Paint, terminalColumns } from "../../display/terminal.ts";
import { oneLine, pad, textWidth, wrapRanges } from "../../display/text_width.ts";
import type { Flow, FlowCounts, FlowStep } from "./flow.ts";

/** Columns of a bar. */
const BAR = 12;
/** Widest that the lines become. */
const MAX_COLUMNS = 110;

/** A line: the head of a source, or a step. */
interface Line {
  indent: string;
  step?: FlowStep;
  text: string;
  /** Records of the whole bar: the most that a step of the chain was given. */
  whole: number;
}

/** Returns the function that draws a flow under a title. */
export function flowText(title: string, flow: Flow): (paint: Paint) => string {
  const lines = linesOf(flow, "  ");
  const isCounted = lines.some(({ step }) => step?.counts);
  const room = Math.min(MAX_COLUMNS, terminalColumns() - 1);
  const digits = Math.max(0, ...lines.map(({ step }) => number(step?.counts?.kept ?? 0).length));
  const most = isCounted ? room - digits - BAR - " kept".length - 4 : room;
  const labels = lines.map((line) => labelOf(line, line.step ? most : room));
  const width = Math.max(0, ...lines.map(({ step }, i) => step ? Math.max(...labels[i].map(textWidth)) : 0));
  return (paint) => {
    const rows = lines.flatMap(({ indent, step, whole }, i) => {
      const [label, ...more] = labels[i];
      if (!step) return [label, ...more].map((line) => paint(line, "bold"));
      if (!step.counts) return [label, ...more];
      const head = `${pad(label, width)}  ${number(step.counts.kept).padStart(digits)} kept  `;
      return [
        `${head}${barOf(step.counts, whole, paint)}`.trimEnd(),
        ...more,
        ...remarksOf(step.counts, `${indent}      `, room, paint),
      ];
    });
    return [...title === "" ? [] : [paint(oneLine(title), "bold")], ...rows].join("\n");
  };
}

/** Returns the text of a line in lines of at most `columns`. */
function labelOf({ indent, step, text }: Line, columns: number): string[] {
  const label = oneLine(text);
  const hanging = step ? `${indent}    ` : `${indent}  `;
  return wrapRanges(label, Math.max(12, columns - hanging.length)).map(([from, to], i) =>
    `${i === 0 ? indent : hanging}${label.slice(from, to)}`
  );
}

function linesOf({ branches, steps }: Flow, indent: string): Line[] {
  const joined = branches.flatMap(({ name, facts, flow }): Line[] => [
    { indent, text: facts === "" ? name : `${name}  ${facts}`, whole: 0 },
    ...linesOf(flow, `${indent}  `),
  ]);
  const whole = Math.max(1, ...steps.map(({ counts }) => counts ? counts.kept + counts.dropped : 0));
  const own = steps.map((step, i): Line => {
    const arrow = i === 0 && branches.length === 0 ? "" : "↓ ";
    return { indent, step, text: `${arrow}${[step.op, step.words].filter(Boolean).join(" ")}`, whole };
  });
  return [...joined, ...own];
}

function barOf({ kept, dropped }: FlowCounts, whole: number, paint: Paint): string {
  const columns = (count: number) => count === 0 ? 0 : Math.max(1, Math.round(count / whole * BAR));
  const lost = columns(dropped);
  const full = Math.min(columns(kept), BAR - lost);
  return `${paint("█".repeat(full), "blue")}${paint("░".repeat(lost), "yellow")}`;
}

/** Returns what was dropped and noted, on lines of their own behind an indent. */
function remarksOf(
  { dropped, reasons, notes }: FlowCounts,
  indent: string,
  room: number,
  paint: Paint,
): string[] {
  const drops = dropped > 0 ? [`${number(dropped)} dropped: ${reasons.join(", ")}`] : [];
  const text = [...drops, ...notes].map(oneLine).join("; ");
  if (text === "") return [];
  return wrapRanges(text, room - indent.length).map(([from, to]) =>
    indent + paint(text.slice(from, to), drops.length > 0 ? "yellow" : "dim")
  );
}
