// Training in lanes on ranks of one process: bits against TrainingStep and against other numbers of ranks, bytes against the
// formula, memory against the share of a rank.
import assert from "node:assert/strict";
import { openDevice } from "../../../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../../../src/model/mod.ts";
import { stateOf } from "../../../../src/model/model_state.ts";
import { readParameters } from "../../../../src/model/weights/named_weights.ts";
import { loopback } from "../../../../src/parallel/loopback.ts";
import { loraSettings } from "../../../../src/model/training/lora_options.ts";
import { half, needsHalf } from "../../../support/device.ts";
import { batchOf, hashOf, type LaneRun, oddShape, optionsOf, rateOf, trainLanes } from "./train_lanes.ts";

const bits = ({ curve, weights, m, v }: Awaited<ReturnType<typeof trainLanes>>) => ({ curve, weights, m, v });

/** Trains on D ranks, which all have to find the same, and returns the bits. */
async function onRanks(ranks: number, run: LaneRun) {
  const [first, ...others] = (await loopback(ranks, () => trainLanes(run))).map(bits);
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

let ofOneLane: ReturnType<typeof onRanks> | undefined;
const oneLane = () => ofOneLane ??= onRanks(1, { lanes: 1 });

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
  const found = await oneLane();
  assert.deepEqual({ ...found, v: "" }, { curve, weights, m: hashOf(arrays), v: "" });
});

Deno.test("four lanes give the same bits on 1, 2 and 4 ranks, and those of one lane but for rounding", async () => {
  const one = await oneLane();
  const four = await onRanks(1, { lanes: 4 });
  assert.notEqual(four.weights, one.weights);
  for (const [i, { loss, gradNorm }] of four.curve.entries()) {
    assert.ok(Math.abs(loss / one.curve[i].loss - 1) < 1e-6);
    assert.ok(Math.abs(gradNorm / one.curve[i].gradNorm - 1) < 1e-5);
  }
  for (const ranks of [2, 4]) assert.deepEqual(await onRanks(ranks, { lanes: 4 }), four);
});

const lora = { ...loraSettings({ rank: 3, alpha: 6 })!, seed: 5 };
const small: Omit<LaneRun, "lanes"> = { steps: 4, bucketSize: 2 * 4096 };

const variants: Record<string, Omit<LaneRun, "lanes">> = {
  "all on each rank, plain kernels, all activations kept": {
    zero: 0,
    device: { family: "plain" },
    options: { save: "all" },
  },
  "no overlap, tied embeddings, one activation per block kept, large micro-batches": {
    overlap: false,
    shape: { ...oddShape, tieEmbeddings: true },
    options: { save: "block", microBatch: 5 },
  },
  "small buffers": { device: { maxBufferSize: 2 ** 16 }, shape: { ...oddShape, dim: 36, vocabSize: 307 } },
  "halves": { dtype: "f16" },
  "packed halves in small buffers": {
    dtype: "f16",
    device: { maxBufferSize: 2 ** 16, without: ["f16"] },
    shape: { ...oddShape, dim: 36, vocabSize: 307 },
  },
  "halves, all on each rank": { dtype: "f16", zero: 0 },
  "adapters": { options: { lora } },
};

for (const [name, run] of Object.entries(variants)) {
  const { ignore, reason } = run.dtype === "f16" ? needsHalf : { ignore: false, reason: "" };
  Deno.test(`three lanes on 1 and 3 ranks: ${name}${reason}`, { ignore }, async () => {
    const plain = { bucketSize: undefined, overlap: true, zero: 1 } as const;
    const alone = await onRanks(1, { lanes: 3, ...small, ...run, ...plain });
    assert.deepEqual(await onRanks(3, { lanes: 3, ...small, ...run }), alone);
  });
}

Deno.test("two ranks send the bytes of the formula", async () => {
  const lanes = 4;
  for (const run of [{}, { zero: 0 as const }, ...half ? [{ dtype: "f16" as const }] : []]) {
    const [{ counts, size }] = await loopback(2, () => trainLanes({ lanes, ...small, steps: 3, ...run }));
    const padded = Math.ceil(size / 8192) * 8192;
    const steps = counts.loss.count;
    assert.equal(steps, 3);
    const gathered = "zero" in run ? 4 * padded / 2 : 0;
    assert.equal(counts.gradients.bytes, steps * (4 * padded / 2 * lanes / 2 + gathered));
    assert.equal(
      counts.weights?.bytes,
      "zero" in run ? undefined : steps * ("dtype" in run ? 2 : 4) * padded / 2,
    );
    assert.equal(counts["norm parts"]?.bytes, "zero" in run ? undefined : steps * 4 * padded / 2 / 4096);
    assert.equal(counts.loss.bytes, steps * 4 * lanes / 2);
  }
});

