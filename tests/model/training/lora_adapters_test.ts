// Low-rank adaptation against plain loops in float64: gradients of A and B (by the chain rule from dW, and by finite
// differences of the loss), the weights after updates, and the weights that must not change. Odd sizes, every kernel family.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { type BatchRow, Model, type ModelShape, TrainingStep } from "../../../src/model/mod.ts";
import { LORA_TARGETS, type LoraSettings, loraSettings } from "../../../src/model/training/lora_options.ts";
import { lossAndGradients, type Named } from "../../reference/llama.ts";
import { families, half, testDevice } from "../../support/device.ts";
import { maxError } from "../../support/golden.ts";
import { paperStep } from "../paper_step.ts";

type Floats = Map<string, Float32Array<ArrayBuffer>>;

const grouped: ModelShape = {
  dim: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 37,
  vocabSize: 29,
  context: 11,
};
const even: ModelShape = { dim: 32, layers: 2, heads: 2, hidden: 48, vocabSize: 50, context: 16 };
const tied: ModelShape = {
  dim: 20,
  layers: 1,
  heads: 2,
  hidden: 28,
  vocabSize: 31,
  context: 9,
  tieEmbeddings: true,
};

function rowsFor({ vocabSize, context }: ModelShape, count: number): BatchRow[] {
  const random = new Random(5);
  const id = () => random.below(vocabSize!);
  return Array.from({ length: count }, (_, n) => ({
    ids: Array.from({ length: context! }, id),
    targets: Array.from({ length: context! }, (_, t) => t % 4 === n ? -100 : id()),
  }));
}

async function stepOf(model: Model, lora: LoraSettings, more: object = {}): Promise<TrainingStep> {
  const { context } = model.config;
  return await TrainingStep.create(model, {
    ...paperStep,
    microBatch: 2,
    context,
    lora: { ...lora, seed: 3 },
    ...more,
  });
}

/** Fills B with numbers, so that A has a gradient. */
async function fillB(step: TrainingStep): Promise<{ adapters: Floats; frozen: Floats }> {
  const { adapters, frozen } = await step.adapters!.read();
  const random = new Random(9);
  for (const [name, data] of adapters) {
    if (name.includes("lora_B")) data.forEach((_, i) => data[i] = random.normal() / 9);
  }
  const shaped = (all: Floats, parameters: readonly { name: string; shape: number[] }[]) =>
    parameters.map(({ name, shape }): [string, { shape: number[]; data: Float32Array }] => [name, {
      shape,
      data: all.get(name)!,
    }]);
  const { layout } = step.adapters!;
  step.adapters!.restore({
    adapters: shaped(adapters, layout.parameters),
    frozen: shaped(frozen, layout.frozen.parameters),
  });
  return { adapters, frozen };
}

const stemOf = (name: string) => `base_model.model.${name.replace(/\.weight$/, "")}`;

/** Computes W0 + s B A in float64, of all weights. */
function merged(base: Floats, adapters: Floats, { rank, alpha }: LoraSettings): Named {
  return new Map([...base].map(([name, w]) => {
    const a = adapters.get(`${stemOf(name)}.lora_A.weight`);
    const b = adapters.get(`${stemOf(name)}.lora_B.weight`);
    const out = Float64Array.from(w);
    if (!a || !b) return [name, out];
    const cols = a.length / rank;
    out.forEach((_, at) => {
      for (let k = 0; k < rank; k++) {
        out[at] += alpha / rank * b[Math.floor(at / cols) * rank + k] * a[k * cols + at % cols];
      }
    });
    return [name, out];
  }));
}

/** Computes dA = s B^T dW and dB = s dW A^T. */
function chain(dw: Float64Array, a: Float32Array, b: Float32Array, { rank, alpha }: LoraSettings) {
  const cols = a.length / rank;
  const da = new Float64Array(a.length);
  const db = new Float64Array(b.length);
  const s = alpha / rank;
  dw.forEach((g, at) => {
    const row = Math.floor(at / cols);
    const col = at % cols;
    for (let k = 0; k < rank; k++) {
      da[k * cols + col] += s * b[row * rank + k] * g;
      db[row * rank + k] += s * a[k * cols + col] * g;
    }
  });
  return { da, db };
}

const cases: [string, ModelShape, LoraSettings, "all" | "linear" | "block"][] = [
  ["q and v of grouped heads, rank 3", grouped, { rank: 3, alpha: 5, targets: ["q_proj", "v_proj"] }, "all"],
  ["all matrices of odd sizes, rank 3", grouped, { rank: 3, alpha: 6, targets: LORA_TARGETS }, "block"],
  ["the defaults", even, loraSettings(true)!, "linear"],
  ["k, o, up and down, tied, rank 1", tied, {
    rank: 1,
    alpha: 2,
    targets: ["k_proj", "o_proj", "up_proj", "down_proj"],
  }, "all"],
];

