/**
 * Runs a row of judging steps: on the main thread while there is little to do, else on workers, in the order of the input
 * and with no more read ahead than keeps them busy. Neither the records nor what is counted and dropped depends on which.
 *
 * @module
 */
import type { Job } from "../../base/job.ts";
import { openRow } from "../../workers/pool.ts";
import { asDocument, type Document, type Entry } from "../document.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import { type Mark, ReadAhead } from "./read_ahead.ts";
import { type Judge, type JudgeResult, outcomeOf, rowJob } from "../plan/judge.ts";
import type { StageJob } from "../plan/document_stage.ts";

/**
 * When workers begin without being asked for: after so many milliseconds of judging, which is a few times what starting
 * one costs, and for judges that are slower than copying a text to a worker and back. [ours]
 */
const auto = { milliseconds: 400, unitsPerMillisecond: 50_000 };

/** A batch ends with so many UTF-16 units of text, records, or milliseconds of reading. [ours] */
const batchUnits = 1 << 17;
const batchRecords = 128;
const batchMilliseconds = 50;

/** So many units of text are read ahead at most, unless one document has more. [ours] */
const unitsAhead = 1 << 24;

/** Runs the stage `last` together with all stages right before it. */
export function openStages(last: DatasetPlan<Document>, reading: Pass): AsyncGenerator<Entry<Document>> {
  const plans = [last];
  while (plans[0].inputs[0].stage) plans.unshift(plans[0].inputs[0] as DatasetPlan<Document>);
  const ahead = new ReadAhead(reading);
  return run(plans, plans[0].inputs[0].open(ahead) as AsyncIterable<Entry<Document>>, ahead, reading);
}

async function* run(
  plans: readonly DatasetPlan<Document>[],
  entries: AsyncIterable<Entry<Document>>,
  ahead: ReadAhead,
  reading: Pass,
): AsyncGenerator<Entry<Document>> {
  const input = entries[Symbol.asyncIterator]();
  try {
    const row = await rowOf(plans, reading);
    const done = yield* here(row, input, row.job ? reading.workers : 0);
    if (!done) yield* onWorkers(row, input, ahead, reading.workers ?? navigator.hardwareConcurrency);
  } finally {
    await input.return?.();
    ahead.close();
  }
}

/** The judges of a row of stages, and where what they say is counted. */
class JudgeChain {
  /** All of it as data, where every step can be sent. */
  readonly job?: Job;
  readonly raw: boolean;
  readonly whole: boolean;
  readonly #jobs: readonly StageJob[];
  readonly #counts: readonly StepCounts[];
  readonly #reading: Pass;
  #judges?: readonly Judge[];

  constructor(
    plans: readonly DatasetPlan<Document>[],
    jobs: readonly StageJob[],
    counts: readonly StepCounts[],
    reading: Pass,
  ) {
    const sendable = jobs.flatMap(({ job }) => job ?? []);
    if (sendable.length === plans.length) this.job = rowJob(sendable);
    this.#jobs = jobs;
    this.#counts = counts;
    this.#reading = reading;
    this.raw = plans[0].stage!.raw ?? false;
    this.whole = this.raw || plans.some(({ stage }) => stage!.needs === "document");
  }

  get signal(): AbortSignal | undefined {
    return this.#reading.signal;
  }

