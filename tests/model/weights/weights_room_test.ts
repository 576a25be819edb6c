// Errors about size: weights, gradients, activations and caches that do not fit a device name what would.
import assert from "node:assert/strict";
import { DeviceError } from "../../../src/base/errors.ts";
import { type Device, openDevice } from "../../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { loraSettings } from "../../../src/model/training/lora_options.ts";
import { inFolder } from "../../support/folder.ts";
import { paperStep } from "../paper_step.ts";

async function withDevice(
  limits: { memoryLimit?: number; maxBufferSize?: number; maxBindingSize?: number },
  use: (device: Device) => Promise<void>,
): Promise<void> {
  const device = await openDevice(limits);
  try {
    await use(device);
  } finally {
    device.close();
  }
}

/** Checks that `failing` is refused for a limit with a message, and that it leaves nothing allocated. */
async function refused(
  device: Device,
  limit: string,
  message: RegExp,
  failing: () => Promise<unknown>,
): Promise<void> {
  const before = device.memory().bytes;
  await assert.rejects(failing, (error) => {
    assert.ok(error instanceof DeviceError, String(error));
    assert.equal(error.limit, limit, error.message);
    assert.ok(error.wanted! > error.have!);
    assert.match(error.message, message);
    return true;
  });
  assert.equal(device.memory().bytes, before);
}

const small = { dim: 32, layers: 2, heads: 2, hidden: 64, vocabSize: 200, context: 64 };

Deno.test("weights beyond the memory limit name the bytes, the preset that fits and the limit, and not microBatch", () =>
  withDevice({ memoryLimit: 4e7 }, (device) =>
    refused(
      device,
      "memoryLimit",
      /weights of "15M": they take \d+ bytes as f32, .* 40000000 bytes 40000000 are left. Choose a smaller model, such as the preset "1M", or use an adapter or a memoryLimit that has room$/,
      () =>
        Model.create("15M", { device, name: "15M", context: 64 }).catch((error) => {
          assert.doesNotMatch(error.message, /microBatch/);
          throw error;
        }),
    )));

Deno.test("weights of a file beyond the memory limit name the number format that fits", () =>
  inFolder(async (folder) => {
    using model = await Model.create({ ...small, vocabSize: 2000 });
    await model.save(folder);
    const bytes = 4 * stateOf(model).layout.places.size;
    for (
      const [limit, dtype, fits] of [[0.6, "f32", "f16"], [0.4, "f32", "q8"], [0.4, "f16", "q8"]] as const
    ) {
      await withDevice({ memoryLimit: Math.round(limit * bytes) }, async (device) => {
        const remedy = new RegExp(`they take \\d+ bytes as ${dtype}, .* are left. Choose dtype "${fits}",`);
        await refused(device, "memoryLimit", remedy, () => Model.load(folder, { device, dtype }));
        using loaded = await Model.load(folder, { device, dtype: fits });
        assert.equal(loaded.dtype, fits);
      });
    }
  }));

Deno.test("rotary angles count among what a model needs, in the error and in the format that it names", () =>
  inFolder(async (folder) => {
    using model = await Model.create({ ...small, vocabSize: 2000, context: 4096 });
    await model.save(folder);
    const angles = 4 * 4096 * 32 / 2;
    const f16 = 4 * stateOf(model).layout.places.size / 2;
    for (const [room, fits] of [[-2000, "q8"], [20_000, "f16"]] as const) {
      await withDevice({ memoryLimit: f16 + angles + room }, async (device) => {
        const remedy = new RegExp(`rotary angles included, .*Choose dtype "${fits}"`);
        await refused(device, "memoryLimit", remedy, () => Model.load(folder, { device }));
        using loaded = await Model.load(folder, { device, dtype: fits });
        assert.equal(loaded.dtype, fits);
      });
    }
  }));

/** The change of a step's options that an error names. */
interface Advice {
  microBatch?: number;
  context?: number;
  save?: "linear" | "block";
  dtype?: "f32";
  lora?: NonNullable<ReturnType<typeof loraSettings>> & { seed: number };
}

/** Reads the advice of an error. */
function adviceIn(message: string): Advice {
  const [, microBatch] = /microBatch: (\d+)/.exec(message) ?? [];
  const [, context] = /context: (\d+)/.exec(message) ?? [];
  const [, save] = /save: "(\w+)"/.exec(message) ?? [];
  return {
    ...microBatch && { microBatch: Number(microBatch) },
    ...context && { context: Number(context) },
    ...save && { save: save as "linear" | "block" },
    ...message.includes('dtype: "f32"') && { dtype: "f32" as const },
    ...message.includes("lora: true") && { lora: { ...loraSettings(true)!, seed: 1 } },
  };
}

