/**
 * Judges that outlive a pass, on this thread and on workers: a job over units of input reads each of them in a pass.
 *
 * @module
 */
import type { Job } from "../../base/job.ts";
import { openStream } from "../../workers/pool.ts";
import type { Document } from "../document.ts";
import type { Chain, JudgeResult } from "./judge_documents.ts";

/** Batches of documents on their way to workers. */
export type JudgeStream<D> = ReturnType<typeof openStream<Document, JudgeResult<D> | undefined>>;

/** The judges of neighbouring stages, made when they are first needed. */
export class SharedJudges<D> implements Disposable {
  /** The judges on this thread. */
  chain?: Chain<D>;
  #stream?: JudgeStream<D>;

  /** True when workers judge: an earlier pass has found enough to do for them. */
  get areOnWorkers(): boolean {
    return this.#stream !== undefined;
  }

  /** Returns the stream to the workers that do `job`. */
  stream(job: Job, workers: number): JudgeStream<D> {
    return this.#stream ??= openStream<Document, JudgeResult<D> | undefined>(job, workers);
  }

  /** Ends the stream. */
  [Symbol.dispose](): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.chain = undefined;
  }
}
