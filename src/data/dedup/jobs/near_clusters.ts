/**
 * Job "clusters" of near deduplication: the documents that are joined by pairs, directly or through others.
 *
 * Sets of documents are kept as trees (union-find; Tarjan 1975) whose root is the first document. Memory: 5 bytes per
 * document of the whole dataset, and the budget. Only one process does this job.
 *
 * @module
 */
import type { Pass } from "../../plan/pass.ts";
import { finish } from "../shingles.ts";
import { pairShape } from "./band_buckets.ts";
import type { RemovalFile } from "./hash_removals.ts";
import { RangeFile, writeRanges } from "./range_file.ts";
import { EntrySorter } from "./sort_entries.ts";

/** The shape of the file of clusters: the first document of a cluster and one of its documents, by groups of clusters. */
export function clusterShape(groups: number): { width: 2; ranges: number } {
  return { width: 2, ranges: groups };
}

/** Writes the clusters of at least two documents, dealt into `groups` groups by a hash of their first document. */
export async function writeClusters(
  pairs: readonly { path: string; key: string }[],
  { documents, groups }: { documents: number; groups: number },
  { path, key, memory }: RemovalFile,
  pass: Pass,
): Promise<void> {
  const sets = new DisjointSets(documents);
  for (const { path, key } of pairs) {
    await pass.yieldToEventLoop();
    using file = RangeFile.open(path, key, pairShape);
    for (const words of file.read(0)) {
      for (let i = 0; i < words.length; i += 2) sets.join(words[i], words[i + 1]);
    }
  }
  await writeRanges(path, key, clusterShape(groups), async (file) => {
    const sorter = new EntrySorter(file, groups, memory);
    let members = 0;
    for (let document = 0; document < documents; document++) {
      if (!sets.isJoined(document)) continue;
      const root = sets.rootOf(document);
      sorter.add(finish(root) % groups, root, document);
      members++;
      if (sorter.isFull) await sorter.flush();
    }
    await sorter.flush();
    return { documents: members };
  }, pass.signal);
}

/** Disjoint sets of numbers; the root of each is its smallest number. */
class DisjointSets {
  readonly #parents: Uint32Array;
  readonly #joined: Uint8Array;

  constructor(size: number) {
    this.#parents = new Uint32Array(size);
    for (let i = 0; i < size; i++) this.#parents[i] = i;
    this.#joined = new Uint8Array(size);
  }

  join(a: number, b: number): void {
    const x = this.rootOf(a);
    const y = this.rootOf(b);
    this.#joined[a] = this.#joined[b] = 1;
    if (x < y) this.#parents[y] = x;
    else this.#parents[x] = y;
  }

  isJoined(item: number): boolean {
    return this.#joined[item] === 1;
  }

  /** Returns the root, and halves the way to it. */
  rootOf(item: number): number {
    const parents = this.#parents;
    while (parents[item] !== item) {
      parents[item] = parents[parents[item]];
      item = parents[item];
    }
    return item;
  }
}
