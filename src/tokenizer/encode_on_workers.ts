/**
 * Many texts encoded on workers.
 *
 * @module
 */
import { type Job, jobOf, type Make } from "../base/job.ts";
import { openStream } from "../workers/pool.ts";
import type { BatchOptions, EncodeOptions } from "./options.ts";

type Ids = Uint32Array<ArrayBuffer>;
type Encode = (text: string, options: EncodeOptions) => Ids;

/** A batch ends with so many UTF-16 units, or texts; each worker has two of them at a time. [ours] */
const batchUnits = 1 << 17;
const batchTexts = 1024;
const batchesEach = 2;

/**
 * The ids of each text, in their order: on `workers` workers that make the tokenizer of `job`, or where that fails by
 * `here`, which throws what a text that cannot be encoded throws.
 */
export async function encodeOnWorkers(
  texts: readonly string[],
  job: Job,
  { workers, signal, ...options }: BatchOptions,
  here: Encode,
): Promise<Ids[]> {
  signal?.throwIfAborted();
  const all: Ids[] = new Array(texts.length);
  const cuts = batches(texts);
  const row = openStream<string, Ids>(jobOf(import.meta.url, { job, options }, batchEncoder), workers);
  let failed: { from: number; error: unknown } | undefined;
  const encode = async ([from, to]: [number, number]) => {
    const some = texts.slice(from, to);
    const found = await row.ask(some);
    signal?.throwIfAborted();
    for (const [i, text] of some.entries()) all[from + i] = found?.[i] ?? here(text, options);
  };
  const lane = async () => {
    for (let cut = cuts.next(); !cut.done && !failed; cut = cuts.next()) {
      const [from] = cut.value;
      await encode(cut.value).catch((error) => {
        if (!failed || from < failed.from) failed = { from, error };
      });
    }
  };
  const stop = () => row.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await Promise.all(Array.from({ length: batchesEach * workers }, lane));
    if (failed) throw (failed as { error: unknown }).error;
    return all;
  } finally {
    signal?.removeEventListener("abort", stop);
    row.close();
  }
}

/** Where each batch begins and ends. */
function* batches(texts: readonly string[]): Generator<[number, number]> {
  let from = 0;
  let units = 0;
  for (let at = 0; at < texts.length; at++) {
    units += texts[at].length;
    if (units < batchUnits && at + 1 - from < batchTexts && at + 1 < texts.length) continue;
    yield [from, at + 1];
    [from, units] = [at + 1, 0];
  }
}

/** What a worker makes of the job of a batch. */
export async function batchEncoder(
  { job, options }: { job: Job; options: EncodeOptions },
  make: Make,
): Promise<(texts: readonly string[]) => Ids[]> {
  const tokenizer = await make<{ encode: Encode }>(job);
  return (texts) => texts.map((text) => tokenizer.encode(text, options));
}
