/**
 * Batches of records for workers, read ahead of what the consumer has seen.
 *
 * @module
 */
import type { Document, Entry } from "../document.ts";
import type { Progress, ReadAhead } from "./read_ahead.ts";

/** A batch ends with so many UTF-16 units of text (bytes of raw records), records, or milliseconds of reading. [ours] */
const batchUnits = 1 << 17;
const batchRecords = 128;
const batchMilliseconds = 50;

/** Records that a worker judges together. */
export interface Batch {
  /** The records. */
  entries: Entry<unknown>[];
  /** For each record, the progress of the steps before it since the record before. */
  progress: Progress[];
  /** UTF-16 units of their text; bytes of raw records. */
  units: number;
}

/** The end of the input: the progress behind the last record, and the error that ended the reading, if one did. */
interface InputEnd {
  progress: Progress;
  error?: unknown;
}

/** Cuts the input into batches. An error waits for the records before it. */
export class BatchReader {
  /** Set when the input has ended. */
  end?: InputEnd;
  readonly #input: AsyncIterator<Entry<unknown>>;
  readonly #ahead: ReadAhead;
  readonly #documentOf: (entry: Entry<unknown>) => Document;

  /** Reads `input`, which the pass `ahead` counts; `documentOf` returns a record as the judges see it. */
  constructor(
    input: AsyncIterator<Entry<unknown>>,
    ahead: ReadAhead,
    documentOf: (entry: Entry<unknown>) => Document,
  ) {
    this.#input = input;
    this.#ahead = ahead;
    this.#documentOf = documentOf;
  }

  /**
   * Reads the next batch; the last one may be empty.
   *
   * @throws the reason of the pass's signal when it is aborted
   */
  async next(): Promise<Batch> {
    const batch: Batch = { entries: [], progress: [], units: 0 };
    const until = performance.now() + batchMilliseconds;
    try {
      do {
        const next = await this.#input.next();
        if (next.done) {
          this.end = { progress: this.#ahead.take() };
          return batch;
        }
        batch.units += sizeOf(this.#documentOf(next.value));
        batch.entries.push(next.value);
        batch.progress.push(this.#ahead.take());
      } while (
        batch.units < batchUnits && batch.entries.length < batchRecords && performance.now() < until
      );
    } catch (error) {
      this.#ahead.signal?.throwIfAborted();
      this.end = { progress: this.#ahead.take(), error };
    }
    return batch;
  }
}

/** Returns the UTF-16 units of a document's text, or the bytes of a raw record. */
export function sizeOf({ text, body }: Document & { body?: Uint8Array }): number {
  return body?.length ?? text.length;
}
