// Buckets and clusters compared with plain loops over the bands of all documents.
import assert from "node:assert/strict";
import { Random } from "../../../../src/base/random.ts";
import { writePairs } from "../../../../src/data/dedup/jobs/band_buckets.ts";
import type { SignatureSource } from "../../../../src/data/dedup/jobs/hash_removals.ts";
import { clusterShape, writeClusters } from "../../../../src/data/dedup/jobs/near_clusters.ts";
import { RangeFile, writeRanges } from "../../../../src/data/dedup/jobs/range_file.ts";
import { EntrySorter } from "../../../../src/data/dedup/jobs/sort_entries.ts";
import { bandShape } from "../../../../src/data/dedup/jobs/sketch_signatures.ts";
import { Pass } from "../../../../src/data/plan/pass.ts";
import { inFolder } from "../../../support/folder.ts";

const bands = { bands: 3, rows: 1 };
const key = "k";

/** Writes the bands of made documents, whose hashes are small numbers, all in the first range of each band. */
async function writeUnit(path: string, documents: readonly number[][]): Promise<SignatureSource> {
  await writeRanges(`${path}.bands`, key, bandShape(bands, 2), async (file) => {
    const sorter = new EntrySorter(file, 6, 1 << 16);
    documents.forEach((hashes, i) => hashes.forEach((hash, band) => sorter.add(2 * band, hash, i)));
    await sorter.flush();
    return null;
  });
  return { path, key, facts: { documents: documents.length } };
}

/** Returns the first document of the cluster of each document, by going over all pairs until nothing changes. */
function clustersOf(documents: readonly number[][]): number[] {
  const first = documents.map((_, i) => i);
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const [i, a] of documents.entries()) {
      for (const [j, b] of documents.entries()) {
        if (first[j] >= first[i] || !a.some((hash, band) => hash === b[band])) continue;
        first[i] = first[j];
        isChanged = true;
      }
    }
  }
  return first;
}

for (const memory of [1 << 20, 100]) {
  Deno.test(`documents that share a band are in one cluster, ${memory > 100 ? "one reading" : "many readings"}`, () =>
    inFolder(async (folder) => {
      const random = new Random(memory);
      const made = (count: number) =>
        Array.from({ length: count }, () => [0, 0, 0].map(() => random.below(150)));
      const units = [made(40), [], made(1), made(39)];
      const sources = await Promise.all(units.map((unit, i) => writeUnit(`${folder}/u${i}`, unit)));
      const pairs = Array.from({ length: 6 }, (_, range) => ({ path: `${folder}/p${range}`, key, range }));
      const pass = new Pass();
      for (const { path, range } of pairs) {
        await writePairs({ units: sources, bands, ranges: 2, range }, { path, key, memory }, pass);
      }
      const path = `${folder}/clusters`;
      await writeClusters(pairs, { documents: 80, groups: 4 }, { path, key, memory }, pass);
      const found = Array.from({ length: 80 }, (_, i) => i);
      using file = RangeFile.open(path, key, clusterShape(4));
      for (let group = 0; group < 4; group++) {
        for (const words of file.read(group)) {
          for (let i = 0; i < words.length; i += 2) found[words[i + 1]] = words[i];
        }
      }
      const expected = clustersOf(units.flat());
      assert.ok(new Set(expected).size > 5 && new Set(expected).size < 70);
      assert.deepEqual(found, expected);
    }));
}
