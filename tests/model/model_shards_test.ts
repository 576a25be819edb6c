// A model that several ranks of this process hold together, against the same model in one process (law 3: 2e-6) and against
// PyTorch's golden figures: loss, every gradient, exchanges and their bytes, use, and what is refused.
import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import type { Group } from "../../src/base/exchange.ts";
import type { Device, Save } from "../../src/gpu/mod.ts";
import {
  type BatchRow,
  countParameters,
  LORA_TARGETS,
  Model,
  type ModelOptions,
  type ModelShape,
  type ParameterLayout,
  resolveConfig,
  TrainingStep,
} from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { half, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { goldenJson, goldenPath, goldenTensors, l2Error } from "../support/golden.ts";
import { onRanks } from "../support/model_ranks.ts";
import { paperStep } from "./paper_step.ts";

const saves: readonly Save[] = ["all", "linear", "block"];
const T = 8;

/** Returns sequences with two documents each and some targets that are ignored. */
function sequences(count: number, vocabSize: number): BatchRow[] {
  return Array.from({ length: count }, (_, b) => ({
    ids: Array.from({ length: T }, (_, i) => (b * 17 + i * i * 7 + 3) % vocabSize),
    targets: Array.from({ length: T }, (_, i) => (b + i) % 5 === 0 ? -100 : (b * 11 + i * 5) % vocabSize),
    first: Array.from({ length: T }, (_, i) => i < 3 + b ? 0 : 3 + b),
  }));
}

/** Makes a model on this rank, with norms that are not all 1 and larger matrices, so that every gradient counts. */
async function createModel(shape: ModelShape, options: ModelOptions): Promise<Model> {
  const model = await Model.create(shape, { context: 2 * T, ...options });
  const weights = await model.parameters();
  for (const [name, data] of weights) {
    const scale = name.includes("norm") ? 1 : 6;
    for (let i = 0; i < data.length; i++) data[i] = data[i] * scale + (scale === 1 ? (i % 7) / 20 : 0);
  }
  model.setParameters(weights);
  return model;
}

interface Gradients {
  loss: number;
  gradients: ReadonlyMap<string, Float32Array>;
}

/** Computes loss and gradients of three sequences in micro-batches of two, by save policy. */
async function gradientsOf(model: Model): Promise<Record<string, Gradients>> {
  const found: Record<string, Gradients> = {};
  for (const save of saves) {
    const step = await TrainingStep.create(model, { microBatch: 2, context: T, ...paperStep, save });
    found[save] = await step.gradients(sequences(3, model.config.vocabSize));
    step.dispose();
  }
  return found;
}

function compare(got: Gradients, want: Gradients, bound: number, label: string): void {
  const loss = Math.abs(got.loss / want.loss - 1);
  assert.ok(loss <= bound, `${label}: loss off by ${loss}`);
  assert.deepEqual([...got.gradients.keys()], [...want.gradients.keys()]);
  for (const [name, have] of got.gradients) {
    const error = l2Error(have, want.gradients.get(name)!);
    assert.ok(error <= bound, `${label}: ${name} off by ${error}`);
  }
}

const onParts = <R>(
  t: number,
  program: (device: Device, world: Group, options: ModelOptions) => Promise<R>,
) =>
  onRanks(t, (device, world) => {
    return program(device, world, { device, parallel: { model: t }, name: `shards ${t} ${world.rank}` });
  });

const shapes: [string, ModelShape, number[]][] = [
  ["odd sizes, grouped queries", { dim: 36, layers: 2, heads: 6, kvHeads: 2, hidden: 37, vocabSize: 61 }, [
    2,
  ]],
  ["few lines, tied tables", {
    dim: 24,
    layers: 1,
    heads: 4,
    hidden: 9,
    vocabSize: 50,
    tieEmbeddings: true,
  }, [4]],
  ["other parts, odd sizes", {
    ...{ dim: 36, layers: 2, heads: 6, kvHeads: 2, hidden: 37, vocabSize: 61 },
    parts: { norm: "layer", activation: "gelu", position: "learned" },
  }, [2]],
];
for (const [what, shape, sizes] of shapes) {
  for (const t of sizes) {
    Deno.test(`${t} ranks compute the loss and gradients of one: ${what}`, async () => {
      using alone = await createModel(shape, { device: await testDevice(), name: "alone" });
      const want = await gradientsOf(alone);
      const weights = await alone.parameters();
      const ranks = await onParts(t, async (_device, _world, options) => {
        using model = await createModel(shape, options);
        return { weights: await model.parameters(), found: await gradientsOf(model) };
      });
      for (const { weights: own, found } of ranks) {
        assert.deepEqual(own, weights, "initial weights, written and read in parts");
        assert.deepEqual(found, ranks[0].found, "all ranks get the same");
        for (const save of saves) {
          compare(found[save], want[save], 2e-6, `save ${save}`);
          assert.deepEqual(found[save], found.all, "policies agree to the last bit");
        }
      }
    });
  }
}

Deno.test({
  name: "2 ranks compute what one does in half precision, up to its rounding",
  ignore: !half,
  fn: async () => {
    const [, shape] = shapes[0];
    using alone = await createModel(shape, { device: await testDevice(), name: "alone", dtype: "f16" });
    const want = await gradientsOf(alone);
    const ranks = await onParts(2, async (_device, _world, options) => {
      using model = await createModel(shape, { ...options, dtype: "f16" });
      return await gradientsOf(model);
    });
    for (const found of ranks) {
      for (const save of saves) compare(found[save], want[save], 4e-3, `save ${save}`);
    }
  },
});

Deno.test("2 ranks compute the gradients of adapters, and the weights with them, of one", async () => {
  const [, shape] = shapes[0];
  const lora = { rank: 3, alpha: 5, targets: LORA_TARGETS, seed: 4 };
  const use = async (model: Model) => {
    const step = await TrainingStep.create(model, { microBatch: 2, context: T, ...paperStep, lora });
    const { adapters, frozen } = await step.adapters!.read();
    const initial = [...adapters.values()].map((data) => [...data.slice(0, 9)]);
    for (const [name, data] of adapters) {
      if (name.includes("lora_B")) data.forEach((_, i) => data[i] = (i % 5 - 2) / 9);
    }
    const shapeOf = (layout: ParameterLayout, name: string) => {
      const { shape, part } = layout.parameters.find((one) => one.name === name)!;
      return part?.shape ?? shape;
    };
    const tensors = (layout: ParameterLayout, named: Map<string, Float32Array>) =>
      [...named].map(([name, data]) =>
        [name, { shape: shapeOf(layout, name), data }] as [string, { shape: number[]; data: Float32Array }]
      );
    const { layout } = step.adapters!;
    step.adapters!.restore({ adapters: tensors(layout, adapters), frozen: tensors(layout.frozen, frozen) });
    const { size } = layout.places;
    const result = await step.gradients(sequences(3, model.config.vocabSize));
    step.dispose();
    return { initial, ...result, weights: await model.parameters(), size };
  };
  using alone = await createModel(shape, { device: await testDevice(), name: "alone" });
  const want = await use(alone);
  const ranks = await onParts(2, async (_device, _world, options) => {
    using model = await createModel(shape, options);
    return await use(model);
  });
  assert.equal(ranks[0].size, ranks[1].size, "arenas of one size");
  for (const { initial, weights, ...found } of ranks) {
    assert.deepEqual(initial, want.initial, "A is drawn whole");
    compare(found, want, 2e-6, "adapters");
    compare({ loss: 1, gradients: weights }, { loss: 1, gradients: want.weights }, 2e-7, "weights");
  }
});

for (const [name, t] of [["A", 2], ["A", 4], ["B", 2]] as const) {
  Deno.test(`golden model ${name} on ${t} ranks: loss and gradients`, async () => {
    const { batch } = goldenJson<{ batch: { input_ids: number[][]; targets: number[][] } }>(
      `${name}/inputs.json`,
    );
    const { forward, tolerance } = goldenJson<
      { forward: { loss: number }; tolerance: Record<string, number> }
    >(
      `${name}/expected.json`,
    );
    const tensors = goldenTensors(`${name}/expected.safetensors`);
    const rows = batch.input_ids.map((ids, i) => ({ ids, targets: batch.targets[i] }));
    const [{ loss, gradients }] = await onParts(t, async (_device, _world, options) => {
      using model = await Model.load(goldenPath(name), options);
      const step = await TrainingStep.create(model, {
        microBatch: rows.length,
        context: rows[0].ids.length,
        ...paperStep,
      });
      try {
        return await step.gradients(rows);
      } finally {
        step.dispose();
      }
    });
    assert.ok(Math.abs(loss / forward.loss - 1) <= tolerance.loss_rel, `loss ${loss}`);
    assert.ok(gradients.size > 10);
    for (const [parameter, have] of gradients) {
      const error = l2Error(have, tensors.get(`grad.${parameter}`)!.data);
      assert.ok(error <= tolerance.grad_rel_l2, `${parameter} off by ${error}`);
    }
  });
}

for (const t of [2, 4]) {
  Deno.test(`${t} ranks exchange rows 8, 10 and 12 times a block, each (t - 1) / t R D e bytes`, async () => {
    const shape = { dim: 24, layers: 3, heads: 4, hidden: 30, vocabSize: 40 };
    const results = await onParts(t, async (_device, _world, options) => {
      using model = await Model.create(shape, { context: T, ...options });
      const { log } = stateOf(model).group;
      const counts: Record<string, { count: number; bytes: number }[]> = {};
      for (const save of saves) {
        const step = await TrainingStep.create(model, { microBatch: 2, context: T, ...paperStep, save });
        log.clear();
        await step.gradients(sequences(1, shape.vocabSize));
        counts[save] = ["rows gather", "rows scatter"].map((label) => log.counts.get(label)!);
        step.dispose();
      }
      return counts;
    });
    const one = (t - 1) / t * (2 * T) * shape.dim * 4;
    const of = (n: number) => ({ count: n * shape.layers, bytes: n * shape.layers * one });
    for (const counts of results) {
      assert.deepEqual(counts, { all: [of(4), of(4)], linear: [of(6), of(4)], block: [of(6), of(6)] });
    }
  });
}

Deno.test("2 ranks generate, score and measure what one does", async () => {
  const shape = { dim: 36, layers: 2, heads: 6, kvHeads: 2, hidden: 37, vocabSize: 61 };
  const use = async (model: Model) => {
    const prompt = Uint32Array.of(5, 9, 33, 2, 7);
    const greedy = await model.generate(prompt, { maxTokens: 64, temperature: 0 }).ids();
    const sampled = await model.generate(prompt, { maxTokens: 9, temperature: 1, seed: 3 }).ids();
    const prompts = [1, 2, 3].map((n) => Uint32Array.of(n, 2 * n, 3 * n));
    const batch = await model.generateBatch(prompts, { maxTokens: 9, temperature: 0 });
    const shared = Array.from({ length: 70 }, (_, i) => i * i % 61);
    const pairs = [[[4], [5, 6]], [[1, 2, 3], [7]], [shared, [1, 2]]].map(([a, b]) =>
      [Uint32Array.from(a), Uint32Array.from(b)] as const
    );
    const scores = (await model.scoreBatch(pairs)).map(({ logProb }) => logProb);
    const longPairs = [1, 2, 3].map((n) =>
      [Uint32Array.from({ length: 300 }, (_, i) => i % 61), [n, 5]] as const
    );
    const prefixed = await model.scoreBatch(longPairs.map(([a, b]) => [a, Uint32Array.from(b)] as const));
    assert.ok(prefixed.some(({ reusedTokens }) => reusedTokens > 0), "in prefix order");
    const logits = await model.logits(shared);
    const inspection = await model.inspect(prompt, { gradients: true });
    return {
      ids: [greedy, sampled, ...batch.map(({ ids }) => ids)].map((ids) => [...ids]),
      scores: [...scores, ...prefixed.map(({ logProb }) => logProb)],
      logits,
      attention: inspection.attention(1, 4),
      activations: inspection.activations.map(({ std, largest }) => [std, largest]).flat(),
      gradients: inspection.gradients!.map(({ norm, ratio }) => [norm, ratio]).flat(),
      lens: inspection.logitLens.map(({ positions }) => positions[2][0].id),
      loss: inspection.loss!,
    };
  };
  using alone = await createModel(shape, { device: await testDevice(), name: "alone", context: 320 });
  const want = await use(alone);
  assert.equal(want.ids[0].length, 64);
  const ranks = await onParts(2, async (_device, world, options) => {
    using model = await createModel(shape, { ...options, context: 320 });
    assert.match(model.summary().text, new RegExp(`process ${world.rank + 1} of 2`));
    return await use(model);
  });
  for (const found of ranks) {
    assert.deepEqual(found, ranks[0], "all ranks get the same");
    assert.deepEqual(found.ids, want.ids);
    assert.deepEqual(found.lens, want.lens);
    for (const key of ["scores", "logits", "attention", "activations", "gradients"] as const) {
      const error = l2Error(Float32Array.from(found[key]), Float32Array.from(want[key]));
      assert.ok(error <= 2e-6, `${key} off by ${error}`);
    }
    assert.ok(Math.abs(found.loss / want.loss - 1) <= 2e-6);
  }
});

Deno.test("2 ranks that are told to stop at different times end together, and work on", async () => {
  const shape = { dim: 32, layers: 1, heads: 4, hidden: 30, vocabSize: 61 };
  const pairs = Array.from({ length: 40 }, (_, i) => [Uint32Array.of(i, 2), Uint32Array.of(3, i)] as const);
  const prompts = [1, 2, 3].map((n) => Uint32Array.of(n, 5));
  const found = await onParts(2, async (_device, world, options) => {
    using model = await createModel(shape, { ...options, context: 400 });
    const works: ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => model.generate(prompts[0], { maxTokens: 390, temperature: 0, signal }).ids(),
      (signal) => model.generate(prompts[0], { maxTokens: 390, temperature: 1, signal }).ids(),
      (signal) => model.generateBatch(prompts, { maxTokens: 390, signal }),
      (signal) => model.scoreBatch(pairs, { signal }),
    ];
    const errors: string[] = [];
    for (const [i, work] of works.entries()) {
      const stop = new AbortController();
      const end = () => stop.abort(new RangeError("enough"));
      if (world.rank === 1) i === 3 ? end() : setTimeout(end, 60);
      errors.push(await work(stop.signal).then(() => "none", (error) => (error as Error).name));
    }
    const ids = await model.generate(prompts[1], { maxTokens: 5, temperature: 0 }).ids();
    return { errors, ids };
  });
  assert.deepEqual(found[0].errors, ["RankError", "RankError", "RankError", "RankError"]);
  assert.deepEqual(found[1].errors, ["RangeError", "RangeError", "RangeError", "RangeError"]);
  assert.deepEqual(found[0].ids, found[1].ids);
});

