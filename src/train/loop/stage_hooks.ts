/**
 * What happens between two steps: the loss on held-out data, an evaluation, a sample text, a new chat template.
 *
 * @module
 */
import type { PreparedTokens } from "../../data/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { windowLoss } from "../../model/scoring/window_loss.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { Work } from "./run_context.ts";
import type { Stage } from "../stages/stage.ts";
import { tokenizerOf } from "../stages/stage_data.ts";

/** Measures the loss on the validation data, if there is some, and writes it down. */
export async function measure({ job, control, journal }: Work, validation?: PreparedTokens): Promise<void> {
  if (!validation || control.stopping.aborted) return;
  const found = await unlessStopped(
    control.stopping,
    () => windowLoss(job.model, validation, validation.context, { signal: control.stopping }),
  );
  if (!found) return;
  const { step, stage } = journal;
  const { loss, perplexity, bitsPerByte: bits, tokens } = found;
  const bitsPerByte = Number.isFinite(bits) ? bits : undefined;
  journal.measured({ type: "validation", step, stage, loss, perplexity, bitsPerByte, tokens });
}

/** Lets the model write a little text after BOS alone, and tells of it. */
export async function writeSample({ job: { model, seed }, control, journal }: Work): Promise<void> {
  if (control.stopping.aborted) return;
  stateOf(model).requireTokenizer("write samples");
  const text = await unlessStopped(
    control.stopping,
    () => model.generate("", { maxTokens: 64, seed, signal: control.stopping }).text(),
  );
  if (text !== undefined) journal.emit({ type: "sample", step: journal.step, stage: journal.stage, text });
}

/** Gives the model's tokenizer the chat template of the stage, so that what was learned can be used. */
export function adoptTemplate(
  { job: { model }, journal }: Pick<Work, "job" | "journal">,
  stage: Stage,
): void {
  const { template } = stage.settings;
  if (template === null) return;
  const before = stateOf(model).requireTokenizer("tune").template;
  const tokenizer = tokenizerOf(model, stage);
  if (before !== null && before !== tokenizer.template) {
    journal.warn(`The tokenizer's chat template ${before} was replaced by ${tokenizer.template}`);
  }
  model.tokenizer = tokenizer;
}

/** Runs an evaluation and tells what it gave. */
export async function evaluate(
  { job: { model }, control, journal }: Work,
  evaluation: Evaluation,
): Promise<void> {
  if (control.stopping.aborted) return;
  const found = await unlessStopped(control.stopping, async () => {
    return { result: await evaluation.run(model, { signal: control.stopping }) };
  });
  if (found) {
    journal.emit({ type: "evaluation", step: journal.step, stage: journal.stage, result: found.result });
  }
}

/** What `work` gives, or undefined when it failed while the run is being stopped, whatever it failed with. */
async function unlessStopped<T>(
  stopping: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (stopping.aborted) return undefined;
    throw error;
  }
}
