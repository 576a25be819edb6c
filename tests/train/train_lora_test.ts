// A stage of LoRA adapters: exact resume, its checkpoints, its plan.
import assert from "node:assert/strict";
import { Dataset } from "../../src/data/mod.ts";
import { readSafetensors } from "../../src/formats/mod.ts";
import { ConfigError, FormatError } from "../../src/base/errors.ts";
import { LORA_TARGETS, Model } from "../../src/model/mod.ts";
import { loraSettings } from "../../src/model/training/lora_options.ts";
import { type StageOptions, trainerOf, utilisation } from "../../src/train/mod.ts";
import { half } from "../support/device.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "./support.ts";
import { inFolder } from "../support/folder.ts";

const hidden = { display: false } as const;
const lora: StageOptions["lora"] = { rank: 3, alpha: 6, targets: ["q_proj", "v_proj", "up_proj"] };

/** Makes a trainer: four steps of all weights, ten of adapters with a checkpoint in the middle, three of all weights. */
function chain(model: Model, checkpoint?: string) {
  return quiet(model, { checkpoint, keep: 9 })
    .pretrain(tokens(11), { ...short, steps: 4, microBatch: 3, validation: false })
    .instruct(tokens(7, 3), {
      steps: 10,
      learningRate: 1e-2,
      lora,
      validation: tokens(2, 5),
      checkpointEvery: 5,
    })
    .instruct(tokens(5, 4), { steps: 3, validation: false });
}

for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
  Deno.test(`a stage of adapters stopped and resumed equals the uninterrupted one bit for bit (${dtype})`, () =>
    inFolder(async (folder) => {
      using whole = await tinyModel({ dtype });
      const want = await chain(whole).run(hidden);
      for (const [i, until] of [6, 9].entries()) {
        using model = await tinyModel({ dtype });
        const trainer = chain(model, folder);
        const settings = { ...hidden, until };
        const { status } = await (i ? trainer.resume(folder, settings) : trainer.run(settings));
        assert.equal(status, "stopped");
      }
      using third = await tinyModel({ dtype });
      const got = await chain(third, folder).resume(folder, hidden);
      assert.equal(got.status, "done");
      assert.equal(got.exact, true);
      await assertSameWeights(third, whole);
      const numbers = ({ history }: typeof got) =>
        history.map(({ step, loss, gradNorm }) => [step, loss, gradNorm]);
      assert.deepEqual(numbers(got), numbers(want));
      const losses = ({ validations }: typeof got) => validations.map(({ step, loss }) => [step, loss]);
      assert.deepEqual(losses(got), losses(want));
    }));
}

Deno.test("a checkpoint holds the merged model, and adapters in PEFT's format that give it again", () =>
  inFolder(async (folder) => {
    using model = await tinyModel();
    await chain(model, folder).run(hidden);
    using base = await Model.load(`${folder}/pretrain`, { device: model.device });
    using tuned = await Model.load(`${folder}/instruct`, { device: model.device });
    const config = JSON.parse(await Deno.readTextFile(`${folder}/instruct/adapter/adapter_config.json`));
    assert.equal(config.peft_type, "LORA");
    assert.equal(config.r, 3);
    assert.equal(config.lora_alpha, 6);
    assert.deepEqual(config.target_modules, ["q_proj", "v_proj", "up_proj"]);
    const { tensors } = await readSafetensors(`${folder}/instruct/adapter/adapter_model.safetensors`);
    assert.equal(tensors.size, 2 * 2 * 3, "A and B of three matrices of two layers");
    const [before, after] = [await base.parameters(), await tuned.parameters()];
    for (const [name, w] of after) {
      const stem = `base_model.model.${name.replace(/\.weight$/, "")}`;
      const w0 = before.get(name)!;
      const a = tensors.get(`${stem}.lora_A.weight`);
      const b = tensors.get(`${stem}.lora_B.weight`);
      if (!a || !b) {
        assert.deepEqual(w, w0, `${name} is unchanged`);
        continue;
      }
      const [rank, cols] = a.shape;
      assert.equal(rank, 3);
      assert.deepEqual(b.shape, [w.length / cols, 3]);
      assert.ok(w.some((x, at) => x !== w0[at]), `${name} is adapted`);
      const maxError = w.reduce((error, x, at) => {
        let want = w0[at];
        for (let k = 0; k < rank; k++) {
          want += 2 * Number(b.data[Math.floor(at / cols) * rank + k]) * Number(a.data[k * cols + at % cols]);
        }
        return Math.max(error, Math.abs(x - want));
      }, 0);
      assert.ok(maxError < 1e-6, `${name}: ${maxError}`);
    }

    const file = `${folder}/step-000009/adapter/adapter_model.safetensors`;
    const bytes = await Deno.readFile(file);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(file, bytes);
    using other = await tinyModel();
    await assert.rejects(
      chain(other).resume(`${folder}/step-000009`, hidden).finished,
      (error) => error instanceof FormatError && /adapter_model.*checksum/.test(error.message),
    );
  }));

