/**
 * The last job of deduplication: the documents of one unit of input without what the removals name.
 *
 * @module
 */
import type { Document, Entry } from "../../document.ts";
import type { Pass, StepCounts } from "../../plan/pass.ts";
import { type ExactOptions, withoutRepeated } from "../exact.ts";
import { textHasher } from "../hash.ts";
import { HashSet } from "../hash_set.ts";
import { HashStore } from "../hash_store.ts";
import { nearReasons } from "../near.ts";
import { TextUnits } from "../text_units.ts";
import { removedHashShape } from "./hash_removals.ts";
import { removedShape } from "./near_removals.ts";
import { RangeFile } from "./range_file.ts";

/** The removals of one unit of input, in the files of all ranges or groups. */
export interface UnitRemovals {
  /** The files. */
  files: readonly { path: string; key: string }[];
  /** The number of the unit, and the number of all. */
  unit: number;
  /** Number of all units. */
  units: number;
}

/** Yields the documents of a unit of input without repeated texts, paragraphs or lines. Memory: the budget, twice. */
export async function* withoutHashes(
  entries: AsyncIterable<Entry<Document>>,
  removals: UnitRemovals,
  options: ExactOptions,
  counts: StepCounts,
  pass: Pass,
): AsyncGenerator<Entry<Document>> {
  const { by, keep, memory } = options;
  const removed = new HashStore(memory);
  const seen = new HashStore(memory);
  let inDocument = new HashSet();
  for (const words of wordsOf(removals, removedHashShape(removals.units))) {
    for (let i = 0; i < words.length; i += 2) removed.add(words[i], words[i + 1]);
  }
  const judge = {
    next() {
      if (keep === "none") inDocument = new HashSet();
    },
    isRepeated: (low: number, high: number) =>
      removed.has(low, high) || !(keep === "none" ? inDocument : seen).add(low, high),
    close() {
      removed.clear();
      seen.clear();
    },
  };
  yield* withoutRepeated(
    entries,
    { by, units: new TextUnits(options, await textHasher()), judge },
    counts,
    pass,
  );
}

/** Yields the documents of a unit of input without those that are near to others. Memory: 4 bytes per removed document. */
export async function* withoutDocuments(
  entries: AsyncIterable<Entry<Document>>,
  removals: UnitRemovals,
  { keep }: { keep: keyof typeof nearReasons },
  counts: StepCounts,
  pass: Pass,
): AsyncGenerator<Entry<Document>> {
  const removed = new Set<number>();
  for (const words of wordsOf(removals, removedShape(removals.units))) {
    for (const document of words) removed.add(document);
  }
  let index = 0;
  for await (const entry of entries) {
    if (removed.has(index++)) await pass.drop(counts, nearReasons[keep], entry);
    else {
      counts.kept++;
      yield entry;
    }
  }
}

function* wordsOf(
  { files, unit }: UnitRemovals,
  shape: { width: number; ranges: number },
): Generator<Uint32Array> {
  for (const { path, key } of files) {
    using file = RangeFile.open(path, key, shape);
    yield* file.read(unit);
  }
}
