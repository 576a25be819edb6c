// A stage of divided updates, then one of adapters, on models of halves: bits against the same two stages of one process.
import assert from "node:assert/strict";
import { openDevice } from "../../../../src/gpu/mod.ts";
import { Model } from "../../../../src/model/mod.ts";
import { stateOf } from "../../../../src/model/model_state.ts";
import { loraSettings } from "../../../../src/model/training/lora_options.ts";
import { ParallelStep } from "../../../../src/model/training/parallel/parallel_step.ts";
import { wholeWeights } from "../../../../src/model/training/parallel/whole_weights.ts";
import { keptTargets } from "../../../../src/model/training/training_step.ts";
import { readParameters } from "../../../../src/model/weights/named_weights.ts";
import { loopback } from "../../../../src/parallel/loopback.ts";
import { needsHalf } from "../../../support/device.ts";
import { batchOf, hashOf, lanesOf, oddShape, optionsOf } from "./train_lanes.ts";

async function twoStages(): Promise<unknown> {
  const device = await openDevice();
  const model = await Model.create(oddShape, { device, dtype: "f16", seed: 3 });
  const state = stateOf(model);
  const { ranks, layout } = state;
  const found: unknown[] = [];
  for (const lora of [undefined, { ...loraSettings(true)!, seed: 4 }]) {
    if (lora) await wholeWeights(model, ranks);
    assert.equal(state.master !== undefined, !lora && found.length > 0 && ranks.data.size > 1);
    const step = await ParallelStep.create(model, optionsOf({ options: { lora } }), { ranks, lanes: 2 });
    for (let t = 1; t <= 2; t++) {
      const rows = batchOf(t, 4, oddShape);
      await step.run(lanesOf(rows, 2, ranks.data), t, 0.01, keptTargets(rows));
    }
    found.push(await step.read());
    step.dispose();
  }
  assert.ok(state.trained && !state.master);
  found.push(hashOf((await readParameters(device, layout, state.trained)).values()));
  model.dispose();
  assert.equal(device.memory().bytes, 0);
  device.close();
  return found;
}

Deno.test(
  `adapters after divided updates find the weights of one process${needsHalf.reason}`,
  needsHalf,
  async () => {
    const [alone] = await loopback(1, twoStages);
    assert.deepEqual(await loopback(2, twoStages), [alone, alone]);
  },
);
