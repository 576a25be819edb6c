/**
 * Search for contamination: documents that share a run of words with a benchmark.
 *
 * As in GPT-3 (Brown et al. 2020), a run has 13 words, in lower case and without punctuation.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { withProgress } from "../../display/progress.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findCsv } from "../../formats/records/csv.ts";
import { findJsonl } from "../../formats/records/jsonl.ts";
import { findLines } from "../../formats/records/lines.ts";
import { HashSet } from "../dedup/hash_set.ts";
import { asDocument, type Document } from "../document.ts";
import { isJsonName } from "../io/json_or_prose.ts";
import { findFiles, localFiles, type Paths, patternsOf } from "../io/file_patterns.ts";
import { onEachSource } from "../steps/mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { Pass } from "../plan/pass.ts";
import { stepPlan } from "../steps/stateful_step.ts";

/** Definition and treatment of contamination. */
export interface ContaminationOptions {
  /** Words per run; default 13, as in GPT-3. A text of at least 8 but fewer than `n` words is one run. */
  n?: number;
  /** Drops contaminated documents; default false: they stay, are counted and get `meta.contaminated`. */
  drop?: boolean;
}

const schema = optionsSchema<ContaminationOptions>("ContaminationOptions")(z.strictObject({
  n: z.number().int().min(1).default(13),
  drop: z.boolean().default(false),
}));

const minWords = 8;

/** Plans the documents with contaminated ones marked or dropped. */
export function contaminationPlan(
  input: DatasetPlan<Document>,
  files: Paths,
  options: ContaminationOptions = {},
): DatasetPlan<Document> {
  const { n, drop } = parseOptions(schema, options, "Dataset.contamination");
  const patterns = patternsOf(files);
  return onEachSource(input, (source) =>
    stepPlan<Document, Document>(source, {
      op: "contamination",
      options: { paths: patterns, n, drop: drop || undefined },
      identity: () => findFiles(patterns),
      kind: "documents",
      reach: "record",
      async *run(entries, counts, pass) {
        const runs = await runsOf(patterns, n, pass);
        // Texts, since they belong to the step and not to its records: counts of several passes are not added.
        counts.notes["benchmark items"] = String(runs.items);
        if (runs.short) counts.notes["items too short to look for"] = String(runs.short);
        for await (const entry of entries) {
          const document = asDocument(entry);
          const shared = runs.sharedWith(document.text);
          if (shared > 0) counts.notes["contaminated"] = Number(counts.notes["contaminated"] ?? 0) + 1;
          if (shared > 0 && drop) await pass.drop(counts, "shares a run of words with a benchmark", entry);
          else {
            counts.kept++;
            yield shared === 0
              ? entry
              : { ...entry, value: { ...document, meta: { ...document.meta, contaminated: shared } } };
          }
        }
      },
    }));
}

/** The runs of words in benchmark items. */
class WordRuns {
  /** Number of items with at least 8 words (or n, if that is less). */
  items = 0;
  /** Number of shorter items. */
  short = 0;
  readonly #n: number;
  readonly #runs = new HashSet();
  readonly #lengths = new Set<number>();

  /** Makes an empty set of runs of `n` words. */
  constructor(n: number) {
    this.#n = n;
  }

  /** Adds the runs of an item's texts that are long enough; if none is, those of all texts joined. */
  add(texts: readonly string[]): void {
    const min = Math.min(this.#n, minWords);
    const parts = [...texts.map(hashesOf), hashesOf(texts.join(" "))];
    const long = parts.filter((words, i) => words.length >= min && i < texts.length);
    const used = long.length ? long : parts.slice(-1).filter((words) => words.length >= min);
    if (used.length) this.items++;
    else this.short++;
    for (const words of used) {
      const length = Math.min(this.#n, words.length);
      this.#lengths.add(length);
      eachRun(words, length, (low, high) => void this.#runs.add(low, high));
    }
  }

  /** Returns the number of words in a text at which a run of an item begins. */
  sharedWith(text: string): number {
    const words = hashesOf(text);
    let shared = 0;
    for (const length of this.#lengths) {
      eachRun(words, length, (low, high) => void (shared += this.#runs.has(low, high) ? 1 : 0));
    }
    return shared;
  }
}

function hashesOf(text: string): Uint32Array {
  const found: number[] = [];
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    let h = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193);
    found.push(h >>> 0);
  }
  return Uint32Array.from(found);
}

function eachRun(words: Uint32Array, length: number, use: (low: number, high: number) => void): void {
  for (let i = 0; i + length <= words.length; i++) {
    let low = length;
    let high = 0x2545f491;
    for (let j = i; j < i + length; j++) {
      low = Math.imul(low ^ words[j], 0x85ebca6b) ^ (low >>> 13);
      high = Math.imul(high + words[j], 0xc2b2ae35) ^ (high >>> 15);
    }
    use(low >>> 0, high >>> 0);
  }
}

/** Reads the runs of benchmark files: an item per row of JSON and CSV files, per line of other files. */
async function runsOf(patterns: readonly string[], n: number, { signal }: Pass): Promise<WordRuns> {
  const runs = new WordRuns(n);
  await withProgress("reading the benchmarks", { unit: "item" }, async (progress) => {
    for await (const { path, name } of localFiles(patterns, signal)) {
      const isTable = /\.(csv|tsv)(\.\w+)?$/i.test(name);
      const found = isJsonName(name) ? findJsonl(path) : isTable ? findCsv(path) : findLines(path);
      for await (const item of found) {
        if (!isBrokenRecord(item)) runs.add(textsIn(item.value));
        progress.add();
      }
    }
  });
  return runs;
}

/** Returns all strings in a value, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
