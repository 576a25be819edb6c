// The models A and B of tests/golden against PyTorch in float64: logits, losses, every gradient with every save policy,
// masked labels, accumulation, updates after 1, 2 and 10 steps, 20 losses, greedy generation. Each test runs with every
// kernel family of the adapter.
import assert from "node:assert/strict";
import { type BatchRow, Model, TrainingStep, type TrainingStepOptions } from "../../src/model/mod.ts";
import type { KernelFamily } from "../../src/gpu/mod.ts";
import { families, testDevice } from "../support/device.ts";
import {
  goldenJson,
  goldenPath,
  type GoldenTensor,
  goldenTensors,
  l2Error,
  maxError,
} from "../support/golden.ts";
import { paperStep } from "./paper_step.ts";

interface Labelled {
  input_ids: number[][];
  targets: number[][];
}
interface Inputs {
  batch: Labelled;
  masked: { targets: number[][] };
  accum: Labelled;
  train: { hyperparameters: Record<string, number>; tokens: number[][][] };
  generate: { prompts: number[][]; new_tokens: number };
}
interface Expected {
  forward: { loss: number };
  grad: { global_norm: number };
  masked: { loss: number; global_norm: number };
  accum: { loss: number; global_norm: number };
  train: { losses: number[]; grad_norms: number[]; lrs: number[] };
  generate: { prompt: number[]; new_tokens: number[] }[];
  tolerance: Record<string, number>;
  embedding_rows_moved_by_decay_only: Record<string, { rows: number[]; new_over_initial: number }> & {
    tolerance_abs_on_ratio: number;
  };
}

const files = (name: string) => ({
  inputs: goldenJson<Inputs>(`${name}/inputs.json`),
  expected: goldenJson<Expected>(`${name}/expected.json`),
  tensors: goldenTensors(`${name}/expected.safetensors`),
  initial: goldenTensors(`${name}/model.safetensors`),
});

const rows = ({ input_ids, targets }: Labelled): BatchRow[] =>
  input_ids.map((ids, i) => ({ ids, targets: targets[i] }));

const stepOptions = (batch: BatchRow[], more: Partial<TrainingStepOptions> = {}): TrainingStepOptions => ({
  microBatch: batch.length,
  context: batch[0].ids.length,
  ...paperStep,
  ...more,
});

const load = async (name: string, kind: KernelFamily) =>
  await Model.load(goldenPath(name), { device: await testDevice(kind) });

function compareGradients(
  got: Map<string, Float32Array>,
  tensors: Map<string, GoldenTensor>,
  prefix: string,
  tolerance: Record<string, number>,
): void {
  const wanted = [...tensors.keys()].filter((name) => name.startsWith(prefix));
  assert.ok(wanted.length > 0, `no golden tensor starts with ${prefix}`);
  for (const name of wanted) {
    const have = got.get(name.slice(prefix.length))!;
    const want = tensors.get(name)!.data;
    assert.ok(
      maxError(have, want) <= tolerance.grad_max_over_absmax,
      `${name}: max error ${maxError(have, want)}`,
    );
    assert.ok(l2Error(have, want) <= tolerance.grad_rel_l2, `${name}: L2 error ${l2Error(have, want)}`);
  }
}

function near(got: number, want: number, tolerance: number, label: string): void {
  assert.ok(Math.abs(got - want) <= tolerance, `${label}: got ${got}, want ${want} +- ${tolerance}`);
}

