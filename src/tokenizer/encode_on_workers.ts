/**
 * Encoding of many texts on workers.
 *
 * @module
 */
import { type Job, jobOf, type Make } from "../base/job.ts";
import { type Progress, withProgress } from "../display/progress.ts";
import { openStream } from "../workers/pool.ts";
import type { BatchOptions, EncodeOptions } from "./options.ts";

type Ids = Uint32Array<ArrayBuffer>;
type Encode = (text: string, options: EncodeOptions) => Ids;

/** The size of a batch, in UTF-16 units and in texts, and the batches that a worker has at a time. [ours] */
const batchUnits = 1 << 17;
const batchTexts = 1024;
const batchesPerWorker = 2;

/**
 * Encodes each text, in order, on `workers` workers that make the tokenizer from `job`.
 *
 * A batch that no worker could encode is encoded by `encodeHere` on this thread, which also throws the error of a text
 * that cannot be encoded.
 */
export function encodeOnWorkers(
  texts: readonly string[],
  job: Job,
  options: BatchOptions,
  encodeHere: Encode,
): Promise<Ids[]> {
  return withProgress("encoding", { total: texts.length, unit: "text" }, (progress) => {
    return encodeBatches(texts, job, options, encodeHere, progress);
  });
}

async function encodeBatches(
  texts: readonly string[],
  job: Job,
  { workers, signal, ...options }: BatchOptions,
  encodeHere: Encode,
  progress: Progress,
): Promise<Ids[]> {
  signal?.throwIfAborted();
  const all: Ids[] = new Array(texts.length);
  const ranges = batches(texts);
  const stream = openStream<string, Ids>(jobOf(import.meta.url, { job, options }, batchEncoder), workers);
  let failed: { from: number; error: unknown } | undefined;
  const encode = async ([from, to]: [number, number]) => {
    const batch = texts.slice(from, to);
    const found = await stream.ask(batch);
    signal?.throwIfAborted();
    for (const [i, text] of batch.entries()) all[from + i] = found?.[i] ?? encodeHere(text, options);
    progress.add(batch.length);
  };
  const encodeNext = async () => {
    for (let range = ranges.next(); !range.done && !failed; range = ranges.next()) {
      const [from] = range.value;
      await encode(range.value).catch((error) => {
        if (!failed || from < failed.from) failed = { from, error };
      });
    }
  };
  const stop = () => stream.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await Promise.all(Array.from({ length: batchesPerWorker * workers }, encodeNext));
    if (failed) throw (failed as { error: unknown }).error;
    return all;
  } finally {
    signal?.removeEventListener("abort", stop);
    stream.close();
  }
}

/** Yields the first text of each batch and the one behind its last. */
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

/** Returns a worker's function from texts to ids. */
export async function batchEncoder(
  { job, options }: { job: Job; options: EncodeOptions },
  make: Make,
): Promise<(texts: readonly string[]) => Ids[]> {
  const tokenizer = await make<{ encode: Encode }>(job);
  return (texts) => texts.map((text) => tokenizer.encode(text, options));
}
