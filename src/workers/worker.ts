/**
 * The other side of pool.ts: makes what it is told of by the jobs it is sent, and asks that about batches.
 *
 * @module
 */
import type { Job } from "../base/job.ts";
import type { Answer, Request } from "./pool.ts";

type Work = (items: readonly unknown[]) => readonly unknown[];

const rows = new Map<number, Work>();

async function answer({ row, job, batch, items }: Request): Promise<Answer | undefined> {
  if (!items) return void rows.delete(row);
  try {
    if (job) rows.set(row, await made(job));
    return { batch, results: rows.get(row)!(items) };
  } catch {
    return { batch };
  }
}

/** Each worker has its own copies of the modules that its jobs name, and of no others. */
async function made<T>({ module, name, config }: Job): Promise<T> {
  return await (await import(module))[name](config, made);
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
