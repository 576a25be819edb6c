/**
 * The work between two steps: measuring the validation loss, evaluating, sampling text, adopting a chat template.
 *
 * @module
 */
import { fromRank, type Ranks } from "../../base/exchange.ts";
import type { PreparedTokens } from "../../data/mod.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { windowLoss } from "../../model/scoring/window_loss.ts";
import { singleGroup } from "../../parallel/mod.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import type { Stage } from "../stages/stage.ts";
import { tokenizerOf } from "../stages/stage_data.ts";
import type { Agreement } from "./agree.ts";
import type { RunContext } from "./run_context.ts";

/** The parts of a run that the work between steps needs. */
type HookContext = Pick<RunContext, "model" | "seed" | "control" | "log" | "agreement">;

/**
 * Measures and records the loss on the validation data; does nothing without such data or in a run that stops. Data ranks
 * share the work.
 */
export async function measureValidation(
  { model, control, log, agreement }: HookContext,
  validation: PreparedTokens | undefined,
): Promise<void> {
  if (!validation) return;
  await unlessStopping(control.stopping, (signal) =>
    log.timed("validation", async () => {
      const group = agreement?.ranks.data;
      const own = <T>(work: () => Promise<T>) => aside(agreement, log, work);
      const measured = await windowLoss(model, validation, validation.context, { signal, group, own });
      const { loss, perplexity, bitsPerByte: bits, tokens } = measured;
      const bitsPerByte = Number.isFinite(bits) ? bits : undefined;
      const { step, stage } = log;
      log.addValidation({ type: "validation", step, stage, loss, perplexity, bitsPerByte, tokens });
    }));
}

/** Lets the model continue BOS by at most 64 tokens and records the text; does nothing in a run that stops. */
export async function writeSample(context: HookContext): Promise<void> {
  const { model, seed, control, log } = context;
  await unlessStopping(control.stopping, (signal) =>
    log.timed("samples", async () => {
      const text = await onFirstCopy(context, async () => {
        stateOf(model).requireTokenizer("write samples");
        return await model.generate("", { maxTokens: 64, seed, signal, defaults: "own" }).text();
      });
      log.emit({ type: "sample", step: log.step, stage: log.stage, text });
    }));
}

/** Runs an evaluation and records its result; does nothing in a run that stops. */
export async function runEvaluation(context: HookContext, evaluation: Evaluation): Promise<void> {
  const { model, control, log } = context;
  await unlessStopping(control.stopping, (signal) =>
    log.timed("evaluation", async () => {
      const { agreement } = context;
      const own = <T>(work: () => Promise<T>) => aside(agreement, log, work);
      const result = agreement && evaluation.runOnRanks
        ? await evaluation.runOnRanks(model, { signal, own })
        : await onFirstCopy(context, () => evaluation.run(model, { signal }));
      log.emit({ type: "evaluation", step: log.step, stage: log.stage, result });
    }));
}

/**
 * Computes something on the ranks that hold the first copy of the model, while the others wait, and returns what rank 0
 * found: there the value itself, on the others what JSON keeps of it.
 */
async function onFirstCopy<T>(
  { agreement, log, model }: HookContext,
  compute: () => Promise<T>,
): Promise<T> {
  if (!agreement) return await compute();
  const { world, data } = agreement.ranks;
  using _alone = firstCopyAlone(model, agreement.ranks);
  const own = await aside(agreement, log, () => data.rank === 0 ? compute() : Promise.resolve(undefined));
  const told = await fromRank(world, 0, "value of rank 0", () => own ?? null);
  return (world.rank === 0 ? own : told) as T;
}

/** Lets nothing that the first copy of the model does wait for the other copies, until the result is disposed. */
function firstCopyAlone(model: Model, ranks: Ranks): Disposable {
  const state = stateOf(model);
  state.ranks = { world: ranks.model, data: singleGroup, model: ranks.model };
  return { [Symbol.dispose]: () => state.ranks = ranks };
}

/**
 * Carries out work in which no rank waits for another one, while ranks agree: a stop reaches it, and none waits too long. Model
 * ranks exchange rows in such work, so they do not agree before it is over.
 */
async function aside<T>(
  agreement: Agreement | undefined,
  log: RunLog,
  work: () => Promise<T>,
): Promise<T> {
  return agreement?.ranks.model.size === 1 ? await agreement.phase(log.step, work) : await work();
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
