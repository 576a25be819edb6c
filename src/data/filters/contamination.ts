/**
 * Contamination: documents that share a run of words with a benchmark, as in GPT-3's check (Brown et al. 2020): 13 words,
 * lower case, without punctuation.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findCsv } from "../../formats/records/csv.ts";
import { findJsonl } from "../../formats/records/jsonl.ts";
import { findLines } from "../../formats/records/lines.ts";
import { HashSet } from "../dedup/hash_set.ts";
import { asDocument, type Document } from "../document.ts";
import { findFiles, localFiles, type Paths, patternsOf } from "../io/file_patterns.ts";
import { onEachSource } from "../steps/mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { Pass } from "../plan/pass.ts";
import { stepPlan } from "../steps/stateful_step.ts";

/** What counts as contamination, and what becomes of it. */
export interface ContaminationOptions {
  /** Words of a run; default 13, as in GPT-3. Texts of 8 words and more but fewer than `n` count whole. */
  n?: number;
  /** Whether the documents are dropped; default false: they are counted and get `meta.contaminated`. */
  drop?: boolean;
}

const schema = optionsSchema<ContaminationOptions>()(z.strictObject({
  n: z.number().int().min(1).default(13),
  drop: z.boolean().default(false),
}));

const leastWords = 8;

/** The documents, with those that share a run of words with a benchmark file told apart. */
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
      async *run(entries, counts, reading) {
        const runs = await runsOf(patterns, n, reading);
        counts.notes["benchmark items"] = runs.items;
        if (runs.short) counts.notes["items too short to look for"] = runs.short;
        for await (const entry of entries) {
          const document = asDocument(entry);
          const shared = runs.sharedWith(document.text);
          if (shared > 0) counts.notes["contaminated"] = Number(counts.notes["contaminated"] ?? 0) + 1;
          if (shared > 0 && drop) await reading.drop(counts, "shares a run of words with a benchmark", entry);
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

/** The runs of words of benchmark items. */
export class WordRuns {
  /** Items of at least 8 words (or of n, where that is less). */
  items = 0;
  /** Items that are shorter. */
  short = 0;
  readonly #n: number;
  readonly #runs = new HashSet();
  readonly #lengths = new Set<number>();

  /** For runs of `n` words. */
  constructor(n: number) {
    this.#n = n;
  }

  /** Adds the runs of an item's texts that are long enough, or of all of them together. */
  add(texts: readonly string[]): void {
    const enough = Math.min(this.#n, leastWords);
    const parts = [...texts.map(hashesOf), hashesOf(texts.join(" "))];
    const long = parts.filter((words, i) => words.length >= enough && i < texts.length);
    const used = long.length ? long : parts.slice(-1).filter((words) => words.length >= enough);
    if (used.length) this.items++;
    else this.short++;
    for (const words of used) {
      const length = Math.min(this.#n, words.length);
      this.#lengths.add(length);
      eachRun(words, length, (low, high) => void this.#runs.add(low, high));
    }
  }

  /** How many places of a text begin a run of an item. */
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

/** Each row's texts of JSON Lines and CSV files, each line of others. */
async function runsOf(patterns: readonly string[], n: number, { signal }: Pass): Promise<WordRuns> {
  const runs = new WordRuns(n);
  for await (const { path, name } of localFiles(patterns, signal)) {
    const kind = /\.(jsonl|csv|tsv)(\.\w+)?$/i.exec(name)?.[1].toLowerCase();
    const found = kind === "jsonl" ? findJsonl(path) : kind ? findCsv(path) : findLines(path);
    for await (const item of found) {
      if (!isBrokenRecord(item)) runs.add(textsIn(item.value));
    }
  }
  return runs;
}

/** All strings in a value, in whatever depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
