/**
 * Job "signatures" of near deduplication: the sketches of the documents of one unit of input, and the hashes of their bands.
 *
 * Two files are made. The sketches (`.sketches`), one range per document: length of the text, exponent of the sampling,
 * hashes of the bands, word sequences; 4 bytes a number. The bands (`.bands`): hash and document, 8 bytes per band of a
 * document, by ranges of band and hash. Memory: the budget, and 8 bytes per document.
 *
 * @module
 */
import type { Document } from "../../document.ts";
import type { Pass } from "../../plan/pass.ts";
import { type DatasetPlan, entriesOf } from "../../plan/plan.ts";
import type { Bands } from "../minhash_lsh.ts";
import { type Sketch, sketchedPlan } from "../sketch.ts";
import type { SignatureFacts, SignatureFile } from "./hash_signatures.ts";
import { RangeFile, type RangeShape, writeRanges } from "./range_file.ts";
import { EntrySorter } from "./sort_entries.ts";

/** The shape of a file of sketches; its ranges are the documents. */
export const sketchShape: RangeShape = { width: 1 };

/** The shape of a file of bands, of which each has `ranges` ranges of hashes. */
export function bandShape({ bands }: Bands, ranges: number): { width: 2; ranges: number } {
  return { width: 2, ranges: bands * ranges };
}

/** A sketch with the length of its text in UTF-16 units. */
export interface SizedSketch extends Sketch {
  /** Length of the text. */
  length: number;
}

/** Writes the sketches of the documents of `plan`; `ranges` is the number of ranges per band. */
export async function writeSketches(
  plan: DatasetPlan<Document>,
  pass: Pass,
  options: { words: number; bands: Bands },
  { path, key, ranges, memory }: SignatureFile,
): Promise<void> {
  const { bands } = options;
  await writeRanges<SignatureFacts>(`${path}.bands`, key, bandShape(bands, ranges), async (file) => {
    const facts: SignatureFacts = { documents: 0 };
    const sorter = new EntrySorter(file, bands.bands * ranges, memory);
    await writeRanges(`${path}.sketches`, key, sketchShape, async (sketches) => {
      for await (
        const { value: { document, derived }, place } of entriesOf(sketchedPlan(plan, options), pass)
      ) {
        facts.file ??= place.file ?? place.source;
        const index = facts.documents++;
        if (!derived.hashes) continue; // a text without words is near to nothing
        await sketches.append(index, wordsOf({ ...derived, length: document.text.length }));
        derived.hashes.forEach((hash, band) =>
          sorter.add(band * ranges + bandRange(hash, ranges), hash, index)
        );
        if (sorter.isFull) await sorter.flush();
      }
      return facts;
    }, pass.signal);
    await sorter.flush();
    return facts;
  }, pass.signal);
}

/** Returns the range of a band's hash, whose bits are mixed first. */
function bandRange(hash: number, ranges: number): number {
  return Math.floor((Math.imul(hash, 0x9e3779b1) >>> 0) * (ranges / 2 ** 32));
}

/** Opens the sketches of a unit of input. */
export function openSketches(path: string, key: string): RangeFile {
  return RangeFile.open(`${path}.sketches`, key, sketchShape);
}

/** Reads the sketch of a document, which has words. */
export function readSketch(file: RangeFile, document: number, { bands }: Bands): SizedSketch {
  const parts = [...file.read(document)];
  const words = parts.length === 1 ? parts[0] : Uint32Array.from(parts.flatMap((part) => [...part]));
  const [length, k] = words;
  return { length, hashes: words.subarray(2, 2 + bands), shingles: { k, hashes: words.slice(2 + bands) } };
}

function wordsOf({ length, hashes, shingles }: SizedSketch): Uint32Array {
  const words = new Uint32Array(2 + hashes!.length + shingles.hashes.length);
  words[0] = length;
  words[1] = shingles.k;
  words.set(hashes!, 2);
  words.set(shingles.hashes, 2 + hashes!.length);
  return words;
}
