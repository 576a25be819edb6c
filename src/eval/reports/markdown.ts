/**
 * A report as Markdown, and as the section on evaluation of a model card: numbers, and what they are worth.
 *
 * @module
 */
import { showMeasure } from "../tasks/metric.ts";
import { protocolLine, type TaskResult } from "../tasks/task_result.ts";

/** A table of all numbers, and a line on how each task was asked. */
export function markdownOf(results: readonly TaskResult[], protocols: readonly string[]): string {
  const rows = results.flatMap((result) =>
    result.measures.map((measure, i) => [
      result.task,
      result.model,
      measure.metric,
      showMeasure(measure),
      String(measure.n),
      i === 0 ? protocolLine(result) : "",
    ])
  );
  const head = ["task", "model", "metric", "value", "n", "protocol"];
  return [
    row(head),
    row(head.map((_, i) => i === 3 || i === 4 ? "---:" : "---")),
    ...rows.map(row),
    "",
    ...protocols.map((line) => `- ${cell(line)}`),
    "",
  ].join("\n");
}

/** The section of a model card. */
export function cardSection(
  results: readonly TaskResult[],
  protocols: readonly string[],
  date: Date,
): string {
  return [
    "## Evaluation",
    "",
    `Measured on ${
      date.toISOString().slice(0, 10)
    } with the protocols of Touvron et al. 2023 as far as they are ` +
    "published; values with their standard errors.",
    "",
    markdownOf(results, protocols),
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(" | ")} |`;
}

/** What a table would take for its own, or a reader for a tag. */
function cell(text: string): string {
  return text.replace(/[|<>&*_`\\]/g, (mark) => `\\${mark}`).replace(/\s*\n\s*/g, " ");
}
