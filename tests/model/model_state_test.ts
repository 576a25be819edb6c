// The state of a model: out of sight of users, and refused once the model is disposed.
import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { Generation, Model, type ModelHandle } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";

const shape = { dim: 16, layers: 1, heads: 2, hidden: 24, vocabSize: 20, context: 8 };

Deno.test("completion of a model lists verbs and facts alone", async () => {
  using model = await Model.create(shape, { device: await testDevice() });
  assert.deepEqual(Reflect.ownKeys(model), []);
  assert.deepEqual(Object.getOwnPropertyNames(Model.prototype).sort(), [
    "chat",
    "clone",
    "config",
    "constructor",
    "device",
    "dispose",
    "dtype",
    "generate",
    "generateBatch",
    "inspect",
    "logits",
    "loss",
    "name",
    "parameters",
    "picture",
    "plan",
    "preset",
    "program",
    "save",
    "score",
    "scoreBatch",
    "setParameters",
    "summary",
    "toJSON",
    "tokenizer",
  ]);
});

Deno.test("a disposed model and an object that is no model are refused", async () => {
  const model = await Model.create(shape, { device: await testDevice(), name: "short-lived" });
  const state = stateOf(model);
  assert.equal(stateOf(state), state, "a state is its own handle");
  const { name, config, device } = model;
  model.dispose();
  const refused = (handle: ModelHandle, message: RegExp) =>
    assert.throws(() => stateOf(handle), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      return true;
    });
  refused(model, /"short-lived": it was disposed/);
  refused(state, /"short-lived": it was disposed/);
  assert.throws(() => state.trained, ConfigError);
  refused({ name, config, device }, /Model.create or Model.load/);
  assert.throws(() => new Generation(model, Uint32Array.of(1)), ConfigError);
  for (
    const verb of [
      () => model.logits([1]),
      () => model.parameters(),
      () => model.clone(),
      () => model.scoreBatch([[Uint32Array.of(1), Uint32Array.of(2)]]),
      () => model.inspect(Uint32Array.of(1)),
    ]
  ) await assert.rejects(async () => await verb(), /it was disposed/);
  assert.match(model.plan({ tokens: 1000 }).toString(), /Plan of short-lived/, "planning needs no weights");
});

Deno.test("of two models of one name that are loaded at once one stays, and the other says that it was disposed", async () => {
  const device = await testDevice();
  await inFolder(async (folder) => {
    {
      using model = await Model.create({ ...shape, dim: 64, hidden: 96 }, { device });
      await model.save(folder);
    }
    const before = device.memory().bytes;
    for (const dtypes of [["f32", "f32"], ["f16", "q8"], ["q8", "f32"]] as const) {
      const loads = dtypes.map((dtype) => Model.load(folder, { device, dtype, name: "twice" }));
      const results = await Promise.allSettled(loads);
      const made = results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
      const alive = made.filter((model) => model.picture().text.includes("weights"));
      assert.equal(alive.length, 1);
      assert.equal((await alive[0].logits([1, 2, 3])).every(Number.isFinite), true);
      for (const result of results) {
        if (result.status === "rejected") assert.match(String(result.reason), /"twice": it was disposed/);
      }
      alive[0].dispose();
      assert.equal(device.memory().bytes, before);
    }
  });
});
