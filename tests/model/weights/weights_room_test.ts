// Errors about size: weights, gradients, activations and caches that do not fit a device name what would.
import assert from "node:assert/strict";
import { DeviceError } from "../../../src/base/errors.ts";
import { type Device, openDevice } from "../../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
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
      /weights of "15M": they take \d+ bytes as f32, .* 40000000 bytes 40000000 are left. Choose a smaller model, such as the preset "1M", use an adapter or a memoryLimit that has room$/,
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

Deno.test("gradients beyond the memory limit name the alternatives to them", () =>
  withDevice({ memoryLimit: 400_000 }, async (device) => {
    using model = await Model.create(small, { device });
    const options = { ...paperStep, microBatch: 1, context: 8, save: "all" as const };
    await refused(
      device,
      "memoryLimit",
      /"model: train (gradients|m|v)".*train adapters \(lora\)/,
      () => TrainingStep.create(model, options),
    );
  }));

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
