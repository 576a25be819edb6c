// Models with other parts than the paper's (tests/golden/parts) against PyTorch in float64: logits, loss and every gradient
// with every save policy, of two documents in a sequence, five steps of AdamW, greedy generation. Each test runs with every
// kernel family of the adapter.
import assert from "node:assert/strict";
import type { Device } from "../../src/gpu/mod.ts";
import {
  countParameters,
  Model,
  type ModelParts,
  type ModelShape,
  TrainingStep,
} from "../../src/model/mod.ts";
import { families, testDevice } from "../support/device.ts";
import { goldenJson, type GoldenTensor, goldenTensors, l2Error, maxError } from "../support/golden.ts";

/** A model of tests/golden/parts/parts.json. */
interface Case {
  id: string;
  shape: ModelShape;
  parts: ModelParts;
  batch: { ids: number[][]; targets: number[][]; first: number[][] };
  loss: number;
  norm: number;
  losses: number[];
  greedy: { prompt: number[]; tokens: number[] };
}

const { hyper, cases } = goldenJson<{ hyper: Record<string, number>; cases: Case[] }>("parts/parts.json");
const tensors = goldenTensors("parts/parts.safetensors");

/** Returns the tensors of a case whose names begin with `prefix`, by the rest of their names. */
function tensorsOf({ id }: Case, prefix = ""): Map<string, GoldenTensor> {
  const start = `${id}/${prefix}`;
  return new Map(
    [...tensors].flatMap(([name, t]) => name.startsWith(start) ? [[name.slice(start.length), t]] : []),
  );
}

async function modelOf(c: Case, device: Device): Promise<Model> {
  const model = await Model.create(c.shape, { parts: c.parts, device, name: c.id });
  const stored = tensorsOf(c);
  const names = [...(await model.parameters()).keys()];
  model.setParameters(new Map(names.map((name) => [name, stored.get(name)!.data])));
  const total = names.reduce((sum, name) => sum + stored.get(name)!.data.length, 0);
  assert.equal(countParameters(model.config).total, total, "the count of weights");
  return model;
}

function near(got: number, want: number, relative: number, label: string): void {
  assert.ok(Math.abs(got - want) <= relative * Math.abs(want), `${label}: got ${got}, want ${want}`);
}

for (const kind of families) {
  for (const c of cases) {
    const batch = c.batch.ids.map((ids, i) => ({
      ids,
      targets: c.batch.targets[i],
      first: c.batch.first[i],
    }));
    const options = {
      microBatch: batch.length,
      context: batch[0].ids.length,
      beta1: hyper.beta1,
      beta2: hyper.beta2,
      epsilon: hyper.epsilon,
      weightDecay: hyper.weightDecay,
      clip: hyper.clip,
    };

    Deno.test(`golden parts ${c.id}: logits, loss, gradients, steps and generation (${kind})`, async () => {
      using model = await modelOf(c, await testDevice(kind));
      const V = model.config.vocabSize;
      const want = tensorsOf(c, "logits").get("")!;
      const T = batch[0].ids.length;
      const logits = await model.logits(batch[0].ids);
      assert.ok(maxError(logits, want.data.subarray(0, T * V)) <= 1e-4);
      const { tokens, prompt } = c.greedy;
      const generated = model.generate(Uint32Array.from(prompt), {
        temperature: 0,
        maxTokens: tokens.length,
      });
      assert.deepEqual([...await generated.ids()], tokens);
      for (const save of ["all", "linear", "block"] as const) {
        const step = await TrainingStep.create(model, { ...options, save });
        const { loss, gradients } = await step.gradients(batch);
        near(loss, c.loss, 1e-5, `loss, save ${save}`);
        const wanted = tensorsOf(c, "grad.");
        assert.deepEqual([...gradients.keys()].sort(), [...wanted.keys()].sort());
        for (const [name, { data }] of wanted) {
          const have = gradients.get(name)!;
          assert.ok(maxError(have, data) <= 2e-4, `${name}, save ${save}: ${maxError(have, data)}`);
          assert.ok(l2Error(have, data) <= 1e-4, `${name}, save ${save}: L2 ${l2Error(have, data)}`);
        }
        if (save === "linear") {
          for (let n = 1; n <= hyper.steps; n++) step.run(batch, n, hyper.learningRate);
          const records = await step.read();
          records.forEach((record, i) => near(record.loss, c.losses[i], 1e-4, `loss of step ${i + 1}`));
          near(records[0].gradNorm, c.norm, 1e-4, "norm");
          model.setParameters(
            new Map([...await model.parameters()].map(([name]) => [name, tensorsOf(c).get(name)!.data])),
          );
        }
        step.dispose();
      }
    });
  }
}
