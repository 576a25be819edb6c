// Training on data ranks times model ranks: 20 steps of masked documents with short batches and the spike rule, for both
// number formats and all save policies, against one process, against other numbers of data ranks, against ranks under
// Open MPI, and against PyTorch.
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { ParallelStep } from "../../src/model/training/parallel/parallel_step.ts";
import { keptTargets } from "../../src/model/training/training_step.ts";
import { loopback } from "../../src/parallel/loopback.ts";
import { paperStep } from "../model/paper_step.ts";
import { lanesOf } from "../model/training/parallel/train_lanes.ts";
import { type ShardRun, trainShards } from "../model/training/parallel/train_shards.ts";
import { needsHalf } from "../support/device.ts";
import { goldenJson, goldenPath } from "../support/golden.ts";
import { onRanks } from "../support/model_ranks.ts";
import { openMpi, runRanks } from "../support/mpi.ts";

const shapes = [[2, 1], [4, 1], [1, 2], [2, 2]] as const;

/** Largest relative difference of the losses; halves round each sum, so that their paths part further. */
const bounds = { f32: 2e-6, f16: 1e-4 };

/** Trains on `data` times `run.model` ranks, which all have to find the same, and returns the bits. */
async function train(data: number, run: ShardRun) {
  const results = await loopback(data * run.model, () => trainShards(run));
  const [first, ...others] = results.map(({ curve, weights, written }) => ({ curve, weights, written }));
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

for (const dtype of ["f32", "f16"] as const) {
  const { ignore, reason } = dtype === "f16" ? needsHalf : { ignore: false, reason: "" };
  for (const save of ["all", "linear", "block"] as const) {
    Deno.test(
      `data and model ranks train as one process does: ${dtype}, save ${save}${reason}`,
      { ignore },
      async () => {
        const run = { lanes: 4, dtype, save, rate: dtype === "f16" ? 0.1 : 1 };
        const one = await train(1, { ...run, model: 1 });
        const found = new Map<number, typeof one>([[1, one]]);
        for (const [data, model] of shapes) {
          const result = await train(data, { ...run, model });
          assert.deepEqual(result, found.get(model) ?? result, `${data} data ranks have the bits of one`);
          found.set(model, result);
          for (const [i, { loss, skipped }] of result.curve.entries()) {
            const error = Math.abs(loss / one.curve[i].loss - 1);
            assert.ok(error <= bounds[dtype], `${model} model ranks: loss ${i + 1} off by ${error}`);
            assert.equal(skipped, one.curve[i].skipped);
          }
        }
      },
    );
  }

  Deno.test({
    name:
      `data and model ranks under Open MPI have the bits of those in one process: ${dtype}${reason}${openMpi.reason}`,
    ignore: ignore || openMpi.ignore,
    fn: async () => {
      const run = { lanes: 4, dtype, model: 2 };
      const want = JSON.parse(JSON.stringify(await train(1, run)));
      for (const ranks of [2, 4]) {
        const program = "tests/model/training/parallel/train_shards.ts";
        const { code, stdout, stderr } = await runRanks(
          openMpi,
          ranks,
          program,
          [JSON.stringify(run)],
          {},
          300,
        );
        assert.equal(code, 0, stderr);
        assert.deepEqual(JSON.parse(stdout), want);
      }
    },
  });
}

interface Inputs {
  train: { hyperparameters: Record<string, number>; tokens: number[][][] };
}
interface Expected {
  train: { losses: number[]; grad_norms: number[]; lrs: number[] };
  tolerance: Record<string, number>;
}

for (const [name, ranks, modelRanks] of [["A", 2, 2], ["A", 4, 2], ["A", 4, 4], ["B", 4, 2]] as const) {
  Deno.test(`golden model ${name}: 20 steps on ${ranks / modelRanks} times ${modelRanks} ranks`, async () => {
    const { train: { hyperparameters: h, tokens } } = goldenJson<Inputs>(`${name}/inputs.json`);
    const { train, tolerance } = goldenJson<Expected>(`${name}/expected.json`);
    const curves = await onRanks(ranks, async (device, world) => {
      const parallel = { model: modelRanks };
      using model = await Model.load(goldenPath(name), { device, parallel, name: `golden ${world.rank}` });
      const groups = stateOf(model).ranks;
      const batches = tokens.map((batch) =>
        batch.map((ids) => ({ ids: ids.slice(0, -1), targets: ids.slice(1) }))
      );
      const step = await ParallelStep.create(model, {
        ...paperStep,
        microBatch: batches[0].length,
        context: batches[0][0].ids.length,
        beta1: h.beta1,
        beta2: h.beta2,
        epsilon: h.eps,
        weightDecay: h.weight_decay,
        clip: h.clip_norm,
      }, { ranks: groups, lanes: 2 });
      for (const [i, batch] of batches.entries()) {
        await step.run(lanesOf(batch, 2, groups.data), i + 1, train.lrs[i], keptTargets(batch));
      }
      const curve = await step.read();
      step.dispose();
      return curve;
    });
    for (const curve of curves) {
      assert.equal(curve.length, 20);
      for (const [i, { loss, gradNorm }] of curve.entries()) {
        const bound = i < 10 ? tolerance.train_loss_abs_steps_1_10 : tolerance.train_loss_abs_steps_11_20;
        assert.ok(Math.abs(loss - train.losses[i]) <= bound, `loss ${i + 1}: ${loss}`);
        const error = Math.abs(gradNorm / train.grad_norms[i] - 1);
        assert.ok(error <= tolerance.train_grad_norm_rel, `norm ${i + 1} off by ${error}`);
      }
    }
  });
}