Deno.test("2 ranks load 8-bit blocks and halves in parts, and use them as one does", async () => {
  const shape = { dim: 128, layers: 1, heads: 4, kvHeads: 2, hidden: 192, vocabSize: 60 };
  const ids = Uint32Array.from({ length: 12 }, (_, i) => i * 31 % 60);
  await inFolder(async (folder) => {
    const file = `${folder}/model.gguf`;
    {
      using model = await createModel(shape, { device: await testDevice(), name: "saved" });
      await model.save(file, { dtype: "q8_0" });
    }
    for (const dtype of ["q8", ...half ? ["f16" as const] : []] as const) {
      using alone = await Model.load(file, { device: await testDevice(), name: "alone", dtype });
      const want = await alone.logits(ids);
      const weights = await alone.parameters();
      const ranks = await onParts(2, async (_device, _world, options) => {
        using model = await Model.load(file, { ...options, dtype });
        assert.deepEqual(await model.parameters(), weights, "blocks stay blocks");
        return await model.logits(ids);
      });
      for (const logits of ranks) {
        const error = l2Error(logits, want);
        assert.ok(error <= (dtype === "q8" ? 2e-6 : 2e-3), `${dtype} off by ${error}`);
      }
    }
  });
});

Deno.test("a rank holds its part of the weights, and a clone holds the same", async () => {
  const shape = { dim: 64, layers: 2, heads: 4, hidden: 192, vocabSize: 40 };
  const held = await onParts(2, async (device, _world, options) => {
    using model = await Model.create(shape, { context: T, ...options });
    using copy = await model.clone(`${model.name} copy`);
    assert.deepEqual(await copy.parameters(), await model.parameters());
    const { parameters, places, slots } = stateOf(model).layout;
    const elements = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    assert.ok(places.size <= elements + 4096 * slots.length);
    assert.ok(device.memory().bytes < 2 * (4 * places.size + 4096), "two models");
    return elements;
  });
  const { total, matrix } = countParameters(resolveConfig(shape));
  const cut = matrix - 40 * 64;
  assert.deepEqual(held, [total - cut / 2, total - cut / 2]);
});

