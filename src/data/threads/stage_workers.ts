/**
 * Runs neighbouring stages: on the main thread while there is little to do, else on workers, in the order of the input and
 * with no more read ahead than keeps the workers busy. Records, counts and drops are the same either way.
 *
 * @module
 */
import type { Document, Entry } from "../document.ts";
import type { Derive, Derived, StageJob } from "../plan/document_stage.ts";
import type { Pass } from "../plan/pass.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Batch, BatchReader, sizeOf } from "./batch_reader.ts";
import { type ChainEnd, JudgeChain } from "./judge_chain.ts";
import { judgeDocument, type JudgeResult, nothing } from "./judge_documents.ts";
import { ReadAhead } from "./read_ahead.ts";
import { SharedJudges } from "./shared_judges.ts";

/**
 * Workers start without being asked for after so many milliseconds of judging, which is a few times the cost of starting
 * one, and for judges that are slower than copying a text to a worker and back. [ours]
 */
const auto = { milliseconds: 400, unitsPerMillisecond: 50_000 };

/** UTF-16 units of text that are read ahead at most, unless one document has more. [ours] */
const maxUnitsAhead = 1 << 24;

/** Opens the stage `last` together with all stages right before it. */
export function openStages(last: DatasetPlan, pass: Pass): AsyncGenerator<Entry<Document>> {
  return open(last, { derive: nothing, record: (document) => document }, pass);
}

/** Opens `input` with a value derived from each document, together with all stages at its end. */
export function openDerived<D>(
  input: DatasetPlan,
  derive: StageJob<Derive<D>>,
  pass: Pass,
): AsyncGenerator<Entry<Derived<D>>> {
  return open(input, { derive, record: (document, derived) => ({ document, derived }) }, pass);
}

function open<D, R>(last: DatasetPlan, end: ChainEnd<D, R>, pass: Pass): AsyncGenerator<Entry<R>> {
  const stages: DatasetPlan[] = [];
  let source = last;
  for (; source.stage; source = source.inputs[0]) stages.unshift(source);
  const ahead = new ReadAhead(pass);
  const key = end.derive === nothing ? last : end.derive;
  const judges = pass.shared?.of(key, () => new SharedJudges<D>());
  return run(stages, source.open(ahead), end, ahead, pass, judges);
}

async function* run<D, R>(
  stages: readonly DatasetPlan[],
  entries: AsyncIterable<Entry<unknown>>,
  end: ChainEnd<D, R>,
  ahead: ReadAhead,
  pass: Pass,
  shared: SharedJudges<D> | undefined,
): AsyncGenerator<Entry<R>> {
  const judges = shared ?? new SharedJudges<D>();
  const input = entries[Symbol.asyncIterator]();
  try {
    const chain = await JudgeChain.open(stages, end, pass, judges);
    const isDone = !judges.areOnWorkers && (yield* onThisThread(chain, input, ahead));
    if (!isDone) yield* onWorkers(chain, input, ahead, judges);
  } finally {
    await input.return?.();
    ahead.close();
    if (!shared) judges[Symbol.dispose]();
  }
}

/** Judges on this thread. Returns true at the end of the input, false when workers are to go on. */
async function* onThisThread<D, R>(
  chain: JudgeChain<D, R>,
  input: AsyncIterator<Entry<unknown>>,
  ahead: ReadAhead,
): AsyncGenerator<Entry<R>, boolean> {
  const workers = chain.job ? chain.pass.workers : 0;
  if (workers !== undefined && workers > 0) return false;
  const mayHandOver = workers === undefined && navigator.hardwareConcurrency > 1;
  const judges = await chain.chain();
  let milliseconds = 0;
  let units = 0;
  for (let next = await input.next(); !next.done; next = await input.next()) {
    ahead.forward();
    const document = chain.documentOf(next.value);
    const start = performance.now();
    const result = judgeDocument(document, judges);
    milliseconds += performance.now() - start;
    units += sizeOf(document);
    const entry = await chain.commit(next.value, result);
    if (entry) yield entry;
    const isSlow = milliseconds > auto.milliseconds && units < milliseconds * auto.unitsPerMillisecond;
    if (mayHandOver && isSlow) {
      chain.release();
      return false;
    }
  }
  return true;
}

/** A batch on its way to a worker and back. */
interface SentBatch<D> extends Batch {
  /** One result per record, undefined where a judge threw; undefined altogether when no worker could judge the batch. */
  results: Promise<(JudgeResult<D> | undefined)[] | undefined>;
  /** True when the results are there. */
  isAnswered: boolean;
}

/** Reads ahead into batches for workers, and gives what comes back in the order in which it was read. */
async function* onWorkers<D, R>(
  chain: JudgeChain<D, R>,
  input: AsyncIterator<Entry<unknown>>,
  ahead: ReadAhead,
  judges: SharedJudges<D>,
): AsyncGenerator<Entry<R>> {
  const workers = chain.pass.workers ?? navigator.hardwareConcurrency;
  ahead.detach();
  const reader = new BatchReader(input, ahead, (entry) => chain.documentOf(entry));
  const stream = judges.stream(chain.job!, workers);
  const abort = untilAborted(chain.pass.signal);
  const queue: SentBatch<D>[] = [];
  let unitsAhead = 0;
  const hasRoom = () => queue.length <= 2 * workers && (unitsAhead < maxUnitsAhead || queue.length === 0);
  try {
    while (true) {
      while (!reader.end && hasRoom()) {
        const batch = await reader.next();
        if (batch.entries.length === 0) break;
        const messages = batch.entries.map((entry) => chain.messageOf(entry));
        const sent = { ...batch, results: stream.ask(messages), isAnswered: false };
        sent.results = sent.results.finally(() => sent.isAnswered = true);
        queue.push(sent);
        unitsAhead += sent.units;
        if (queue[0].isAnswered) break;
      }
      const batch = queue.shift();
      if (!batch) break;
      const results = await abort.or(batch.results);
      for (const [i, entry] of batch.entries.entries()) {
        await ahead.report(batch.progress[i]);
        // Judged again on this thread, a document whose judge threw ends the pass with the judge's error.
        const result = results?.[i] ?? judgeDocument(chain.documentOf(entry), await chain.chain());
        const judged = await chain.commit(entry, result);
        if (judged) yield judged;
      }
      unitsAhead -= batch.units;
    }
    const { progress, ...end } = reader.end!;
    await ahead.report(progress);
    if ("error" in end) throw end.error;
  } finally {
    abort.close();
  }
}

/** Waits for promises, one at a time, unless the signal is aborted. (`Promise.race` would keep every result alive.) */
function untilAborted(
  signal?: AbortSignal,
): { or: <T>(promise: Promise<T>) => Promise<T>; close: () => void } {
  let reject: ((reason: unknown) => void) | undefined;
  const stop = () => reject?.(signal!.reason);
  signal?.addEventListener("abort", stop);
  return {
    or: (promise) =>
      new Promise((resolve, fail) => {
        signal?.throwIfAborted();
        reject = fail;
        promise.then(resolve, fail);
      }),
    close: () => signal?.removeEventListener("abort", stop),
  };
}
