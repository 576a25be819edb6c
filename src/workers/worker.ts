/**
 * The thread of a worker: makes a function of each job it is sent, and applies it to batches.
 *
 * @module
 */
import type { Job } from "../base/job.ts";
import type { Answer, Request } from "./pool.ts";

type Work = (items: readonly unknown[]) => readonly unknown[];

const streams = new Map<number, Work>();

async function answer({ stream, job, batch, items }: Request): Promise<Answer | undefined> {
  if (!items) return void streams.delete(stream);
  try {
    if (job) streams.set(stream, await make(job));
    return { batch, results: streams.get(stream)!(items) };
  } catch {
    return { batch };
  }
}

/** Loads the module that a job names, and no other, and calls its function. */
async function make<T>({ module, name, config }: Job): Promise<T> {
  return await (await import(module))[name](config, make);
}

// Imported on the main thread, the module does nothing.
if ("DedicatedWorkerGlobalScope" in globalThis) {
  const { postMessage } = globalThis as unknown as { postMessage: (answer: Answer) => void };
  let last = Promise.resolve();
  globalThis.addEventListener("message", (event) => {
    last = last.then(async () => {
      const answered = await answer((event as MessageEvent<Request>).data);
      if (answered) postMessage(answered);
    });
  });
}
