/**
 * The other side of pool.ts: makes the judges it is told of and asks them about batches of documents.
 *
 * @module
 */
import type { Document } from "../document.ts";
import { type Job, type Judge, type Outcome, outcomeOf } from "./judged.ts";
import { judges } from "./judges.ts";
import type { Answer, Request } from "./pool.ts";

const rows = new Map<number, Judge[]>();

async function answer({ row, jobs, batch, documents }: Request): Promise<Answer | undefined> {
  if (!documents) return void rows.delete(row);
  try {
    if (jobs) rows.set(row, await Promise.all(jobs.map(judgeOf)));
    const known = rows.get(row)!;
    return { batch, outcomes: documents.map((document) => tried(document, known)) };
  } catch {
    return { batch };
  }
}

async function judgeOf({ name, config }: Job): Promise<Judge> {
  const make = await judges[name]();
  return await make(config as never) as Judge;
}

/** A judge that throws does so again on the main thread, where its error is as it should be. */
function tried(document: Document, known: readonly Judge[]): Outcome {
  try {
    return outcomeOf(document, known);
  } catch {
    return { failed: true };
  }
}

// Elsewhere than in a worker nothing happens.
if ("DedicatedWorkerGlobalScope" in globalThis) {
  const { postMessage } = globalThis as unknown as { postMessage: (answer: Answer) => void };
  let turn = Promise.resolve();
  globalThis.addEventListener("message", (event) => {
    turn = turn.then(async () => {
      const answered = await answer((event as MessageEvent<Request>).data);
      if (answered) postMessage(answered);
    });
  });
}
