/**
 * Job "removals" of near deduplication: the documents of one group of clusters that go, by unit of input.
 *
 * Documents of different clusters share no band, so none is a candidate of the other, and within a cluster documents are
 * taken in the order in which one process takes them and compared as it does: the documents that stay are the same.
 * Memory: 12 bytes per document of the group, and 15 to 25 bytes per band of those that stay, up to 100,000 documents
 * or the largest cluster.
 *
 * @module
 */
import type { Pass } from "../../plan/pass.ts";
import type { Bands } from "../minhash_lsh.ts";
import { type Nearness, SeenSketches } from "../seen_sketches.ts";
import type { SignatureSource } from "./hash_removals.ts";
import { clusterShape } from "./near_clusters.ts";
import { RangeFile, writeRanges } from "./range_file.ts";
import { openSketches, readSketch, type SizedSketch } from "./sketch_signatures.ts";

const maxSeen = 100_000;
const maxOpenFiles = 200;

/** The shape of a file of removed documents; its ranges are the units of input. */
export function removedShape(units: number): { width: 1; ranges: number } {
  return { width: 1, ranges: units };
}

/** One group of clusters. */
export interface ClusterGroup {
  /** The file of clusters. */
  clusters: { path: string; key: string };
  /** All units of input, in their order, those that count as seen before first. */
  units: readonly SignatureSource[];
  /** Number of units at the beginning that count as seen before: 0 or 1. */
  against: number;
  /** Number of groups. */
  groups: number;
  /** The group. */
  group: number;
}

/** Conditions under which a document goes. */
export interface NearRule extends Nearness {
  /** Document that stays. */
  keep: "first" | "longest";
  /** The bands. */
  bands: Bands;
}

/** Writes the documents of a group that are removed, for each unit of input. */
export async function writeRemoved(
  input: ClusterGroup,
  rule: NearRule,
  { path, key }: { path: string; key: string },
  pass: Pass,
): Promise<void> {
  using sketches = new SketchFiles(input.units, rule.bands);
  const members = membersOf(input);
  const known = sketches.baseOf(input.against);
  const removed: number[] = [];
  let compared = 0;
  let seen = new SeenSketches(rule.bands, rule);
  try {
    for (let from = 0; from < members.length;) {
      await pass.yieldToEventLoop();
      let to = from + 2;
      while (to < members.length && members[to + 1] === members[from + 1]) to += 2;
      const cluster = inOrder(members.subarray(from, to), rule.keep, sketches, known);
      for (const document of cluster) {
        const sketch = sketches.read(document);
        if (document < known) seen.add(sketch);
        else if (!seen.addNew(sketch)) removed.push(document);
      }
      from = to;
      if (seen.size < maxSeen) continue;
      compared += seen.compared;
      seen[Symbol.dispose]();
      seen = new SeenSketches(rule.bands, rule);
    }
    compared += seen.compared;
  } finally {
    seen[Symbol.dispose]();
  }
  removed.sort((a, b) => a - b);
  await writeRanges(path, key, removedShape(input.units.length), async (file) => {
    for (let i = 0; i < removed.length;) {
      const unit = sketches.unitOf(removed[i]);
      const records: number[] = [];
      for (; i < removed.length && sketches.unitOf(removed[i]) === unit; i++) {
        records.push(removed[i] - sketches.baseOf(unit));
      }
      await file.append(unit, Uint32Array.from(records));
    }
    return { removed: removed.length, compared };
  }, pass.signal);
}

/** Reads the pairs (document, first document of its cluster) of a group, cluster by cluster, documents ascending. */
function membersOf({ clusters, groups, group }: ClusterGroup): Uint32Array {
  using file = RangeFile.open(clusters.path, clusters.key, clusterShape(groups));
  const pairs = new Uint32Array(2 * file.count(group));
  let at = 0;
  for (const words of file.read(group)) {
    for (let i = 0; i < words.length; i += 2) {
      pairs[at++] = words[i + 1];
      pairs[at++] = words[i];
    }
  }
  new BigUint64Array(pairs.buffer).sort(); // the first document is the upper word
  return pairs;
}

/** Yields the documents of a cluster in the order in which one process compares them, those seen before first. */
function* inOrder(
  members: Uint32Array,
  keep: NearRule["keep"],
  sketches: SketchFiles,
  known: number,
): Generator<number> {
  const documents = members.filter((_, i) => i % 2 === 0);
  if (keep === "first") return yield* documents;
  yield* documents.filter((document) => document < known);
  const others = documents.filter((document) => document >= known);
  const lengths = new Float64Array(others.length);
  others.forEach((document, i) => lengths[i] = sketches.read(document).length);
  const order = Uint32Array.from(others, (_, i) => i).sort((a, b) => lengths[b] - lengths[a] || a - b);
  for (const i of order) yield others[i];
}

/** The sketches of all documents, of which a number of files are open. */
class SketchFiles implements Disposable {
  readonly #units: readonly SignatureSource[];
  readonly #bands: Bands;
  /** Number of the first document of each unit. */
  readonly #bases: Float64Array;
  readonly #open = new Map<number, RangeFile>();

  constructor(units: readonly SignatureSource[], bands: Bands) {
    this.#units = units;
    this.#bands = bands;
    this.#bases = new Float64Array(units.length + 1);
    for (const [i, { facts }] of units.entries()) this.#bases[i + 1] = this.#bases[i] + facts.documents;
  }

  baseOf(unit: number): number {
    return this.#bases[unit];
  }

  unitOf(document: number): number {
    let low = 0;
    let high = this.#units.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#bases[middle] <= document) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  read(document: number): SizedSketch {
    const unit = this.unitOf(document);
    return readSketch(this.#fileOf(unit), document - this.#bases[unit], this.#bands);
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file[Symbol.dispose]();
  }

  /** Returns the file of a unit; the one that was opened first is closed for it when too many are open. */
  #fileOf(unit: number): RangeFile {
    const known = this.#open.get(unit);
    if (known) return known;
    if (this.#open.size >= maxOpenFiles) {
      const [first, file] = this.#open.entries().next().value!;
      file[Symbol.dispose]();
      this.#open.delete(first);
    }
    const { path, key } = this.#units[unit];
    const file = openSketches(path, key);
    this.#open.set(unit, file);
    return file;
  }
}
