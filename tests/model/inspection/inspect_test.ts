// Inspection against PyTorch's goldens, a reference of attention on the host, model.logits and TrainingStep.gradients.
import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Model, TrainingStep } from "../../../src/model/mod.ts";
import { half, testDevice } from "../../support/device.ts";
import { goldenJson, goldenPath, type GoldenTensor, goldenTensors, maxError } from "../../support/golden.ts";

const near = (got: number, want: number, tolerance: number, what: string) =>
  assert.ok(
    Math.abs(got - want) <= tolerance * Math.max(1e-6, Math.abs(want)),
    `${what}: ${got}, want ${want}`,
  );

const open = async (name: string, dtype: "f32" | "f16" = "f32") =>
  await Model.load(goldenPath(name), {
    device: await testDevice(dtype === "f16" ? "subgroup" : "plain"),
    dtype,
  });

const batch = (name: string) => goldenJson<{ batch: { input_ids: number[][] } }>(`${name}/inputs.json`).batch;

/** Computes mean and standard deviation in float64 by their definitions. */
function spread(x: Float32Array): { mean: number; std: number; largest: number } {
  const list = Array.from(x);
  const mean = list.reduce((a, b) => a + b) / list.length;
  const std = Math.sqrt(list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / list.length);
  return { mean, std, largest: Math.max(...list.map(Math.abs)) };
}

/** Computes attention of a layer from its golden input and the checkpoint: norm, Wq, Wk, complex rotation, softmax. */
function reference(model: Model, w: Map<string, GoldenTensor>, x: Float32Array, layer: number, head: number) {
  const { dim: D, heads, kvHeads, normEps, ropeTheta } = model.config;
  const E = D / heads;
  const T = x.length / D;
  const at = `model.layers.${layer}`;
  const gain = w.get(`${at}.input_layernorm.weight`)!.data;
  const project = (name: string, h: number) => {
    const W = w.get(`${at}.self_attn.${name}.weight`)!.data;
    return Array.from({ length: T }, (_, t) => {
      const row = Array.from(x.subarray(t * D, (t + 1) * D));
      const rms = Math.sqrt(row.reduce((s, v) => s + v * v, 0) / D + normEps);
      const y = Array.from(
        { length: E },
        (_, e) => row.reduce((s, v, d) => s + v / rms * gain[d] * W[(h * E + e) * D + d], 0),
      );
      return y.map((v, e) => {
        const i = e % (E / 2);
        const a = t * ropeTheta ** (-2 * i / E);
        return e < E / 2
          ? v * Math.cos(a) - y[e + E / 2] * Math.sin(a)
          : v * Math.cos(a) + y[i] * Math.sin(a);
      });
    });
  };
  const q = project("q_proj", head);
  const k = project("k_proj", Math.floor(head / (heads / kvHeads)));
  const out = new Float32Array(T * T);
  for (let t = 0; t < T; t++) {
    const e = k.slice(0, t + 1).map((key) =>
      Math.exp(key.reduce((s, v, i) => s + v * q[t][i], 0) / Math.sqrt(E))
    );
    const sum = e.reduce((a, b) => a + b);
    e.forEach((v, s) => out[t * T + s] = v / sum);
  }
  return out;
}

for (const name of ["A", "B"]) { // B has grouped heads and tied embeddings
  for (const dtype of ["f32", ...(half ? ["f16"] as const : [])] as const) {
    Deno.test(`inspection of golden model ${name} in ${dtype}: attention, activations, lens`, async () => {
      using model = await open(name, dtype);
      const tensors = goldenTensors(`${name}/expected.safetensors`);
      const w = goldenTensors(`${name}/model.safetensors`);
      const { dim: D, heads, layers, vocabSize: V } = model.config;
      const tolerance = dtype === "f16" ? 2e-2 : 1e-4;
      const ids = batch(name).input_ids[0];
      const T = ids.length;
      const inside = await model.inspect(Uint32Array.from(ids));
      const golden = (key: string) => tensors.get(key)!.data.slice(0, T * D);
      for (let l = 0; l < layers; l++) {
        const x = golden(l === 0 ? "act.embed" : `act.layer.${l - 1}`);
        for (let h = 0; h < heads; h++) {
          const map = inside.attention(l, h);
          const error = maxError(map, reference(model, w, x, l, h));
          assert.ok(error < tolerance, `layer ${l} head ${h}: ${error}`);
          for (let t = 0; t < T; t++) {
            near(map.subarray(t * T, (t + 1) * T).reduce((a, b) => a + b), 1, 1e-6, `row ${t}`);
          }
        }
        const got = inside.activations.find(({ layer, place }) => layer === l && place === "residual")!;
        const want = spread(golden(`act.layer.${l}`));
        near(got.std, want.std, tolerance, "std");
        near(got.largest, want.largest, tolerance, "largest");
        assert.ok(
          Math.abs(got.mean - want.mean) < tolerance * want.std,
          `mean ${got.mean}, want ${want.mean}`,
        );
      }
      near(inside.activations[0].std, spread(golden("act.embed")).std, tolerance, "embedding");
      assert.equal(inside.activations.length, 1 + 4 * layers);
      assert.equal(inside.logitLens.length, 1 + layers);
      const logits = await model.logits(ids);
      inside.logitLens.at(-1)!.positions.forEach((top, t) => {
        const row = Array.from(logits.subarray(t * V, (t + 1) * V));
        const max = Math.max(...row);
        const e = row.map((v) => Math.exp(v - max));
        const sum = e.reduce((a, b) => a + b);
        assert.equal(top[0].id, row.indexOf(max));
        top.forEach(({ id, probability }) => near(probability, e[id] / sum, 1e-5, `position ${t}`));
        assert.ok(top.every((g, i) => i === 0 || g.probability <= top[i - 1].probability));
      });
    });
  }
}