  /** The judges on this thread, made when they are asked for: workers have their own. */
  async judges(): Promise<readonly Judge[]> {
    if (this.#judges) return this.#judges;
    const judges: Judge[] = [];
    for (let at = this.#jobs.length - 1; at >= 0; at--) judges[at] = await this.#jobs[at].make();
    return this.#judges = judges;
  }

  /** Lets go of the judges on this thread. */
  forget(): void {
    this.#judges = undefined;
  }

  /** The record as the judges see it. */
  document(entry: Entry<Document>): Document {
    return this.raw ? entry.value : asDocument(entry);
  }

  /** Counts what the judges said of a record, and gives it as they leave it unless one dropped it. */
  async settle(entry: Entry<Document>, outcome: JudgeResult): Promise<Entry<Document> | undefined> {
    const { at = this.#counts.length, why } = outcome;
    for (const [step, what, times] of outcome.notes ?? []) {
      const { notes } = this.#counts[step];
      notes[what] = Number(notes[what] ?? 0) + times;
    }
    for (let step = 0; step < at; step++) this.#counts[step].kept++;
    const result = this.#changed(entry, outcome);
    if (why === undefined) return result;
    await this.#reading.drop(this.#counts[at], why, result);
  }

  #changed(entry: Entry<Document>, { text, meta: added, sketch }: JudgeResult): Entry<Document> {
    if (text === undefined && !added && !this.raw) {
      return sketch === undefined ? entry : { ...entry, sketch };
    }
    const { value, id, place } = entry;
    const meta = added ? { ...value.meta, ...added } : value.meta;
    const own = meta && { meta };
    const changed = this.raw
      ? { text: text ?? "", ...own, source: value.source, id: value.id }
      : { ...value, text: text ?? value.text, ...own };
    return { value: changed, id, place, ...(sketch === undefined ? {} : { sketch }) };
  }
}

/** What the stages do as data, asked of the last first: the order in which they would begin one by one. */
async function rowOf(plans: readonly DatasetPlan<Document>[], reading: Pass): Promise<JudgeChain> {
  const counts = plans.map((plan) => reading.countsOf(plan, describeStep(plan)));
  const jobs: StageJob[] = [];
  for (let at = plans.length - 1; at >= 0; at--) jobs[at] = await plans[at].stage!.job(reading, counts[at]);
  return new JudgeChain(plans, jobs, counts, reading);
}

/** Judges on this thread; false when there turns out to be enough for workers. */
async function* here(
  row: JudgeChain,
  input: AsyncIterator<Entry<Document>>,
  workers: number | undefined,
): AsyncGenerator<Entry<Document>, boolean> {
  if (workers !== undefined && workers > 0) return false;
  const mayEnd = workers === undefined && navigator.hardwareConcurrency > 1;
  const judges = await row.judges();
  let milliseconds = 0;
  let units = 0;
  for (let next = await input.next(); !next.done; next = await input.next()) {
    const document = row.document(next.value);
    const begun = performance.now();
    const outcome = outcomeOf(document, judges);
    milliseconds += performance.now() - begun;
    units += sizeOf(document);
    const entry = await row.settle(next.value, outcome);
    if (entry) yield entry;
    const isSlow = milliseconds > auto.milliseconds && units < milliseconds * auto.unitsPerMillisecond;
    if (mayEnd && isSlow) {
      row.forget();
      return false;
    }
  }
  return true;
}

interface Batch {
  entries: Entry<Document>[];
  marks: Mark[];
  units: number;
  /** Set when the workers have answered. */
  done: boolean;
  outcomes: Promise<JudgeResult[] | undefined>;
}

/** Reads ahead into batches for the workers, and gives what comes back in the order it was read. */
async function* onWorkers(
  row: JudgeChain,
  input: AsyncIterator<Entry<Document>>,
  ahead: ReadAhead,
  workers: number,
): AsyncGenerator<Entry<Document>> {
  ahead.detach();
  const open = openRow<Document, JudgeResult>(row.job!, workers);
  const queue: Batch[] = [];
  const reader = new BatchReader(row, input, ahead);
  const stopped = whenAborted(row.signal);
  let units = 0;
  const hasRoom = () => queue.length <= 2 * workers && (units < unitsAhead || queue.length === 0);
  try {
    while (true) {
      while (!reader.end && hasRoom()) {
        const batch = await reader.next();
        if (batch.entries.length === 0) break;
        batch.outcomes = open.ask(batch.entries.map((entry) => sent(row, entry)))
          .finally(() => batch.done = true);
        queue.push(batch);
        units += batch.units;
        if (queue[0].done) break;
      }
      const batch = queue.shift();
      if (!batch) break;
      const outcomes = await stopped.or(batch.outcomes);
      for (const [i, entry] of batch.entries.entries()) {
        await ahead.settle(batch.marks[i]);
        const found = outcomes?.[i];
        const outcome = !found || found.failed ? outcomeOf(row.document(entry), await row.judges()) : found;
        const result = await row.settle(entry, outcome);
        if (result) yield result;
      }
      units -= batch.units;
    }
    await ahead.settle(reader.end!.mark);
    if ("error" in reader.end!) throw reader.end.error;
  } finally {
    stopped.close();
    open.close();
  }
}

/** Cuts what is read into batches; an error waits for the records before it. */
class BatchReader {
  /** What was counted at the end of the input, and the error that it ended with. */
  end?: { mark: Mark; error?: unknown };
  readonly #row: JudgeChain;
  readonly #input: AsyncIterator<Entry<Document>>;
  readonly #ahead: ReadAhead;

  constructor(row: JudgeChain, input: AsyncIterator<Entry<Document>>, ahead: ReadAhead) {
    this.#row = row;
    this.#input = input;
    this.#ahead = ahead;
  }

  async next(): Promise<Batch> {
    const batch: Batch = {
      entries: [],
      marks: [],
      units: 0,
      done: false,
      outcomes: Promise.resolve(undefined),
    };
    const until = performance.now() + batchMilliseconds;
    try {
      do {
        const next = await this.#input.next();
        if (next.done) {
          this.end = { mark: this.#ahead.mark() };
          return batch;
        }
        batch.units += sizeOf(this.#row.document(next.value));
        batch.entries.push(next.value);
        batch.marks.push(this.#ahead.mark());
      } while (
        batch.units < batchUnits && batch.entries.length < batchRecords && performance.now() < until
      );
    } catch (error) {
      this.#row.signal?.throwIfAborted();
      this.end = { mark: this.#ahead.mark(), error };
    }
    return batch;
  }
}

/** What a worker needs of a record. */
function sent(row: JudgeChain, { value }: Entry<Document>): Document {
  return row.whole ? value : { text: value.text } as Document;
}

/** Units of text in a document, bytes of a raw one. */
function sizeOf({ text, body }: Document & { body?: Uint8Array }): number {
  return body?.length ?? text.length;
}

/** Waits for promises, one at a time, unless the signal is aborted. (`Promise.race` would keep every result alive.) */
function whenAborted(
  signal?: AbortSignal,
): { or: <T>(promise: Promise<T>) => Promise<T>; close: () => void } {
  let fail: ((reason: unknown) => void) | undefined;
  const stop = () => fail?.(signal!.reason);
  signal?.addEventListener("abort", stop);
  return {
    or: (promise) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        fail = reject;
        promise.then(resolve, reject);
      }),
    close: () => signal?.removeEventListener("abort", stop),
  };
}