Deno.test("numbers of ranks that do not suit a model, a world or a batch are refused, naming those that do", async () => {
  const shape = { dim: 24, layers: 1, heads: 6, kvHeads: 6, hidden: 20, vocabSize: 40 };
  const refused = async (message: RegExp, failing: Promise<unknown>) =>
    await assert.rejects(failing, (error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      return true;
    });
  const device = await testDevice();
  await refused(
    /parallel\.model: it must divide heads and kvHeads, which are 6 and 6: 1, 2, 3, 6, current value is 4/,
    Model.create(shape, { device, parallel: { model: 4 } }),
  );
  await refused(
    /2 processes would hold the model, and this one runs alone\. Start the script with mpirun -n 2/,
    Model.create(shape, { device, parallel: { model: 2 } }),
  );
  await refused(/parallel\.model/, Model.create(shape, { device, parallel: { model: 0 } }));
  await onRanks(2, async (device, world) => {
    const name = `refused ${world.rank}`;
    await refused(
      /must divide the number of processes, 2: 1, 2/,
      Model.create(shape, { device, name, parallel: { model: 3 } }),
    );
    using model = await Model.create(shape, { device, name, context: 7, parallel: { model: 2 } });
    const step = { context: 7, ...paperStep };
    await refused(
      /the 2 processes of the model share their 21 rows equally\. Use a microBatch that is a multiple of 2/,
      TrainingStep.create(model, { microBatch: 3, ...step }),
    );
  });
});
