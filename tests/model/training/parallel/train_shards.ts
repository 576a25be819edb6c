/**
 * A few training steps of a tiny model in data ranks times model ranks, as one rank of a world: on loopback or under a
 * launcher. Data are those of lanes: masked documents, and short batches.
 *
 * @module
 */
import { openDevice, type Save } from "../../../../src/gpu/mod.ts";
import { LORA_TARGETS, Model, type ModelShape, type StepRecord } from "../../../../src/model/mod.ts";
import { stateOf } from "../../../../src/model/model_state.ts";
import { world } from "../../../../src/parallel/mod.ts";
import { ParallelStep } from "../../../../src/model/training/parallel/parallel_step.ts";
import { keptTargets } from "../../../../src/model/training/training_step.ts";
import { gatherParts } from "../../../../src/model/ranks/gather_parts.ts";
import { readParameters } from "../../../../src/model/weights/named_weights.ts";
import { batchOf, hashOf, lanesOf, optionsOf, rateOf } from "./train_lanes.ts";

/** Heads for 2 ranks, a feed-forward width that they share unequally, and a vocabulary with lines of zeros. */
export const sharedShape: ModelShape = {
  dim: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 53,
  vocabSize: 101,
  context: 12,
};

/** Settings of a run. */
export interface ShardRun {
  /** Model ranks. */
  model: number;
  lanes: number;
  save?: Save;
  dtype?: "f32" | "f16";
  steps?: number;
  /** Trains adapters of all matrices. */
  lora?: boolean;
  /** Factor of the learning rate (default 1). */
  rate?: number;
}

/** The result of a rank. */
export interface ShardResult {
  /** The records of all steps. */
  curve: StepRecord[];
  /** Hash of all weights, whole. */
  weights: string;
  /** Ids that the trained model writes after a prompt. */
  written: number[];
  /** All weights, whole. */
  named: Map<string, Float32Array<ArrayBuffer>>;
}

/** Trains as one rank. Every step but the first is compared with the losses before it (spike). */
export async function trainShards(run: ShardRun): Promise<ShardResult> {
  const { model: modelRanks, lanes, save = "linear", dtype = "f32", steps = 20, rate = 1 } = run;
  const device = await openDevice();
  const model = await Model.create(sharedShape, { device, dtype, seed: 3, parallel: { model: modelRanks } });
  const { ranks } = stateOf(model);
  const lora = run.lora ? { rank: 3, alpha: 6, targets: LORA_TARGETS, seed: 1 } : undefined;
  const options = optionsOf({ shape: sharedShape, options: { save, spike: 4, lora } });
  const step = await ParallelStep.create(model, options, { ranks, lanes });
  for (let t = 1; t <= steps; t++) {
    const rows = batchOf(t, 9, sharedShape);
    await step.run(lanesOf(rows, lanes, ranks.data), t, rate * rateOf(t), keptTargets(rows));
  }
  const curve = await step.read();
  const { layout, packed, store, group } = stateOf(model);
  const held = await readParameters(device, layout, packed ?? store); // the weights that products read
  const named = await gatherParts(group, layout, held);
  const written = await model.generate(Uint32Array.of(5, 9), { temperature: 0, maxTokens: 9 }).ids();
  step.dispose();
  model.dispose();
  device.close();
  return { curve, weights: hashOf(named.values()), written: [...written], named };
}

if (import.meta.main) {
  const { curve, weights, written } = await trainShards(JSON.parse(Deno.args[0]) as ShardRun);
  if (world.first) console.log(JSON.stringify({ curve, weights, written }));
}