Deno.test("inspection: gradients are those of a training step", async () => {
  using model = await open("B");
  const ids = batch("B").input_ids[0];
  const inside = await model.inspect(Uint32Array.from(ids), { gradients: true });
  const step = await TrainingStep.create(model, {
    microBatch: 1,
    context: ids.length - 1,
    save: "all",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 1,
  });
  const { loss, gradients } = await step.gradients([{ ids: ids.slice(0, -1), targets: ids.slice(1) }]);
  step.dispose();
  const weights = await model.parameters();
  const norm = (x: Float32Array) => Math.hypot(...x);
  near(inside.loss!, loss, 1e-6, "loss");
  assert.deepEqual(inside.gradients!.map(({ name }) => name), [...gradients.keys()]);
  for (const g of inside.gradients!) {
    const want = gradients.get(g.name)!;
    near(g.norm, norm(want), 1e-4, g.name);
    near(g.ratio, norm(want) / norm(weights.get(g.name)!), 1e-4, g.name);
    near(g.largest, Math.max(...want.map(Math.abs)), 1e-4, g.name);
  }
});

Deno.test("inspection: an empty prompt is BOS, wrong input is refused, and nothing stays on the device", async () => {
  using model = await open("A");
  const before = model.device.memory().bytes;
  const inside = await model.inspect("");
  assert.deepEqual([...inside.ids], [1]);
  assert.deepEqual([...inside.attention(0, 0)], [1]);
  assert.deepEqual([...(await model.inspect(new Uint32Array())).ids], [1]);
  const long = new Uint32Array(model.config.context + 1).fill(3);
  await assert.rejects(
    model.inspect(long),
    (e) => e instanceof ConfigError && /Shorten the prompt/.test(e.message),
  );
  await assert.rejects(model.inspect("", { gradients: true }), ConfigError);
  await assert.rejects(model.inspect("text"), /has no tokenizer/);
  await assert.rejects(model.inspect(Uint32Array.of(1e6)), DataError);
  await assert.rejects(model.inspect("", { gradient: true } as never), /did you mean "gradients"/);
  assert.throws(() => inside.attention(9), /layer must be between 0 and 1/);
  assert.throws(() => inside.attention(0, -1), /head must be between 0 and 3/);
  assert.equal(model.device.memory().bytes, before);
});

Deno.test("inspection: pictures are complete as text and as images", async () => {
  using model = await open("B");
  const inside = await model.inspect(Uint32Array.from(batch("B").input_ids[0]), { gradients: true, top: 2 });
  const pictures = [inside, inside.lens(), inside.statistics(), inside.attentionMap({ layer: 1 })];
  for (const shown of [...pictures, inside.attentionMap({ layer: 0, head: 1, last: 5 })]) {
    const { text, html } = shown.picture();
    assert.ok(text.length > 40 && !/NaN|undefined/.test(text), text);
    assert.match(html!, /<img alt="[^"]{10}|<td title="[^"]+" style="[^"]*background:#/);
    assert.match(html!, /<\/span> (\d[\d.,]*%?)<\/div>/, "a scale of shades");
  }
  assert.match(inside.attentionMap({ layer: 0, head: 1 }).picture().html!, /the last token attends most to/);
  assert.equal(inside.toJSON().logitLens[0].positions[0].length, 2);
});
