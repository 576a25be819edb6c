// Models with other parts than the paper's: what all verbs of a model make of them, and which files hold them.
import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../src/base/errors.ts";
import { LORA_TARGETS, Model, resolveConfig, TrainingStep } from "../../src/model/mod.ts";
import { recordStep, stepMemory } from "../../src/model/training/step_memory.ts";
import { families, half, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { l2Error, maxError } from "../support/golden.ts";
import { paperStep } from "./paper_step.ts";
import { ids, make, other, rows, shape, squaredRelu, written } from "./parts_models.ts";

Deno.test("parts of the paper, named one by one, record the same calls as no parts", () => {
  const paper = { norm: "rms", activation: "swiglu", position: "rope" } as const;
  const settings = { microBatch: 2, context: 16, save: "linear", dtype: "f32" } as const;
  const named = resolveConfig("nano", { parts: paper });
  assert.deepEqual(named, resolveConfig("nano"));
  const texts = [named, resolveConfig("nano", { parts: written })].map((config) =>
    recordStep(config, settings).calls.map(({ kernel, scope, args }) =>
      [kernel?.name, scope, ...Object.values(args).map(({ name, shape }) => `${name} ${shape}`)].join()
    )
  );
  assert.deepEqual(texts[1], texts[0], "and a forward pass written out of the parts of llama as well");
});

Deno.test("a configuration makes a model of the same parts", async () => {
  const device = await testDevice();
  for (const parts of [{}, other, { activation: squaredRelu }, written]) {
    using model = await Model.create(shape, { parts, device });
    using again = await Model.create(model.config, { device });
    assert.deepEqual(again.config, model.config);
    assert.deepEqual(await again.parameters(), await model.parameters());
  }
});

for (const [what, parts] of Object.entries({ other, squaredRelu: { activation: squaredRelu }, written })) {
  Deno.test(`generation with a cache, batches, scores and inspection agree with the logits: ${what}`, async () => {
    using model = await make(parts);
    const prompt = ids(5);
    const plain = [...prompt];
    for (let i = 0; i < 8; i++) {
      const last = (await model.logits(plain)).subarray((plain.length - 1) * 60);
      plain.push(last.indexOf(Math.max(...last)));
    }
    const settings = { temperature: 0, maxTokens: 8 };
    assert.deepEqual([...await model.generate(prompt, settings).ids()], plain.slice(5));
    const [one, two] = await model.generateBatch([prompt, ids(3)], settings);
    assert.deepEqual([...one.ids], plain.slice(5));
    assert.equal(two.ids.length, 8);
    const logits = await model.logits(ids(6));
    const row = logits.subarray(4 * 60, 5 * 60);
    const largest = Math.max(...row);
    const sum = row.reduce((s, x) => s + Math.exp(x - largest), 0);
    const { logProb } = await model.score(prompt, ids(6).slice(5));
    assert.ok(Math.abs(logProb - (row[ids(6)[5]] - largest - Math.log(sum))) < 1e-4);
    const pairs = Array.from({ length: 16 }, (_, i) => [ids(20), Uint32Array.of(i, i + 1)] as const);
    const shared = await model.scoreBatch(pairs); // the prompt is computed once, with a cache
    const alone = await model.scoreBatch(pairs.slice(3, 4));
    assert.ok(Math.abs(shared[3].logProb - alone[0].logProb) < 1e-4);
    const inspection = await model.inspect(ids(6), { gradients: true });
    const seen = inspection.logitLens.at(-1)!.positions[4][0].id;
    assert.equal(
      seen,
      row.indexOf(Math.max(...row)),
      "the lens behind the last layer sees what the model says",
    );
    assert.ok(inspection.loss! > 0);
    using copy = await model.clone();
    assert.deepEqual(await copy.logits(prompt), await model.logits(prompt));
  });
}

Deno.test("initial weights: biases 0, norms 1, positions normal(0, 0.02); the order of checkpoints", async () => {
  using model = await Model.create(shape, { parts: other, device: await testDevice() });
  const weights = await model.parameters();
  assert.deepEqual([...weights.keys()].slice(0, 5), [
    "model.embed_tokens.weight",
    "model.embed_positions.weight",
    "model.layers.0.input_layernorm.weight",
    "model.layers.0.input_layernorm.bias",
    "model.layers.0.self_attn.q_proj.weight",
  ]);
  assert.deepEqual([...weights.keys()].slice(-3), ["model.norm.weight", "model.norm.bias", "lm_head.weight"]);
  assert.ok(weights.get("model.norm.weight")!.every((x) => x === 1));
  assert.ok(weights.get("model.norm.bias")!.every((x) => x === 0));
  const table = weights.get("model.embed_positions.weight")!;
  assert.equal(table.length, 24 * 32);
  const spread = Math.sqrt(table.reduce((s, x) => s + x * x, 0) / table.length);
  assert.ok(Math.abs(spread - 0.02) < 0.002, `${spread}`);
  assert.equal(weights.has("model.layers.0.mlp.gate_proj.weight"), false);
  assert.equal(weights.get("model.layers.0.mlp.up_proj.weight")!.length, 4 * 32 * 32);
});

Deno.test("weight decay: tables and matrices decay, norms and biases do not", async () => {
  using model = await make(other);
  const before = await model.parameters();
  const ignored = [{ ids: ids(12), targets: new Array(12).fill(-100) }];
  const step = await TrainingStep.create(model, {
    microBatch: 1,
    context: 12,
    ...paperStep,
    weightDecay: 0.5,
  });
  step.run(ignored, 1, 0.1); // no gradient: only the decay moves a weight
  await step.read();
  step.dispose();
  for (const [name, data] of await model.parameters()) {
    const factor = name.includes("norm") ? 1 : 0.95;
    const want = before.get(name)!.map((x) => x * factor);
    assert.ok(maxError(data, want) < 1e-6, name);
  }
});

Deno.test("the summary, the JSON and the plan count what a model of other parts has", async () => {
  using model = await make({ ...other, activation: squaredRelu });
  const { text } = model.summary();
  assert.match(text, /positions +\[24, 32\] +768\n/);
  assert.match(text, /2 x squared-relu +2 x \[128, 32\] +16,384\n/);
  assert.match(text, /layer norms, weight and bias +10 x \[32\] +320\n/);
  const held = [...(await model.parameters()).values()].reduce((sum, { length }) => sum + length, 0);
  assert.equal(JSON.parse(JSON.stringify(model)).parameters, held);
  assert.deepEqual(model.toJSON().config.parts, {
    norm: "layer",
    activation: { name: "squared-relu" },
    position: "learned",
  });
  const { facts } = model.plan({ tokens: 1000, batchTokens: 48, microBatch: 2, save: "linear" });
  assert.equal(facts.parameters.total, held);
  const matrices = 2 * (4 * 32 * 32 + 2 * 32 * 128) + 60 * 32;
  assert.equal(facts.flopPerToken, 6 * matrices + 12 * 2 * 32 * 24);
  const device = await testDevice();
  const settings = { microBatch: 2, context: 24, save: "linear", dtype: "f32" } as const;
  assert.equal(facts.bytes.activations, stepMemory(model.config, settings, device).activations);
  const before = device.memory().bytes;
  const step = await TrainingStep.create(model, { microBatch: 2, context: 24, ...paperStep, save: "linear" });
  const taken = device.memory().bytes - before;
  const { activations, gradients, moments } = facts.bytes;
  const most = activations + gradients + moments + 64_000; // ids, records and 256 bytes for each call
  assert.ok(taken >= activations + gradients + moments && taken <= most, `${taken} of ${most}`);
  step.dispose();
  const cold = Model.plan(shape, { tokens: 1000, parts: other }).facts;
  assert.equal(cold.parameters.total, held);
});

Deno.test("files: the package's own folder keeps the parts, all other formats refuse them by name", async () => {
  await inFolder(async (folder) => {
    using model = await make(other);
    for (const path of [folder, `${folder}/model.gguf`]) {
      await assert.rejects(model.save(path), (error: Error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /norm "layer", activation "gelu", position "learned"/);
        assert.match(error.message, /format: "llamero"/);
        return true;
      });
    }
    await model.save(folder, { format: "llamero" });
    const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assert.deepEqual([config.model_type, config.architectures], ["llamero", ["LlameroForCausalLM"]]);
    assert.deepEqual(config.parts, other);
    assert.equal("hidden_act" in config, false);
    assert.match(await Deno.readTextFile(`${folder}/README.md`), /layer norm.*gelu.*learned/is);
    const want = await model.logits(ids(9));
    using loaded = await Model.load(folder, { device: await testDevice() });
    assert.deepEqual(loaded.config, model.config);
    assert.deepEqual(await loaded.logits(ids(9)), want);
    using named = await Model.load(folder, { device: await testDevice(), parts: other });
    assert.deepEqual(await named.logits(ids(9)), want);
    await assert.rejects(
      Model.load(folder, { device: await testDevice(), parts: { norm: "rms" } }),
      /parts\.norm: the model was made with "layer", given is "rms"/,
    );
    using shorter = await Model.load(folder, { device: await testDevice(), context: 10 });
    assert.deepEqual(await shorter.logits(ids(9)), want);
    await assert.rejects(
      Model.load(folder, { device: await testDevice(), context: 25 }),
      /learned positions for 24 tokens and has none for more/,
    );
    const parts = { ...config.parts, norm: "batch" };
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify({ ...config, parts }));
    await assert.rejects(Model.load(folder), (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.match(error.message, /parts\.norm/);
      return true;
    });
  });
});

