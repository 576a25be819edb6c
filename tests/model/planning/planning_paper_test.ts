// The paper's 65B on 2,048 A100-80GB: published figures, formulas of Korthikanti et al. (2022), and what is recorded.
import assert from "node:assert/strict";
import { isDispatch } from "../../../src/gpu/mod.ts";
import { Model, type PlanOptions, resolveConfig, trainingFlop } from "../../../src/model/mod.ts";
import { type MemorySettings, recordStep } from "../../../src/model/training/step_memory.ts";

/** The run of the paper, divided as section 2.4 says: sequence parallel within a node, and the data over nodes. */
const run: PlanOptions = {
  tokens: 1.4e12,
  dtype: "f16",
  save: "linear",
  microBatch: 1,
  parallel: { processes: 2048, model: 8 },
};
const config = resolveConfig("65B");
const { layers: L, dim: D, hidden: F, heads: H, vocabSize: V, context: T } = config;
const [t, copies, microBatches] = [8, 256, 8];

/** Asserts that a number rounds to the printed figure. */
function rounds(value: number, unit: number, printed: number, digits: number): void {
  assert.equal((value / unit).toFixed(digits), printed.toFixed(digits));
}

Deno.test("380 tokens a second and GPU: time, FLOP/s and their share as published", () => {
  const tokensPerSecond = 380 * 2048;
  assert.equal(tokensPerSecond, 778_240);
  const flops = trainingFlop(config) * 380;
  rounds(flops, 1e12, 154, 0);
  rounds(flops / 312e12, 0.01, 49.5, 1);
  const { seconds, steps } = Model.plan("65B", { ...run, device: { flops } }).facts;
  rounds(seconds! / steps, 1, 5.39, 2);
  rounds(seconds!, 86400, 20.8, 1);
});

Deno.test("what a rank holds: 8.62 billion weights, 58 GB by the formula of activations, and those recorded", () => {
  const { bytes, parallel } = Model.plan("65B", run).facts;
  // Blocks by eighths, tables and norms whole.
  const weights = L * (4 * D * D + 3 * D * F) / t + 2 * V * D + (2 * L + 1) * D;
  rounds(weights, 1e9, 8.62, 2);
  rounds(bytes.gradients, 1e9, 34.5, 1);
  rounds(bytes.halves!, 1e9, 17.2, 1);
  const divided = bytes.moments + bytes.weights - bytes.halves!;
  rounds(divided, 1e9, 0.4, 1);
  assert.ok(Math.abs(divided / (12 * weights / copies) - 1) < 1e-3, `${divided}`);
  // Activations by the formulas of the paper on sequence parallelism, in 16 bits, dropout masks included.
  const whole = T * D * L;
  const formula = 34 * whole / t;
  rounds(formula, 1e9, 5.7, 1);
  rounds((10 + 24 / t) * whole, 1e9, 17.4, 1);
  rounds(34 * whole, 1e9, 45.6, 1);
  rounds(17.2e9 + 34.5e9 + 0.4e9 + formula, 1e9, 58, 0);
  assert.ok(bytes.total < 80e9);
  assert.equal(parallel!.memory[0].bytes.total, bytes.total);
});

const settings: MemorySettings = {
  microBatch: 1,
  context: T,
  save: "linear",
  dtype: "f16",
  shard: { rank: 0, of: t },
};

Deno.test("activations recorded for a shard: those of a block by an independent count, all of them in proportion", () => {
  const recorded = (layers: number) => recordStep({ ...config, layers }, settings).measure().bytes;
  // Kept of a block, in halves: its input, queries, keys and values, attention, the sum behind it, and both gates; in f32
  // four numbers of the softmax for each row and head, and one of each norm for each row.
  const halves = T * (D + 3 * D + D + D + 2 * F) / t;
  const block = 2 * halves + 4 * 4 * T * H / t + 2 * 4 * T / t;
  assert.equal(recorded(11) - recorded(10), block);
  assert.equal(recorded(L) - recorded(10), (L - 10) * block);
  // Without sequence parallelism one process keeps t times as much.
  const alone = { ...settings, shard: { rank: 0, of: 1 } };
  const one = (layers: number) => recordStep({ ...config, layers }, alone).measure().bytes;
  assert.equal(one(11) - one(10), t * block);
});

Deno.test("what a rank sends in a step: rows, replicated gradients, and the data group", () => {
  const { traffic } = Model.plan("65B", run).facts.parallel!;
  const sent = (group: string, ...labels: string[]) =>
    traffic.filter((one) => one.group === group && labels.includes(one.label))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  // Ten exchanges of a block and micro-batch, each of (t - 1) / t of its rows: 188 GB if all of them were halves. Four of
  // them carry gradients of rows, which are f32.
  const each = (t - 1) / t * T * D * 2;
  rounds(10 * each * L * microBatches, 1e9, 188, 0);
  assert.equal(sent("model", "rows gather", "rows scatter"), (6 + 2 * 4) * each * L * microBatches);
  // The other policies: eight exchanges where all is kept, twelve where a block is computed again.
  for (const [save, count] of [["all", 8], ["linear", 10], ["block", 12]] as const) {
    const { calls } = recordStep(config, { ...settings, save });
    assert.equal(calls.filter((call) => !isDispatch(call)).length, count * L);
  }
  // Tables and norms are summed over the model ranks: 3.7 GB if each rank did all of them. It does those that it owns.
  const replicated = 2 * V * D + (2 * L + 1) * D;
  const whole = 2 * (t - 1) / t * 4 * replicated;
  rounds(whole, 1e9, 3.7, 1);
  const own = sent("model", "replicated gradients");
  assert.ok(Math.abs(own / (whole / copies) - 1) < 0.02, `${own}`);
  // Gradients in f32 and weights in halves, of all but the own part.
  const weights = L * (4 * D * D + 3 * D * F) / t + replicated;
  rounds((4 + 2) * weights * (copies - 1) / copies, 1e9, 51.5, 1);
  const data = sent("data", "gradients", "weights");
  assert.ok(Math.abs(data / ((4 + 2) * weights * (copies - 1) / copies) - 1) < 1e-3, `${data}`);
});

Deno.test("through the host at 20 GB/s the rows alone take three times as long as the arithmetic, and the plan says so", () => {
  const network = { latency: 10e-6, bandwidth: 25e9, staging: 20e9 };
  const flops = trainingFlop(config) * 380;
  const plan = Model.plan("65B", { ...run, network, device: { flops } });
  const step = plan.facts.parallel!.step!;
  rounds(step.arithmetic, 1, 5.39, 2);
  // All of 188 + 3.7 GB down and up again: 19 s a step. Counted: what leaves the device and what comes back, a gathered
  // tensor as t parts of what was sent, a scattered one as one of them; four of ten exchanges are f32.
  const each = (t - 1) / t * T * D * 2 * L * microBatches;
  rounds(2 * (10 * each + 3.7e9) / 20e9, 1, 19, 0);
  const staged = (6 + 2 * 4) * T * D * 2 * (1 + 1 / t) * L * microBatches;
  assert.equal(step.staging.model, staged / 20e9);
  rounds(step.staging.model, 1, 16.9, 1);
  const text = plan.toString().replace(/\s+/g, " ");
  assert.match(
    text,
    /The model group alone takes 28 s a step, of which 17 s through the host: 5.1 times as long/,
  );
  assert.match(text, /f32 without them gives 19.5 of its 312 TFLOP\/s on an A100 at most/);
  assert.ok(plan.facts.seconds! > 100 * 86400, "more than the published 21 days");
});
