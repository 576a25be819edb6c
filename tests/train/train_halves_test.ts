// Training of models that were loaded as halves: a run that is resumed equals the uninterrupted one bit for bit, with shader-f16
// and with packed halves, of all weights and of adapters; checkpoints hold the weights in f32.
import assert from "node:assert/strict";
import { type Device, openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { half, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "./support.ts";

const hidden = { display: false } as const;

async function resumesExactly(device: Device, lora: boolean): Promise<void> {
  await inFolder(async (parent) => {
    const [base, checkpoint] = [`${parent}/base`, `${parent}/checkpoints`];
    using exact = await tinyModel();
    await exact.save(base);
    const load = () => Model.load(base, { device, dtype: "f16" });
    const chain = (model: Model, options = {}) =>
      quiet(model, options).instruct(tokens(7, 3), { ...short, steps: 9, lora, validation: tokens(2, 5) });
    using whole = await load();
    assert.equal(stateOf(whole).trained, undefined);
    await chain(whole).run(hidden);
    using first = await load();
    assert.equal((await chain(first, { checkpoint }).run({ ...hidden, until: 4 })).status, "stopped");
    using second = await load();
    const got = await chain(second, { checkpoint }).resume(checkpoint, hidden);
    assert.deepEqual({ status: got.status, exact: got.exact }, { status: "done", exact: true });
    await assertSameWeights(second, whole);
    using saved = await Model.load(`${checkpoint}/instruct`, { device });
    await assertSameWeights(saved, whole);
  });
}

for (const lora of [false, true]) {
  const what = lora ? "adapters" : "all weights";
  if (half) {
    Deno.test(`a model loaded as halves is trained and resumed exactly, ${what}`, async () => {
      await resumesExactly(await testDevice(), lora);
    });
  }
  Deno.test(`a model loaded as packed halves is trained and resumed exactly, ${what}`, async () => {
    const device = await openDevice({ without: ["f16"] });
    await resumesExactly(device, lora);
    device.close();
  });
}
