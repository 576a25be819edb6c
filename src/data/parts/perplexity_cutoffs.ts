/**
 * The first pass of the perplexity filter over parts: a histogram of the perplexities of each unit, and from all of them
 * the perplexities at which head and middle end, which do not depend on the number of parts.
 *
 * Counts of whole bins are added, so the sums are exact. A bin is 0.07 % wide, 1,024 to the octave: a cutoff is the lower
 * end of the bin that holds the perplexity asked for.
 *
 * @module
 */
import { basename } from "node:path";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";
import { withProgress } from "../../display/progress.ts";
import type { Document } from "../document.ts";
import { measuredPlan } from "../filters/perplexity_filter.ts";
import { NgramModel } from "../filters/ngram_model.ts";
import { SharedWork } from "../plan/shared_work.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type DatasetStats, tallied } from "../reports/stats.ts";
import { foldLines } from "./fold_manifest.ts";
import { ManifestFolder, readJsonIfThere } from "./manifest.ts";
import type { PartSelection } from "./part_selection.ts";

/** Bins in an octave of perplexity. [ours] */
const binsPerOctave = 1024;

/** Options of {@linkcode measurePerplexity}. */
export interface MeasurePerplexityOptions extends PartSelection {
  /** The language model that the filter will use. */
  model: NgramModel;
  /** Bytes of the range of a large file; default 1 GiB [ours]. */
  unitBytes?: number;
  /** Number of workers; 0 for none, default by the amount of work. */
  workers?: number;
  /** Stops the job; complete units stay. */
  signal?: AbortSignal;
}

const count = z.number().int().min(1).optional();
const schema = optionsSchema<MeasurePerplexityOptions>()(z.strictObject({
  model: z.custom<NgramModel>((value) => value instanceof NgramModel, "must be an NgramModel"),
  part: z.union([z.number().int().min(0), z.literal("auto")]).optional(),
  of: count,
  unitBytes: count,
  workers: z.number().int().min(0).optional(),
  signal: z.instanceof(AbortSignal).optional(),
}));

/**
 * Measures the perplexities of the documents of one part and writes a histogram for each unit of input.
 *
 * ```ts
 * import { Dataset, Tokenizer } from "@llamero/sdk";
 * import { measurePerplexity, NgramModel, perplexityCutoffs } from "@llamero/sdk/data";
 *
 * const good = Dataset.sample("moby-dick").take(3);
 * const pages = Dataset.from([{ text: "Call me Ishmael." }, { text: "zq xv jj" }, { text: "The whale and the sea." }]);
 * const path = `${await Deno.makeTempDir()}/perplexity-*.json`;
 * const model = await NgramModel.trainOn(good, { tokenizer: await Tokenizer.train(good, { vocabSize: 400 }) });
 * await measurePerplexity(pages, path, { model, part: "auto" });
 * console.log(await pages.perplexity({ model, cutoffs: await perplexityCutoffs(path) }).stats());
 * ```
 *
 * @param dataset the documents as they reach the filter
 * @param path path of the histograms, with a `*`, such as `out/perplexity-*.json`
 * @throws {ConfigError} when the numbers name no part, or a step cannot be done by parts
 */
export async function measurePerplexity(
  dataset: { readonly plan: DatasetPlan<Document> },
  path: string,
  options: MeasurePerplexityOptions,
): Promise<DatasetStats> {
  const { model, unitBytes, workers, signal, part, of } = parseOptions(schema, options, "measurePerplexity");
  const { partOf } = await lazily(() => import("./part_selection.ts"));
  const { runPart } = await lazily(() => import("./run_parts.ts"));
  const job = {
    ...partOf({ part, of }),
    pattern: path,
    unitBytes,
    signal,
    form: [binsPerOctave, model.fingerprint],
  };
  const measured = measuredPlan(dataset.plan, model);
  using shared = new SharedWork();
  const lines = await runPart(dataset.plan, job, async (unit, write) => {
    const bins = new Map<number, number>();
    const stats = await tallied(measured, { unit, shared, workers, signal }, ({ derived }) => {
      const bin = binOf(derived);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    });
    await write(new TextEncoder().encode(JSON.stringify([...bins].sort(([a], [b]) => a - b))));
    return { stats, documents: false };
  });
  return foldLines(lines);
}

/**
 * Returns the perplexities at which head and middle end, from the histograms of all parts; nothing is changed, so several
 * jobs may ask at the same time.
 *
 * @param path path of the histograms, as given to {@linkcode measurePerplexity}
 * @param quantiles shares of the documents at which head and middle end; default 0.3 and 0.6, as in CCNet
 * @throws {DataError} naming the parts that are missing, or when there is no document
 */
export async function perplexityCutoffs(
  path: string,
  quantiles: readonly [number, number] = [0.3, 0.6],
): Promise<[number, number]> {
  const folder = new ManifestFolder(path);
  const { checkedLines } = await lazily(() => import("./join_manifest.ts"));
  const { lines } = await withProgress(`reading ${basename(path)}`, { unit: "shard" }, (progress) => {
    return checkedLines(path, true, progress);
  });
  const bins = new Map<number, number>();
  for (const { output } of lines) {
    for (const [bin, count] of await readJsonIfThere<[number, number][]>(folder.pathOf(output)) ?? []) {
      bins.set(bin, (bins.get(bin) ?? 0) + count);
    }
  }
  const sorted = [...bins].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) throw new DataError(`Cannot choose perplexities of ${path}: there is no document`);
  return [cutoffAt(sorted, quantiles[0] * total), cutoffAt(sorted, quantiles[1] * total)];
}

function binOf(perplexity: number): number {
  return Math.floor(Math.min(1000, Math.log2(Math.max(perplexity, Number.MIN_VALUE))) * binsPerOctave);
}

/** Returns the lower end of the bin that holds the document of number `place`, counted from 0 by ascending perplexity. */
function cutoffAt(bins: readonly [number, number][], place: number): number {
  let before = 0;
  const found = bins.find(([, count]) => (before += count) > Math.floor(place)) ?? bins[bins.length - 1];
  return 2 ** (found[0] / binsPerOctave);
}
