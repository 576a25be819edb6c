// 300 training steps of model A against PyTorch in float64: the loss of every step, and the held-out loss at the end.
import assert from "node:assert/strict";
import { type BatchRow, Model, TrainingStep } from "../../../src/model/mod.ts";
import { Scorer } from "../../../src/model/scoring/batch_scorer.ts";
import { testDevice } from "../../support/device.ts";
import { goldenJson, goldenPath } from "../../support/golden.ts";
import { fnv1a, synthStream } from "../../support/synth_stream.ts";
import { paperStep } from "../paper_step.ts";

interface Curve {
  stream: { seed: number; active_vocab: number; length: number; fnv1a32: number; B: number; T: number };
  heldout_stream: { seed: number; length: number; batches: number };
  losses: number[];
  lrs: number[];
  mean_loss_last_50: number;
  heldout_loss_initial: number;
  heldout_loss_final: number;
  tolerance_abs: Record<string, number>;
}

function batches(tokens: Uint32Array, B: number, T: number, count: number): BatchRow[][] {
  return Array.from({ length: count }, (_, s) =>
    Array.from({ length: B }, (_, b) => {
      const at = (s * B + b) * T;
      return { ids: tokens.subarray(at, at + T), targets: tokens.subarray(at + 1, at + T + 1) };
    }));
}

async function meanLoss(model: Model, heldOut: BatchRow[][], B: number, T: number): Promise<number> {
  const scorer = await Scorer.create(model, B, T);
  let sum = 0;
  for (const batch of heldOut) {
    for (const { nll } of await scorer.score(batch)) sum += nll.reduce((a, b) => a + b, 0);
  }
  scorer.dispose();
  return sum / (heldOut.length * B * T);
}

Deno.test("300 steps follow the golden curve", async () => {
  const curve = goldenJson<Curve>("curve_A/curve.json");
  const { B, T, seed, active_vocab, length, fnv1a32 } = curve.stream;
  const tokens = synthStream(seed, active_vocab, length);
  assert.equal(fnv1a(tokens), fnv1a32);
  const model = await Model.load(goldenPath("A"), { device: await testDevice() });
  const heldOut = batches(
    synthStream(curve.heldout_stream.seed, active_vocab, curve.heldout_stream.length),
    B,
    T,
    curve.heldout_stream.batches,
  );
  const within = (got: number, want: number, key: string) =>
    assert.ok(
      Math.abs(got - want) <= curve.tolerance_abs[key],
      `${key}: got ${got}, want ${want} +- ${curve.tolerance_abs[key]}`,
    );

  within(await meanLoss(model, heldOut, B, T), curve.heldout_loss_initial, "heldout");
  const options = {
    microBatch: B,
    context: T,
    ...paperStep,
    save: "linear",
  } as const;
  const step = await TrainingStep.create(model, options);
  const losses: number[] = [];
  for (const [i, batch] of batches(tokens, B, T, curve.losses.length).entries()) {
    step.run(batch, i + 1, curve.lrs[i]);
    if ((i + 1) % 100 === 0) losses.push(...(await step.read()).map((record) => record.loss));
  }
  const spans = [[1, 20], [21, 50], [51, 100], [101, 200], [201, 300]];
  for (const [from, to] of spans) {
    for (let i = from - 1; i < to; i++) within(losses[i], curve.losses[i], `steps_${from}_${to}`);
  }
  within(losses.slice(-50).reduce((a, b) => a + b) / 50, curve.mean_loss_last_50, "mean_last_50");
  within(await meanLoss(model, heldOut, B, T), curve.heldout_loss_final, "heldout");
  step.dispose();
  model.dispose();
});