for (const family of families) {
  for (const [label, shape, lora, save] of cases) {
    Deno.test(`gradients of adapters: ${label}, save ${save} (${family})`, async () => {
      using model = await Model.create(shape, { device: await testDevice(family) });
      const base = await model.parameters();
      const rows = rowsFor(shape, 3); // two micro-batches of two
      const step = await stepOf(model, lora, { save });
      const { adapters } = await fillB(step);
      const { loss, gradients } = await step.gradients(rows);
      const weights = merged(base, adapters, lora);
      const want = lossAndGradients(model.config, weights, rows);
      assert.ok(Math.abs(loss - want.loss) < 1e-5 * want.loss, `loss ${loss}, want ${want.loss}`);
      let pairs = 0;
      for (const [name, dw] of want.gradients) {
        const a = adapters.get(`${stemOf(name)}.lora_A.weight`);
        const b = adapters.get(`${stemOf(name)}.lora_B.weight`);
        if (!a || !b) continue;
        pairs++;
        const { da, db } = chain(dw, a, b, lora);
        for (const [kind, wanted] of [["A", da], ["B", db]] as const) {
          const error = maxError(
            gradients.get(`${stemOf(name)}.lora_${kind}.weight`)!,
            Float32Array.from(wanted),
          );
          assert.ok(error < 2e-4, `${kind} of ${name}: ${error}`);
        }
      }
      assert.equal(pairs, shape.layers * lora.targets.length);
      assert.equal(gradients.size, 2 * pairs, "no other weight has a gradient");
      step.dispose();
    });
  }
}

Deno.test("gradients of adapters against finite differences of the loss", async () => {
  using model = await Model.create(grouped, { device: await testDevice() });
  const lora: LoraSettings = { rank: 3, alpha: 5, targets: LORA_TARGETS };
  const rows = rowsFor(grouped, 2);
  const base = await model.parameters();
  const step = await stepOf(model, lora);
  const { adapters } = await fillB(step);
  const { gradients } = await step.gradients(rows);
  const random = new Random(2);
  const h = 1e-4;
  for (const kind of ["lora_A", "lora_B"]) {
    const moves = new Map([...adapters].map(([name, data]) => [
      name,
      data.map((_, i) => name.includes(kind) ? random.normal() + 3 * Math.sign(gradients.get(name)![i]) : 0),
    ]));
    const along = (h: number) => {
      const moved = new Map(
        [...adapters].map(([name, data]) => [name, data.map((x, i) => x + h * moves.get(name)![i])]),
      );
      return lossAndGradients(model.config, merged(base, moved, lora), rows).loss;
    };
    const want = (along(h) - along(-h)) / (2 * h);
    const got = [...moves].reduce((sum, [name, move]) => {
      return sum + move.reduce((all, x, i) => all + x * gradients.get(name)![i], 0);
    }, 0);
    assert.ok(Math.abs(got - want) < 2e-3 * Math.abs(want), `${kind}: ${got}, by differences ${want}`);
  }
  step.dispose();
});

for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
  Deno.test(`training adapters changes no other weight, and the model is W0 + s B A (${dtype})`, async () => {
    using model = await Model.create(even, { device: await testDevice(), dtype });
    using whole = await model.clone();
    const lora: LoraSettings = { rank: 4, alpha: 8, targets: ["q_proj", "v_proj", "down_proj"] };
    const rows = rowsFor(even, 2);
    const base = await model.parameters();
    const step = await stepOf(model, lora);
    const full = await TrainingStep.create(whole, { ...paperStep, microBatch: 2, context: 16 });
    const first = await step.gradients(rows);
    assert.equal(first.loss, (await full.gradients(rows)).loss, "B is 0: the loss is the model's");
    full.dispose();

    for (let n = 1; n <= 30; n++) step.run(rows, n, 2e-2);
    const records = await step.read();
    assert.ok(records[29].loss < 0.9 * records[0].loss, `${records[0].loss} fell to ${records[29].loss}`);
    const { adapters, frozen } = await step.adapters!.read();
    const after = await model.parameters();
    const want = merged(base, adapters, lora);
    const adapted = /\.(q|v|down)_proj\./;
    for (const [name, data] of after) {
      if (frozen.has(name)) assert.deepEqual(frozen.get(name), base.get(name), `${name} is frozen`);
      if (adapted.test(name)) {
        assert.notDeepEqual(data, base.get(name), `${name} is adapted`);
        const error = maxError(data, Float32Array.from(want.get(name)!));
        assert.ok(error < 1e-6, `${name}: ${error}`);
      } else assert.deepEqual(data, base.get(name), `${name} is left alone`);
    }
    const { loss } = await step.gradients(rows);
    const forward = lossAndGradients(model.config, want, rows).loss;
    assert.ok(
      Math.abs(loss - forward) < (dtype === "f16" ? 2e-2 : 1e-4) * forward,
      `${loss}, want ${forward}`,
    );
    step.dispose();
    assert.deepEqual(await model.parameters(), after, "the model keeps the merged weights");
  });
}