/** Returns loss and gradients of two sequences. */
async function gradientsOf(model: Model) {
  const step = await TrainingStep.create(model, {
    microBatch: 2,
    context: 12,
    ...paperStep,
    save: "linear",
  });
  const result = await step.gradients(rows);
  step.dispose();
  return result;
}

for (const kind of half ? families : []) {
  for (const activation of ["gelu", "relu"] as const) {
    Deno.test(`halves and 8-bit blocks of layer norm, ${activation}, learned positions are near f32 (${kind})`, async () => {
      await inFolder(async (folder) => {
        const device = await testDevice(kind);
        using model = await make({ ...other, activation }, { device });
        const want = await model.logits(ids(9));
        await model.save(folder, { format: "llamero" });
        for (const [dtype, bound] of [["f16", 5e-3], ["q8", 5e-2]] as const) {
          using loaded = await Model.load(folder, { device, dtype });
          const error = maxError(await loaded.logits(ids(9)), want);
          assert.ok(error < bound, `${dtype}: ${error}`);
        }
        using halves = await Model.load(folder, { device, dtype: "f16" });
        const [got, exact] = [await gradientsOf(halves), await gradientsOf(model)];
        assert.ok(Math.abs(got.loss / exact.loss - 1) < 2e-3);
        for (const [name, data] of got.gradients) {
          const error = l2Error(data, exact.gradients.get(name)!);
          assert.ok(error < 3e-2, `${name}: ${error}`);
        }
      });
    });
  }
}

Deno.test("adapters train beside other parts; a gate that is not there cannot be adapted", async () => {
  using model = await make(other);
  const create = (targets: typeof LORA_TARGETS[number][]) =>
    TrainingStep.create(model, {
      microBatch: 2,
      context: 12,
      ...paperStep,
      lora: { rank: 2, alpha: 4, targets, seed: 1 },
    });
  await assert.rejects(
    create([...LORA_TARGETS]),
    /Cannot adapt gate_proj: the activation GELU of the model has no gate/,
  );
  const step = await create(LORA_TARGETS.filter((name) => name !== "gate_proj"));
  const first = (await step.gradients(rows)).loss;
  for (let n = 1; n <= 8; n++) step.run(rows, n, 1e-2);
  const records = await step.read();
  assert.ok(records.at(-1)!.loss < first, `${records.at(-1)!.loss} of ${first}`);
  step.dispose();
});
