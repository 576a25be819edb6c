/**
 * The work between two steps: measuring the validation loss, evaluating, sampling text, adopting a chat template.
 *
 * @module
 */
import type { PreparedTokens } from "../../data/mod.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { windowLoss } from "../../model/scoring/window_loss.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import type { Stage } from "../stages/stage.ts";
import { tokenizerOf } from "../stages/stage_data.ts";
import type { RunContext } from "./run_context.ts";

/** The parts of a run that the work between steps needs. */
type HookContext = Pick<RunContext, "model" | "seed" | "control" | "log">;

/** Measures and records the loss on the validation data; does nothing without such data or in a run that stops. */
export async function measureValidation(
  { model, control, log }: HookContext,
  validation: PreparedTokens | undefined,
): Promise<void> {
  if (!validation) return;
  await unlessStopping(control.stopping, async (signal) => {
    const measured = await windowLoss(model, validation, validation.context, { signal });
    const { loss, perplexity, bitsPerByte: bits, tokens } = measured;
    const bitsPerByte = Number.isFinite(bits) ? bits : undefined;
    const { step, stage } = log;
    log.addValidation({ type: "validation", step, stage, loss, perplexity, bitsPerByte, tokens });
  });
}

/** Lets the model continue BOS by at most 64 tokens and records the text; does nothing in a run that stops. */
export async function writeSample({ model, seed, control, log }: HookContext): Promise<void> {
  await unlessStopping(control.stopping, async (signal) => {
    stateOf(model).requireTokenizer("write samples");
    const text = await model.generate("", { maxTokens: 64, seed, signal, defaults: "own" }).text();
    log.emit({ type: "sample", step: log.step, stage: log.stage, text });
  });
}

/** Runs an evaluation and records its result; does nothing in a run that stops. */
export async function runEvaluation(
  { model, control, log }: HookContext,
  evaluation: Evaluation,
): Promise<void> {
  await unlessStopping(control.stopping, async (signal) => {
    const result = await evaluation.run(model, { signal });
    log.emit({ type: "evaluation", step: log.step, stage: log.stage, result });
  });
}

/** Gives the model's tokenizer the chat template of the stage, so that the tuned model can chat. */
export function adoptTemplate(model: Model, stage: Stage, log: RunLog): void {
  if (stage.settings.template === null) return;
  const before = stateOf(model).requireTokenizer("tune").template;
  const tokenizer = tokenizerOf(model, stage);
  if (before !== null && before !== tokenizer.template) {
    log.warn(`The tokenizer's chat template ${before} was replaced by ${tokenizer.template}`);
  }
  model.tokenizer = tokenizer;
}

/** Calls `work` unless the run stops; an error of `work`, whichever it is, counts for nothing once the run stops. */
async function unlessStopping(
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (stopping.aborted) return;
  try {
    await work(stopping);
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}
