/**
 * Job "removals" of exact deduplication: the hashes of one range that go, by unit of input.
 *
 * The units are read in their order, as one process would read their texts, so the copies that stay are the same. Memory:
 * the budget for each set of hashes, and 1.3 bytes per hash beyond it (hash_store.ts).
 *
 * @module
 */
import type { ExactOptions } from "../exact.ts";
import { HashSet } from "../hash_set.ts";
import { HashStore } from "../hash_store.ts";
import type { Pass } from "../../plan/pass.ts";
import { hashShape, type SignatureFacts } from "./hash_signatures.ts";
import { RangeFile, writeRanges } from "./range_file.ts";

/** A file of signatures of one unit of input. */
export interface SignatureSource {
  /** Its path. */
  path: string;
  /** Names everything that it depends on. */
  key: string;
  /** Its facts. */
  facts: SignatureFacts;
}

/** One range of all signatures. */
export interface HashRange {
  /** The documents that count as seen before. */
  against?: SignatureSource;
  /** The units of input, in their order. */
  units: readonly SignatureSource[];
  /** Number of ranges. */
  ranges: number;
  /** The range. */
  range: number;
}

/** Settings of a file of removals. */
export interface RemovalFile {
  /** Its path. */
  path: string;
  /** Names everything that it depends on. */
  key: string;
  /** Bytes of memory for each set of hashes. */
  memory: number;
}

/** The shape of a file of removed hashes; its ranges are the units of input. */
export function removedHashShape(units: number): { width: 2; ranges: number } {
  return { width: 2, ranges: units };
}

/** Writes the hashes of a range that are removed, for each unit of input. */
export async function writeRemovedHashes(
  input: HashRange,
  { keep, scope }: Pick<ExactOptions, "keep" | "scope">,
  { path, key, memory }: RemovalFile,
  pass: Pass,
): Promise<void> {
  const before = new HashStore(memory);
  const seen = new HashStore(memory);
  const repeated = new HashStore(memory);
  const { units } = input;
  try {
    await writeRanges(path, key, removedHashShape(units.length), async (file) => {
      if (input.against) eachHash(input.against, input, (low, high) => void before.add(low, high));
      let removed = 0;
      for (const group of groupsOf(units, scope)) {
        seen.clear();
        repeated.clear();
        if (keep === "none") {
          for (const unit of group) {
            await pass.yieldToEventLoop();
            eachHash(units[unit], input, (low, high) => {
              if (!seen.add(low, high)) repeated.add(low, high);
            });
          }
        }
        for (const unit of group) {
          await pass.yieldToEventLoop();
          const words: number[] = [];
          eachDistinctHash(units[unit], input, (low, high) => {
            const isRemoved = before.has(low, high) ||
              (keep === "none" ? repeated.has(low, high) : !seen.add(low, high));
            if (isRemoved) words.push(low, high);
          });
          removed += words.length / 2;
          await file.append(unit, Uint32Array.from(words));
        }
      }
      return { removed };
    }, pass.signal);
  } finally {
    for (const store of [before, seen, repeated]) store.clear();
  }
}

/** Returns the indices of the units of each group of `scope` files; a file without documents is none. */
export function groupsOf(
  units: readonly { facts: SignatureFacts }[],
  scope: ExactOptions["scope"],
): number[][] {
  const groups: number[][] = [];
  let files = 0;
  let last: string | undefined;
  for (const [unit, { facts }] of units.entries()) {
    if (facts.documents === 0) continue;
    if (groups.length === 0 || (facts.file !== last && scope !== "all" && files === scope)) {
      groups.push([]);
      files = 0;
    }
    if (files === 0 || facts.file !== last) files++;
    last = facts.file;
    groups[groups.length - 1].push(unit);
  }
  return groups;
}

function eachHash(
  { path, key }: SignatureSource,
  { ranges, range }: HashRange,
  use: (low: number, high: number) => void,
): void {
  using file = RangeFile.open(path, key, hashShape(ranges));
  for (const words of file.read(range)) {
    for (let i = 0; i < words.length; i += 2) use(words[i], words[i + 1]);
  }
}

function eachDistinctHash(
  source: SignatureSource,
  input: HashRange,
  use: (low: number, high: number) => void,
): void {
  if (source.facts.distinct) return eachHash(source, input, use);
  const own = new HashSet();
  eachHash(source, input, (low, high) => {
    if (own.add(low, high)) use(low, high);
  });
}
