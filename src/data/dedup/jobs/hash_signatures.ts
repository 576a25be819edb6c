/**
 * Job "signatures" of exact deduplication: the sorted hashes of one unit of input.
 *
 * Of a document, paragraph or line only its 64-bit hash is written, 8 bytes, each once; with `keep: "none"` a hash that
 * several documents of the unit have stands twice. Memory: the budget, however large the unit is.
 *
 * @module
 */
import { ConfigError } from "../../../base/errors.ts";
import { asDocument, type Document } from "../../document.ts";
import type { Pass } from "../../plan/pass.ts";
import { type DatasetPlan, entriesOf } from "../../plan/plan.ts";
import type { ExactOptions } from "../exact.ts";
import { textHasher } from "../hash.ts";
import { HashSet } from "../hash_set.ts";
import { TextUnits } from "../text_units.ts";
import { type RangeWriter, writeRanges } from "./range_file.ts";

/** The facts of the signatures of one unit of input. */
export interface SignatureFacts {
  /** Number of documents. */
  documents: number;
  /** The file that they come from; missing without documents. */
  file?: string;
  /** True when no hash stands twice. */
  distinct?: boolean;
}

/** The shape of a file of hashes: the low and the high word of each. */
export function hashShape(ranges: number): { width: 2; ranges: number } {
  return { width: 2, ranges };
}

/** Settings of a file of signatures. */
export interface SignatureFile {
  /** Its path. */
  path: string;
  /** Names everything that it depends on. */
  key: string;
  /** Number of ranges of hashes. */
  ranges: number;
  /** Bytes of memory for what waits to be written. */
  memory: number;
}

/** Writes the hashes of the documents of `plan`. */
export async function writeHashes(
  plan: DatasetPlan<Document>,
  pass: Pass,
  options: ExactOptions,
  { path, key, ranges, memory }: SignatureFile,
): Promise<void> {
  const units = new TextUnits(options, await textHasher());
  const isCounted = options.keep === "none";
  await writeRanges<SignatureFacts>(path, key, hashShape(ranges), async (file) => {
    const facts: SignatureFacts = { documents: 0, distinct: true };
    const once = new HashSet();
    const twice = new HashSet();
    const flush = async () => {
      for (const set of [once, twice]) await appendSorted(file, set, ranges);
      if (twice.size > 0) facts.distinct = false;
      once.clear();
      twice.clear();
    };
    for await (const entry of entriesOf(plan, pass)) {
      const name = entry.place.file ?? entry.place.source;
      if (facts.documents++ === 0) facts.file = name;
      if (options.scope !== "all" && name !== facts.file) {
        throw new ConfigError(
          `Cannot use scope ${options.scope}: it counts files, and one unit of input holds documents of ${facts.file} and ${name}`,
        );
      }
      const own = isCounted ? new HashSet() : undefined;
      units.each(asDocument(entry).text, (low, high) => {
        if (own && !own.add(low, high)) return;
        if (!once.add(low, high) && own) twice.add(low, high);
      });
      if (once.bytes + twice.bytes > memory) {
        await flush();
        facts.distinct = false; // the next block may repeat a hash
      }
    }
    await flush();
    return facts;
  }, pass.signal);
}

async function appendSorted(file: RangeWriter, set: HashSet, ranges: number): Promise<void> {
  for (const hashes of set.sorted(1 << 14)) {
    const words = new Uint32Array(hashes.buffer, 0, 2 * hashes.length);
    for (let from = 0; from < words.length;) {
      const range = rangeOf(words[from + 1], ranges);
      let to = from + 2;
      while (to < words.length && rangeOf(words[to + 1], ranges) === range) to += 2;
      await file.append(range, words.subarray(from, to));
      from = to;
    }
  }
}

/** Returns the range of a hash by its high word. */
function rangeOf(high: number, ranges: number): number {
  return Math.floor(high * (ranges / 2 ** 32));
}
