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
import { withProgress } from "../../display/progress.ts";
import type { Document } from "../document.ts";
import type { Derived } from "../plan/document_stage.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";
import type { Pass } from "../plan/pass.ts";
import { stepPlan, stepPlanVia } from "../steps/stateful_step.ts";
import { againstFacts } from "./exact.ts";
import { type Bands, bandsFor, recall } from "./minhash_lsh.ts";
import { type Nearness, SeenSketches, ShingleFile } from "./seen_sketches.ts";
import { type Sketch, sketchedPlan } from "./sketch.ts";

/** Options of near deduplication. */
export interface NearOptions extends Nearness {
  /** Document that stays. */
  keep: "first" | "longest";
  /** Documents that count as seen before. */
  against?: DatasetPlan<Document>;
  /** Words per sequence. */
  words: number;
}

/** Reasons of dropped documents, by the document that stays. */
export const nearReasons = { first: "near to an earlier one", longest: "near to a longer one" } as const;

/** Returns the bands of near deduplication, and its options as they are shown and hashed. */
export function shownNear(options: NearOptions): { bands: Bands; shown: Record<string, unknown> } {
  const { keep, against, threshold, measure, words } = options;
  const jaccard = jaccardOf(options);
  const bands = bandsFor(jaccard);
  const shown = {
    by: "near",
    threshold,
    measure: measure === "jaccard" ? undefined : measure,
    words: words === 5 ? undefined : words,
    keep: keep === "first" ? undefined : keep,
    against: againstFacts(against).shown,
    ...bands,
    "expected recall": percent(recall(bands, jaccard)),
  };
  return { bands, shown };
}

/** Plans the documents without those that are near to another one. */
export function nearPlan(input: DatasetPlan<Document>, options: NearOptions): DatasetPlan<Document> {
  const { keep, against, words } = options;
  const { bands, shown } = shownNear(options);
  const { identity, opaque } = againstFacts(against);
  const reach = { instead: "run it in jobs: new DedupJobs(dataset, folder, options), docs/scale.md" };
  const step = { op: "dedup", options: shown, kind: "documents" as const, identity, opaque, reach };
  const addAgainst = async (seen: SeenSketches, pass: Pass) => {
    if (!against) return;
    await withProgress("sketching the documents seen before", { unit: "document" }, async (progress) => {
      for await (const { value } of entriesOf(sketchedPlan(against, { words, bands }), pass.another())) {
        seen.add(value.derived);
        progress.add();
      }
    });
  };
  if (keep === "longest") {
    return stepPlan<Document, Document>(input, {
      ...step,
      async *run(entries, counts, pass) {
        using seen = new SeenSketches(bands, options);
        await addAgainst(seen, pass);
        const dropped = await nearToLonger(input, seen, options, pass.another());
        let index = 0;
        for await (const entry of entries) {
          if (dropped[index++] === 1) await pass.drop(counts, nearReasons.longest, entry);
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
      using seen = new SeenSketches(bands, options);
      await addAgainst(seen, pass);
      for await (const { value: { document, derived }, id, place } of entries) {
        const entry = { value: document, id, place };
        if (seen.addNew(derived)) {
          counts.kept++;
          yield entry;
        } else await pass.drop(counts, nearReasons.first, entry);
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
  seen: SeenSketches,
  { words }: NearOptions,
  pass: Pass,
): Promise<Uint8Array> {
  using all = new ShingleFile();
  const lengths: number[] = [];
  await withProgress("sketching documents", { unit: "document" }, async (progress) => {
    for await (const { value: { document, derived } } of entriesOf(sketchedPlan(input, { words }), pass)) {
      progress.set(lengths.push(document.text.length));
      all.append(derived.shingles);
    }
  });
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b] - lengths[a] || a - b);
  const flags = new Uint8Array(lengths.length);
  const comparing = { total: order.length, unit: "document" };
  await withProgress("comparing documents, the longest first", comparing, async (progress) => {
    for (const i of order) {
      if (!seen.addNew({ shingles: all.at(i) })) flags[i] = 1;
      progress.add();
      await pass.yieldToEventLoop();
    }
  });
  return flags;
}
