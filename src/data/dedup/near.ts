/**
 * Near deduplication, which drops documents that share most of their word sequences with another one.
 *
 * MinHash finds candidates, and each candidate is then compared sequence by sequence, so that no document is dropped
 * by an estimate. Memory: 15 to 25 bytes per band of a document that stays, 2.5 GB for 5 million documents of 28 bands;
 * the sequences are on disk, 4 bytes each.
 *
 * A document is dropped when it is near to one that stays, so that both ends of a chain A~B~C stay if they are not
 * near to each other. With `keep: "longest"` longer documents come first, and the order of the input decides among
 * equally long ones.
 *
 * @module
 */
import { percent } from "../../display/format.ts";
import type { Document } from "../document.ts";
import type { Derived } from "../plan/document_stage.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";
import type { Pass } from "../plan/pass.ts";
import { stepPlan, stepPlanVia } from "../steps/stateful_step.ts";
import { againstFacts } from "./exact.ts";
import { bandHashes, BandIndex, type Bands, bandsFor, recall } from "./minhash_lsh.ts";
import { type Shingles, similarity } from "./shingles.ts";
import { type Sketch, sketchedPlan } from "./sketch.ts";

/** Options of near deduplication. */
interface NearOptions {
  /** Document that stays. */
  keep: "first" | "longest";
  /** Documents that count as seen before. */
  against?: DatasetPlan<Document>;
  /** Similarity of near documents. */
  threshold: number;
  /** Measure of similarity. */
  measure: "jaccard" | "containment";
  /** Words per sequence. */
  words: number;
}

/** Plans the documents without those that are near to another one. */
export function nearPlan(input: DatasetPlan<Document>, options: NearOptions): DatasetPlan<Document> {
  const { keep, against, threshold, measure, words } = options;
  const { shown, identity, opaque } = againstFacts(against);
  const jaccard = jaccardOf(options);
  const bands = bandsFor(jaccard);
  const step = {
    op: "dedup",
    options: {
      by: "near",
      threshold,
      measure: measure === "jaccard" ? undefined : measure,
      words: words === 5 ? undefined : words,
      keep: keep === "first" ? undefined : keep,
      against: shown,
      ...bands,
      "expected recall": percent(recall(bands, jaccard)),
    },
    kind: "documents" as const,
    identity,
    opaque,
    reach: { instead: "run it in jobs: new DedupJobs(dataset, folder, options), docs/scale.md" },
  };
  const addAgainst = async (seen: Seen, pass: Pass) => {
    if (!against) return;
    for await (const { value } of entriesOf(sketchedPlan(against, { words, bands }), pass.another())) {
      seen.add(value.derived);
    }
  };
  if (keep === "longest") {
    return stepPlan<Document, Document>(input, {
      ...step,
      async *run(entries, counts, pass) {
        using seen = new Seen(bands, options);
        await addAgainst(seen, pass);
        const dropped = await nearToLonger(input, seen, options, pass.another());
        let index = 0;
        for await (const entry of entries) {
          if (dropped[index++] === 1) await pass.drop(counts, "near to a longer one", entry);
          else {
            counts.kept++;
            yield entry;
          }
        }
        counts.notes["pairs compared"] = seen.compared;
      },
    });
  }
  return stepPlanVia<Derived<Sketch>, Document>(input, sketchedPlan(input, { words, bands }), {
    ...step,
    async *run(entries, counts, pass) {
      using seen = new Seen(bands, options);
      await addAgainst(seen, pass);
      for await (const { value: { document, derived }, id, place } of entries) {
        const entry = { value: document, id, place };
        if (seen.addNew(derived)) {
          counts.kept++;
          yield entry;
        } else await pass.drop(counts, "near to an earlier one", entry);
      }
      counts.notes["pairs compared"] = seen.compared;
    },
  });
}

/**
 * Returns the Jaccard similarity from which candidates must be found. For containment c, two documents of equal size
 * have J = c / (2 - c); half of it also finds a document inside one of about twice its size.
 */
function jaccardOf({ measure, threshold }: NearOptions): number {
  return measure === "jaccard" ? threshold : threshold / (2 - threshold) / 2;
}

/** Returns one flag per document: 1 when it is near to a longer (or equally long and earlier) one that stays. */
async function nearToLonger(
  input: DatasetPlan<Document>,
  seen: Seen,
  { words }: NearOptions,
  pass: Pass,
): Promise<Uint8Array> {
  using all = new ShingleFile();
  const lengths: number[] = [];
  for await (const { value: { document, derived } } of entriesOf(sketchedPlan(input, { words }), pass)) {
    lengths.push(document.text.length);
    all.append(derived.shingles);
  }
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a] || a - b);
  const flags = new Uint8Array(lengths.length);
  for (const i of order) if (!seen.addNew({ shingles: all.at(i) })) flags[i] = 1;
  return flags;
}

/** The documents that stay. */
class Seen {
  /** Number of compared pairs. */
  compared = 0;
  readonly #index: BandIndex;
  readonly #file = new ShingleFile();
  readonly #bands: Bands;
  readonly #options: NearOptions;

  constructor(bands: Bands, options: NearOptions) {
    this.#bands = bands;
    this.#options = options;
    this.#index = new BandIndex(bands.bands);
  }

  /** Adds a document unless it is near to one in the set; returns true when it was added. */
  addNew({ shingles, hashes: ready }: Sketch): boolean {
    if (shingles.hashes.length === 0) return true; // a text without words is near to nothing
    const { threshold, measure } = this.#options;
    const hashes = ready ?? bandHashes(shingles, this.#bands);
    const near = this.#index.candidates(hashes).some((candidate) => {
      this.compared++;
      const found = similarity(shingles, this.#file.at(candidate), measure);
      return measure === "jaccard" ? found >= threshold : found > threshold;
    });
    if (!near) this.#add(shingles, hashes);
    return !near;
  }

  add({ shingles, hashes }: Sketch): void {
    if (hashes) this.#add(shingles, hashes);
  }

  #add(shingles: Shingles, hashes: Uint32Array): void {
    this.#index.add(hashes);
    this.#file.append(shingles);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** The sequences of many documents in a temporary file. */
class ShingleFile {
  readonly #path = Deno.makeTempFileSync({ prefix: "llamero_shingles_" });
  readonly #file = Deno.openSync(this.#path, { read: true, write: true });
  /** First byte of each document's sequences, and the exponent of their sampling. */
  #starts = new Float64Array(1 << 8);
  #exponents = new Uint8Array(1 << 8);
  #count = 0;
  #end = 0;

  append({ hashes, k }: Shingles): void {
    if (this.#count + 1 === this.#starts.length) {
      const larger = [new Float64Array(2 * this.#count), new Uint8Array(2 * this.#count)] as const;
      larger[0].set(this.#starts);
      larger[1].set(this.#exponents);
      [this.#starts, this.#exponents] = larger;
    }
    this.#exponents[this.#count] = k;
    this.#starts[++this.#count] = this.#end + hashes.byteLength;
    const bytes = new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    this.#file.seekSync(this.#end, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    this.#end += bytes.length;
  }

  at(index: number): Shingles {
    const start = this.#starts[index];
    const hashes = new Uint32Array((this.#starts[index + 1] - start) / Uint32Array.BYTES_PER_ELEMENT);
    const bytes = new Uint8Array(hashes.buffer);
    this.#file.seekSync(start, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.readSync(bytes.subarray(done))!;
    return { hashes, k: this.#exponents[index] };
  }

  [Symbol.dispose](): void {
    this.#file.close();
    Deno.removeSync(this.#path);
  }
}