Deno.test("the plan of adapters has parameters, memory and FLOPs; it can be measured, and comes back from a recipe", async () => {
  using model = await tinyModel();
  const all = model.plan({ tokens: 1e6 }).facts;
  const adapted = model.plan({ tokens: 1e6, lora: true }).facts;
  assert.deepEqual(all.trainable, all.parameters.total);
  assert.equal(adapted.trainable, 2 * 2 * 8 * (32 + 32));
  const matrix = all.parameters.matrix;
  const adapters = 2 * 4 * 16 * (32 + 96);
  assert.equal(all.flopPerToken - adapted.flopPerToken, 2 * matrix - adapters);
  assert.equal(adapted.bytes.frozen, (4096 + 96 * 32) * 4); // the second matrix begins with a part of 4,096
  assert.ok(adapted.bytes.gradients + adapted.bytes.moments < all.bytes.gradients);
  assert.equal(utilisation(model.config, 12, 10, adapted.flopPerToken, loraSettings(true)), 10);
  const { weights, frozen, gradients, moments, activations, total } = adapted.bytes;
  assert.equal(total, weights + frozen! + gradients + moments + activations);
  assert.match(
    String(model.plan({ tokens: 1e6, lora: { targets: [...LORA_TARGETS] } })),
    /trained.*adapters/,
  );

  const trainer = quiet(model).instruct(tokens(7), { steps: 4, lora });
  const plan = await trainer.plan().measure();
  const [stage] = plan.stages;
  assert.ok(stage.cost.seconds! > 0 && stage.settings.lora?.rank === 3);
  assert.match(plan.picture().html!, /LoRA, rank 3/);
  assert.equal(stage.settings.learningRate, 3e-4);
  const text = quiet(model).pretrain(Dataset.sample("moby-dick"), { steps: 4, lora });
  const [fromRecipe] = trainerOf(JSON.parse(JSON.stringify(text)), model).plan().stages;
  assert.deepEqual(fromRecipe.settings.lora, stage.settings.lora);
});

Deno.test("options of adapters are checked when the stage is added", async () => {
  using model = await tinyModel();
  const wrong: [unknown, RegExp][] = [
    [{ rank: 0 }, /lora\.rank: must be a whole number, at least 1, current value is 0/],
    [{ alpha: -1 }, /lora\.alpha: must be above 0/],
    [{ targets: [] }, /lora\.targets: must name at least one matrix/],
    [{ targets: ["qproj"] }, /must be of q_proj, k_proj/],
    [{ rang: 8 }, /lora\.rang: unknown option, did you mean "rank"/],
    [8, /lora: must be true, false, or \{ rank, alpha, targets \}/],
  ];
  for (const [value, message] of wrong) {
    assert.throws(
      () => quiet(model).instruct(tokens(3), { steps: 1, lora: value as boolean }),
      (error) => error instanceof ConfigError && message.test(error.message),
      `${JSON.stringify(value)}`,
    );
  }
});
