/**
 * Checkpoints of a tiny model that is trained in two lanes by (data, model) ranks of this process.
 *
 * @module
 */
import type { Ranks } from "../../../src/base/exchange.ts";
import type { DeviceOptions } from "../../../src/gpu/mod.ts";
import { Model, type ModelShape } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import type { LoraSettings } from "../../../src/model/training/lora_options.ts";
import { ParallelStep } from "../../../src/model/training/parallel/parallel_step.ts";
import { keptTargets } from "../../../src/model/training/training_step.ts";
import {
  restoreMoments,
  restoreWeights,
  writeCheckpoint,
} from "../../../src/train/checkpoints/checkpoint.ts";
import { readState, type RunState } from "../../../src/train/monitoring/run_state.ts";
import { batchOf, lanesOf, optionsOf, rateOf } from "../../model/training/parallel/train_lanes.ts";
import { onRanks } from "../../support/model_ranks.ts";

/** Padded widths that two ranks cannot share evenly. */
export const padded: ModelShape = {
  dim: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 53,
  vocabSize: 101,
  context: 12,
};
/** An odd width, in a table that lies in several chunks. */
export const odd: ModelShape = {
  ...padded,
  dim: 36,
  heads: 2,
  hidden: 41,
  vocabSize: 3001,
  tieEmbeddings: true,
};
const lora: LoraSettings & { seed: number } = {
  seed: 5,
  rank: 3,
  alpha: 6,
  targets: ["q_proj", "v_proj", "down_proj"],
};

/** Two lanes, trained by (data, model) ranks. */
export interface Case {
  shape: ModelShape;
  dtype?: "f32" | "f16";
  lora?: LoraSettings & { seed: number };
  zero?: 0 | 1;
  device?: DeviceOptions;
  shardBytes?: number;
}

/** The cases by name. */
export const cases: Record<string, Case> = {
  "f32, padded widths, several files": { shape: padded, shardBytes: 20_000 },
  "f32, an odd shape, several chunks": { shape: odd, device: { maxBufferSize: 2 ** 18 } },
  "f16": { shape: padded, dtype: "f16", shardBytes: 30_000 },
  "moments that each rank holds whole": { shape: padded, zero: 0 },
  "adapters": { shape: padded, lora },
};

/** The content of `state.json` that these checkpoints have. */
export const state = {
  format: 1,
  fingerprint: "",
  plan: { seed: 1, dtype: "f32", tokenizer: null, stages: [] },
  kernels: { choices: { family: "plain", matmul: {} } },
  index: 0,
  stage: "pretrain",
  stageStep: 3,
  stageSteps: 4,
  step: 3,
  tokens: 1,
  seconds: 1,
  skipped: 0,
  exact: true,
  stages: [],
  history: [],
  validations: [],
  warnings: [],
} as unknown as Omit<RunState, "files">;

/** Makes a model and its step, and calls `use` with them. */
export async function withStep(
  { shape, dtype, lora, zero }: Case,
  device: Model["device"],
  modelRanks: number,
  use: (model: Model, step: ParallelStep, ranks: Ranks) => Promise<void>,
): Promise<void> {
  using model = await Model.create(shape, { device, dtype, seed: 3, parallel: { model: modelRanks } });
  const { ranks } = stateOf(model);
  const options = { ...optionsOf({ shape }), ...lora && { lora } };
  const step = await ParallelStep.create(model, options, { ranks, lanes: 2, zero, bucketSize: 2 ** 13 });
  try {
    await use(model, step, ranks);
  } finally {
    step.dispose();
  }
}

const sizes = ({ shardBytes }: Case) => shardBytes ? { shardBytes } : {};

/** Trains three steps on (data, model) ranks and writes a checkpoint. */
export async function trainAndWrite(
  path: string,
  one: Case,
  data: number,
  modelRanks: number,
): Promise<void> {
  await onRanks(
    data * modelRanks,
    (device) =>
      withStep(one, device, modelRanks, async (model, step, ranks) => {
        for (let t = 1; t <= 3; t++) {
          const rows = batchOf(t, 5, one.shape);
          await step.run(lanesOf(rows, 2, ranks.data), t, rateOf(t), keptTargets(rows));
        }
        await step.read();
        await writeCheckpoint(
          path,
          { model, training: step, state },
          new AbortController().signal,
          sizes(one),
        );
      }),
    one.device,
  );
}

/** Reads a checkpoint on (data, model) ranks and writes it anew. */
export async function copy(
  from: string,
  to: string,
  one: Case,
  data: number,
  modelRanks: number,
): Promise<void> {
  await onRanks(
    data * modelRanks,
    (device) =>
      withStep(one, device, modelRanks, async (model, step, ranks) => {
        const checkpoint = { path: from, state: await readState(from) };
        await restoreWeights(model, checkpoint);
        await restoreMoments(step, checkpoint, ranks);
        await writeCheckpoint(to, { model, training: step, state }, new AbortController().signal, sizes(one));
      }),
    one.device,
  );
}

/** Returns the files of a checkpoint with their checksums, as its state lists them. */
export async function filesOf(path: string): Promise<Record<string, string>> {
  const { files } = await readState(path);
  return Object.fromEntries(Object.entries(files).map(([name, { sha256 }]) => [name, sha256]));
}