Deno.test("a training step beyond the memory limit names a change, and the step so changed fits", () =>
  inFolder(async (folder) => {
    using model = await Model.create({ ...small, dim: 64, vocabSize: 300 });
    await model.save(folder);
    const named = new Set<string>();
    for (const dtype of ["f32", "f16"] as const) {
      for (let memoryLimit = 5e5; memoryLimit < 4e6; memoryLimit *= 1.25) {
        await withDevice({ memoryLimit: Math.round(memoryLimit) }, async (device) => {
          using loaded = await Model.load(folder, { device, dtype });
          const step = { ...paperStep, microBatch: 4, context: 64, save: "all" as const };
          const before = device.memory().bytes;
          const made = await TrainingStep.create(loaded, step).catch((error: DeviceError) => error);
          if (made instanceof TrainingStep) return made.dispose();
          assert.equal(device.memory().bytes, before);
          if (!made.message.includes("It fits with")) return;
          const advice = adviceIn(made.message);
          named.add(Object.keys(advice).join(" and "));
          loaded.dispose();
          using other = await Model.load(folder, { device, dtype: advice.dtype ?? dtype });
          (await TrainingStep.create(other, { ...step, microBatch: 1, ...advice })).dispose();
        });
      }
    }
    for (const change of ["microBatch", "lora", "save and lora"]) {
      assert.ok(named.has(change), [...named].join());
    }
  }));

Deno.test("gradients of an inspection beyond the memory limit name what an inspection can change", () =>
  withDevice({ memoryLimit: 400_000 }, async (device) => {
    using model = await Model.create(small, { device });
    const inspect = () => model.inspect(Uint32Array.of(1, 2, 3), { gradients: true });
    await refused(device, "memoryLimit", /training step of "model".*Leave out gradients/, inspect);
  }));

Deno.test("what does not fit a memory limit leaves nothing allocated", async () => {
  const prompt = Uint32Array.of(1, 2, 3, 4);
  const uses: Record<string, (model: Model) => Promise<unknown>> = {
    generate: (model) => model.generate(prompt, { maxTokens: 20 }).ids(),
    generateBatch: (model) => model.generateBatch([prompt], { maxTokens: 20 }),
    score: (model) => model.score(prompt, prompt),
    scoreBatch: (model) => model.scoreBatch([[prompt, prompt], [prompt, Uint32Array.of(5)]]),
    logits: (model) => model.logits(prompt),
    inspect: (model) => model.inspect(prompt),
  };
  using whole = await Model.create(small);
  const weights = 4 * stateOf(whole).layout.places.size + 4 * 64 * 16;
  for (const [name, use] of Object.entries(uses)) {
    let refusals = 0;
    for (const room of [1, 500, 2000, 2500, 5000, 9000, 20_000, 40_000]) {
      await withDevice({ memoryLimit: weights + room }, async (device) => {
        using model = await Model.create(small, { device });
        const before = device.memory().bytes;
        await use(model).catch((error) => {
          assert.ok(error instanceof DeviceError, String(error));
          refusals++;
        });
        assert.equal(device.memory().bytes, before, `${name} in ${room} bytes`);
      });
    }
    assert.ok(refusals >= 3, `${name}: ${refusals}`);
  }
});

for (
  const [limit, option] of [["maxBufferSize", "maxBufferSize"], [
    "maxStorageBufferBindingSize",
    "maxBindingSize",
  ]]
) {
  Deno.test(`an activation beyond ${limit} names itself and the largest micro-batch and context that fit`, () =>
    withDevice({ [option]: 2 ** 16 }, async (device) => {
      using model = await Model.create(small, { device });
      const create = (microBatch: number, context: number) =>
        TrainingStep.create(model, { ...paperStep, microBatch, context, save: "all" as const });
      let message = "";
      await refused(
        device,
        limit,
        /Cannot compute \S+[^.]*\. A microBatch of at most \d+ fits$/,
        () =>
          create(16, 64).catch((error) => {
            message = error.message;
            throw error;
          }),
      );
      const fitting = Number(/microBatch of at most (\d+) fits$/.exec(message)?.[1]);
      assert.ok(fitting >= 1 && fitting < 16, message);
      (await create(fitting, 64)).dispose();
      await refused(device, limit, /Cannot compute/, () => create(fitting + 1, 64));
    }));
}

Deno.test("a cache that no buffer holds names the positions that fit", () =>
  withDevice({ maxBufferSize: 2 ** 16 }, async (device) => {
    using model = await Model.create({ ...small, context: 500 }, { device });
    const prompt = Uint32Array.of(1, 2, 3);
    await refused(
      device,
      "maxBufferSize",
      /"model: prefill cache 0" \[\d+, 64\].*at most 256 positions of all sequences fit/,
      () => model.generate(prompt, { maxTokens: 400 }).ids(),
    );
    const ids = await model.generate(prompt, { maxTokens: 100, temperature: 0 }).ids();
    assert.ok(ids.length > 0);
  }));