Deno.test("a rank holds its share of the moments and of a model of halves in f32", async () => {
  for (const run of [{ bucketSize: undefined }, small, ...half ? [{ dtype: "f16" as const }] : []]) {
    const results = await loopback(4, () => trainLanes({ lanes: 4, ...run, steps: 1 }));
    for (const { bytes, size } of results) {
      assert.equal(bytes.gradients, 4 * size);
      assert.ok(bytes.moments <= 2 * 4 * (size / 4 + 4096), `${bytes.moments} bytes of moments`);
      const halves = 2 * size + 4 * 5 * 128; // and five norms in f32
      if ("dtype" in run) {
        assert.ok(bytes.weights <= halves + 4 * (size / 4 + 4096), `${bytes.weights} bytes`);
      }
    }
  }
});

Deno.test("two ranks have room for a step that one has no room for", async () => {
  const run = (dtype: "f32" | "f16"): LaneRun => {
    const shape = { ...oddShape, vocabSize: 2000, dim: 48 };
    return { lanes: 2, steps: 1, dtype, shape, device: { memoryLimit: 3.5e6 } };
  };
  for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
    await assert.rejects(loopback(1, () => trainLanes(run(dtype))), /Cannot hold a training step of "model"/);
    await loopback(2, () => trainLanes(run(dtype)));
  }
});

Deno.test("all ranks skip a spike and a step that is not finite, and name the same gradient", async () => {
  const earlier = Array.from({ length: 100 }, (_, i) => {
    const step = i + 157; // those whose slots of the ring come before that of the first step
    return { step, loss: 4.4 + (i % 2) / 100, gradNorm: 1, learningRate: 0.01, skipped: false };
  });
  const spiky: LaneRun = { lanes: 2, ...small, earlier, options: { spike: 3 } };
  const alone = await onRanks(1, spiky);
  assert.ok(alone.curve.some(({ skipped }) => skipped), "a loss of 4.6 is a spike after losses of 4.4");
  assert.deepEqual(await onRanks(2, spiky), alone);

  const broken: LaneRun = { lanes: 2, ...small, rate: (step) => step === 2 ? 1e38 : 1 };
  const [one] = await loopback(1, () => trainLanes(broken));
  const two = await loopback(2, () => trainLanes(broken));
  assert.deepEqual(one.curve.map(({ skipped }) => skipped), [false, false, true, true]);
  assert.ok(one.nonFinite);
  for (const { curve, nonFinite } of two) {
    assert.deepEqual(curve, one.curve);
    assert.equal(nonFinite, one.nonFinite);
  }
});

Deno.test("a bucket travels after its segment and, but for the last, before the last segment ends", async () => {
  const results = await loopback(2, () => trainLanes({ lanes: 2, ...small, steps: 3 }));
  for (const { events, overlap } of results) {
    assert.ok(overlap > 0);
    const segments = events.filter(({ kind, name }) => kind === "compute" && name.startsWith("segment"));
    const buckets = events.filter(({ kind, name }) => kind === "exchange" && name === "gradients");
    assert.equal(segments.length, buckets.length);
    const perStep = buckets.length / 3;
    assert.ok(perStep >= 3);
    buckets.forEach(({ begin }, i) => {
      assert.ok(begin >= segments[i].end);
      const last = segments[(Math.floor(i / perStep) + 1) * perStep - 1];
      if ((i + 1) % perStep !== 0) assert.ok(begin <= last.end);
    });
  }
  const [serial] = await loopback(2, () => trainLanes({ lanes: 2, ...small, steps: 3, overlap: false }));
  assert.equal(serial.overlap, 0);
});

Deno.test("lanes that the ranks cannot share are refused, naming the ranks that can", async () => {
  await assert.rejects(
    loopback(3, () => trainLanes({ lanes: 4 })),
    /Cannot train 4 lanes on 3 data ranks: the number of data ranks must divide lanes: 1, 2, 4/,
  );
});
