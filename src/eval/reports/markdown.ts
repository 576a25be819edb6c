/**
 * A report as Markdown, and as the evaluation section of a model card.
 *
 * @module
 */
import { escapeMarkdown, markdownTable } from "../../display/mod.ts";
import { showInterval, showMeasure } from "../tasks/metric.ts";
import { protocolLine, type TaskResult } from "../tasks/task_result.ts";

/** Writes a table of all numbers, and a list of `protocols`, one line per task. */
export function markdownOf(results: readonly TaskResult[], protocols: readonly string[]): string {
  const rows = results.flatMap((result) =>
    result.measures.map((measure, i) => [
      result.task,
      result.model,
      measure.metric,
      showMeasure(measure),
      showInterval(measure),
      String(measure.n),
      i === 0 ? protocolLine(result) : "",
    ])
  );
  const head = ["task", "model", "metric", "value", "95% interval", "n", "protocol"];
  const columns = head.map((name, i) => ({ name, align: i >= 3 && i <= 5 ? "right" : "left" } as const));
  return [
    markdownTable(columns, rows),
    "",
    ...protocols.map((line) => `- ${escapeMarkdown(line)}`),
    "",
  ].join("\n");
}

/** Writes the evaluation section of a model card. */
export function cardSection(
  results: readonly TaskResult[],
  protocols: readonly string[],
  date: Date,
): string {
  const day = date.toISOString().slice(0, 10);
  return [
    "## Evaluation",
    "",
    `Measured on ${day} with the protocols of Touvron et al. 2023, as far as they are ` +
    "published. Values stand with their standard errors; shares with their 95% Wilson intervals.",
    "",
    markdownOf(results, protocols),
  ].join("\n");
}
