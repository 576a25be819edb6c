/**
 * Pictures as Markdown, for pages and model cards that code hosts show.
 *
 * @module
 */
import { printable } from "../base/printable.ts";
import type { Picture } from "./display.ts";

/** Returns `text` as one line of Markdown that is shown as it is: no markup, no HTML, no end of a table's cell. */
export function escapeMarkdown(text: string): string {
  return printable(text.replace(/\s+/g, " ")).replace(/[\\|<>*_`[\]]/g, "\\$&");
}

/** A column of a table in Markdown. */
export interface MarkdownColumn {
  /** Name in the head. */
  name: string;
  /** Alignment of its cells. */
  align: "left" | "right" | "center";
}

/** Returns a table in Markdown: a head, a line of alignments, a line per row. The texts are escaped. */
export function markdownTable(
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string {
  const rules: Record<MarkdownColumn["align"], string> = { left: "---", right: "---:", center: ":---:" };
  return [
    markdownRow(columns.map(({ name }) => escapeMarkdown(name))),
    markdownRow(columns.map(({ align }) => rules[align])),
    ...rows.map((row) => markdownRow(row.map(escapeMarkdown))),
  ].join("\n");
}

/** Returns a picture as Markdown: its own, or its text as it is, which keeps its columns in a block of code. */
export function markdownOf({ text, markdown }: Picture): string {
  if (markdown !== undefined) return markdown;
  return text.includes("\n") ? `\`\`\`text\n${printable(text)}\n\`\`\`` : escapeMarkdown(text);
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