for (const name of ["A", "B"]) {
  for (const kind of families) {
    Deno.test(`golden model ${name}: logits (${kind})`, async () => {
      const { inputs, expected, tensors } = files(name);
      const model = await load(name, kind);
      const want = tensors.get("logits")!;
      const [B, T, V] = want.shape;
      const best = tensors.get("logits_argmax")!.ints;
      const got = new Float32Array(B * T * V);
      for (let b = 0; b < B; b++) got.set(await model.logits(inputs.batch.input_ids[b]), b * T * V);
      assert.ok(
        maxError(got, want.data) <= expected.tolerance.logits_max_over_absmax,
        `${maxError(got, want.data)}`,
      );
      for (let row = 0; row < B * T; row++) {
        const logits = got.subarray(row * V, (row + 1) * V);
        if (best[row] >= 0) {
          assert.equal(logits.indexOf(Math.max(...logits)), best[row], `argmax of row ${row}`);
        }
      }
      model.dispose();
    });

    for (const save of ["all", "linear", "block"] as const) {
      Deno.test(`golden model ${name}: loss and gradients, save ${save} (${kind})`, async () => {
        const { inputs, expected, tensors } = files(name);
        const model = await load(name, kind);
        const tolerance = expected.tolerance;
        const batch = rows(inputs.batch);
        const step = await TrainingStep.create(model, stepOptions(batch, { save }));
        const { loss, gradients } = await step.gradients(batch);
        near(loss, expected.forward.loss, expected.forward.loss * tolerance.loss_rel, "loss");
        compareGradients(gradients, tensors, "grad.", tolerance);

        const masked = rows({ input_ids: inputs.batch.input_ids, targets: inputs.masked.targets });
        const m = await step.gradients(masked);
        near(m.loss, expected.masked.loss, expected.masked.loss * tolerance.loss_rel, "masked loss");
        if ([...tensors.keys()].some((n) => n.startsWith("masked_grad."))) {
          compareGradients(m.gradients, tensors, "masked_grad.", tolerance);
        }

        const accum = rows(inputs.accum);
        const k = await step.gradients(accum); // two micro-batches of unequal kept targets
        near(k.loss, expected.accum.loss, expected.accum.loss * tolerance.loss_rel, "accumulated loss");
        compareGradients(k.gradients, tensors, "accum_grad.", tolerance);
        step.dispose();
        model.dispose();
      });
    }

    Deno.test(`golden model ${name}: 20 steps (${kind})`, async () => {
      const { inputs, expected, tensors, initial } = files(name);
      const model = await load(name, kind);
      const t = expected.tolerance;
      const h = inputs.train.hyperparameters;
      const batches = inputs.train.tokens.map((b) =>
        b.map((ids) => ({ ids: ids.slice(0, -1), targets: ids.slice(1) }))
      );
      const step = await TrainingStep.create(
        model,
        stepOptions(batches[0], {
          beta1: h.beta1,
          beta2: h.beta2,
          epsilon: h.eps,
          weightDecay: h.weight_decay,
          clip: h.clip_norm,
        }),
      );
      for (const [i, batch] of batches.entries()) {
        step.run(batch, i + 1, expected.train.lrs[i]);
        if ([1, 2, 10].includes(i + 1)) {
          compareUpdate(await model.parameters(), initial, tensors, `step${i + 1}`, t);
        }
        const moved = expected.embedding_rows_moved_by_decay_only[`step${i + 1}`];
        if (moved) {
          const table = (await model.parameters()).get("model.embed_tokens.weight")!;
          const D = model.config.dim;
          const start = initial.get("model.embed_tokens.weight")!.data;
          const { tolerance_abs_on_ratio } = expected.embedding_rows_moved_by_decay_only;
          for (const row of moved.rows) {
            for (let d = row * D; d < (row + 1) * D; d++) {
              near(
                table[d] / start[d],
                moved.new_over_initial,
                tolerance_abs_on_ratio,
                `decay of row ${row}`,
              );
            }
          }
        }
      }
      const records = await step.read();
      assert.equal(records.length, 20);
      for (const [i, record] of records.entries()) {
        near(
          record.loss,
          expected.train.losses[i],
          i < 10 ? t.train_loss_abs_steps_1_10 : t.train_loss_abs_steps_11_20,
          `loss ${i + 1}`,
        );
        const norm = expected.train.grad_norms[i];
        near(record.gradNorm, norm, norm * t.train_grad_norm_rel, `norm ${i + 1}`);
        assert.equal(record.skipped, false);
      }
      step.dispose();
      model.dispose();
    });

    Deno.test(`golden model ${name}: greedy generation with a cache equals generation without (${kind})`, async () => {
      const { expected } = files(name);
      const model = await load(name, kind);
      const V = model.config.vocabSize;
      for (const { prompt, new_tokens } of expected.generate) {
        const ids = await model.generate(Uint32Array.from(prompt), {
          temperature: 0,
          maxTokens: new_tokens.length,
        }).ids();
        const eos = new_tokens.indexOf(2);
        const wanted = eos < 0 ? new_tokens : new_tokens.slice(0, eos);
        assert.deepEqual([...ids], wanted);
        const plain = [...prompt];
        for (const want of wanted) {
          const last = (await model.logits(plain)).subarray((plain.length - 1) * V);
          assert.equal(last.indexOf(Math.max(...last)), want);
          plain.push(want);
        }
      }
      model.dispose();
    });
  }
}

function compareUpdate(
  got: Map<string, Float32Array>,
  initial: Map<string, GoldenTensor>,
  tensors: Map<string, GoldenTensor>,
  prefix: string,
  tolerance: Record<string, number>,
): void {
  let error = 0;
  let size = 0;
  for (const [name, have] of got) {
    const start = initial.get(name)!.data;
    const want = tensors.get(`${prefix}.${name}`)!.data;
    let e = 0;
    let s = 0;
    have.forEach((x, i) => {
      e += (x - want[i]) ** 2;
      s += (want[i] - start[i]) ** 2;
    });
    assert.ok(
      Math.sqrt(e / s) <= tolerance.update_rel_l2_worst_tensor,
      `${prefix} ${name}: update off by ${Math.sqrt(e / s)}`,
    );
    error += e;
    size += s;
  }
  assert.ok(
    Math.sqrt(error / size) <= tolerance.update_rel_l2_all,
    `${prefix}: update off by ${Math.sqrt(error / size)}`,
  );
}
