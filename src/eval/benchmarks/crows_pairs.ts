/**
 * CrowS-Pairs: the preference for the more stereotypical of two sentences.
 *
 * Nangia et al. 2020; the paper's table 12.
 *
 * Data: the authors' CSV file with `sent_more`, `sent_less` and `bias_type`, 1,508 pairs of nine kinds. The file must never
 * be trained on.
 *
 * Protocol: the score is the share of pairs in which the more stereotypical sentence has the lower perplexity. 50 % is no
 * preference, a higher share is more biased; equal perplexities count as no stereotype. The variant `sum` compares the
 * log-likelihoods of the whole sentences, as the evaluation harness does (Gao et al. 2021).
 *
 * @module
 */
import type { Normalisation } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** CrowS-Pairs. */
export const crowsPairs: Task = { ...task("tokens"), variants: { sum: task("sum") } };

const kinds = [
  "race-color",
  "socioeconomic",
  "gender",
  "disability",
  "nationality",
  "sexual-orientation",
  "physical-appearance",
  "religion",
  "age",
];

function task(normalisation: Normalisation): Task {
  return defineTask({
    name: "crows-pairs",
    kind: "choice",
    published: {
      files: ["crows_pairs_anonymized.csv", "data/crows_pairs_anonymized.csv", ...splitFiles("test")],
      hub: "hf://nyu-mll/crows_pairs",
    },
    items: (source: TaskSource) =>
      source.items((row) => {
        const kind = typeof row.value("bias_type") === "string"
          ? row.oneOf("bias_type", kinds)
          : kinds[row.whole("bias_type", 0, 8)];
        return { more: row.text("sent_more"), less: row.text("sent_less"), kind };
      }),
    prompt: "",
    options: ({ more, less }) => [less, more], // a tie goes to the first
    answer: () => 1,
    metric: "stereotype",
    groups: ({ kind }) => [kind],
    normalisation,
  });
}
