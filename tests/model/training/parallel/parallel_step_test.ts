// Training in lanes on ranks of one process: bits against TrainingStep and against other numbers of ranks, bytes against the
// formula, memory against the share of a rank.
import assert from "node:assert/strict";
import { openDevice } from "../../../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../../../src/model/mod.ts";
import { stateOf } from "../../../../src/model/model_state.ts";
import { readParameters } from "../../../../src/model/weights/named_weights.ts";
import { loopback } from "../../../../src/parallel/loopback.ts";
import { batchOf, hashOf, type LaneRun, oddShape, optionsOf, rateOf, trainLanes } from "./train_lanes.ts";

const bits = ({ curve, weights, m, v }: Awaited<ReturnType<typeof trainLanes>>) => ({ curve, weights, m, v });

/** Trains on D ranks, which all have to find the same, and returns the bits. */
async function onRanks(ranks: number, run: LaneRun) {
  const [first, ...others] = (await loopback(ranks, () => trainLanes(run))).map(bits);
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

Deno.test("one lane is the training step of one process, bit for bit", async () => {
  const device = await openDevice();
  const model = await Model.create(oddShape, { device, seed: 3 });
  const step = await TrainingStep.create(model, optionsOf({}));
  for (let t = 1; t <= 20; t++) step.run(batchOf(t, 9, oddShape), t, rateOf(t));
  const curve = await step.read();
  const arrays: Float32Array<ArrayBuffer>[] = [];
  for await (const { data } of step.moments("m")) for await (const piece of data()) arrays.push(piece);
  const { layout, trained } = stateOf(model);
  const weights = hashOf((await readParameters(device, layout, trained!)).values());
  step.dispose();
  model.dispose();
  device.close();
  const found = await onRanks(1, { lanes: 1 });
  assert.deepEqual({ ...found, v: "" }, { curve, weights, m: hashOf(arrays), v: "" });
});

Deno.test("four lanes give the same bits on 1, 2 and 4 ranks, and those of one lane but for rounding", async () => {
  const one = await onRanks(1, { lanes: 1 });
  const four = await onRanks(1, { lanes: 4 });
  assert.notEqual(four.weights, one.weights);
  for (const [i, { loss, gradNorm }] of four.curve.entries()) {
    assert.ok(Math.abs(loss / one.curve[i].loss - 1) < 1e-6);
    assert.ok(Math.abs(gradNorm / one.curve[i].gradNorm - 1) < 1e-5);
  }
  for (const ranks of [2, 4]) assert.deepEqual(await onRanks(ranks, { lanes: 4 }), four);
});
