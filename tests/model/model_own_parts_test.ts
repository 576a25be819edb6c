// Parts of one's own: their gradients, files, which hold only their names, and what is refused.
import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import type { Recorder, Tensor } from "../../src/gpu/mod.ts";
import { llama, Model, type ModelParts, type OwnForward, TrainingStep } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { add, checkGradients, relu, type Values } from "../../src/ops/mod.ts";
import { testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { maxError } from "../support/golden.ts";
import { paperStep } from "./paper_step.ts";
import { ids, make, rows, shape, squared, squaredRelu, written } from "./parts_models.ts";

Deno.test("the gradients of an activation of one's own agree with finite differences", async () => {
  const x: Values = {
    shape: [3, 7],
    data: Float32Array.from({ length: 21 }, (_, i) => Math.sin(5 * i) + 0.2),
  };
  const dy = Float32Array.from({ length: 21 }, (_, i) => Math.cos(3 * i));
  const found = await checkGradients(await testDevice(), (r, { x }) => squared(r, x), { x }, {
    dy,
    step: 1e-3,
  });
  assert.ok(found.error < 5e-3, `${found.error}`);
  using model = await make({ activation: squaredRelu });
  const losses: number[] = [];
  const sums: number[] = [];
  for (const save of ["all", "linear", "block"] as const) {
    const step = await TrainingStep.create(model, { microBatch: 2, context: 12, ...paperStep, save });
    const { loss, gradients } = await step.gradients(rows);
    losses.push(loss);
    sums.push([...gradients.values()].reduce((sum, data) => sum + data.reduce((s, x) => s + x * x, 0), 0));
    step.dispose();
  }
  assert.deepEqual(losses, Array(3).fill(losses[0]), "every save policy");
  assert.deepEqual(sums, Array(3).fill(sums[0]));
});

Deno.test("files hold the names of one's own parts; loading needs their functions again", async () => {
  await inFolder(async (folder) => {
    const parts = { ...written, activation: squaredRelu };
    using model = await make(parts);
    await model.save(folder, { format: "llamero" });
    const device = await testDevice();
    await assert.rejects(
      Model.load(folder, { device }),
      /activation "squared-relu" and forward "written out".*parts: \{ activation: \{ name: "squared-relu", forward \}, name: "written out", forward \}/,
    );
    const renamed = { ...parts, activation: { ...squaredRelu, name: "other" } };
    await assert.rejects(Model.load(folder, { device, parts: renamed }), /squared-relu.*other/);
    using loaded = await Model.load(folder, { device, parts });
    assert.deepEqual(await loaded.logits(ids(9)), await model.logits(ids(9)));
  });
});

const refused: [string, ModelParts | OwnForward | Record<string, unknown>, RegExp][] = [
  ["an unknown part", { normal: "layer" }, /parts\.normal: unknown option, did you mean "norm"/],
  ["an unknown activation", { activation: "silu" }, /"swiglu", "relu", "gelu", or one of your own/],
  [
    "an activation of the package's name",
    { activation: { name: "relu", forward: relu } },
    /is the name of an activation/,
  ],
  ["a forward pass without a name", { forward: written.forward }, /name is missing/],
  [
    "an activation of another shape",
    {
      activation: {
        name: "halved",
        forward: (r: Recorder, x: Tensor) => r.tensor("y", [x.rows, x.cols / 2]),
      },
    },
    /activation "halved" must return a tensor \[6, 128\] in f32, it returned \[6, 64\]/,
  ],
  [
    "an activation that returns nothing",
    { activation: { name: "empty", forward: () => undefined } },
    /activation "empty" must return .* it returned nothing/,
  ],
  [
    "an activation that throws",
    {
      activation: {
        name: "broken",
        forward: () => {
          throw new Error("no such op");
        },
      },
    },
    /activation "broken" threw "no such op"/,
  ],
  [
    "an activation without a gradient",
    { activation: { name: "flat", forward: (r: Recorder, x: Tensor) => r.tensor("y", x.shape, x.dtype) } },
    /activation "flat" leaves no gradient of its input/,
  ],
  [
    "a forward pass that ends too early",
    { name: "short", forward: (r: Recorder) => r.tensor("y", [1, 32]) },
    /forward "short" must return a tensor \[6, 32\] in f32, it returned \[1, 32\]/,
  ],
];
for (const [what, parts, message] of refused) {
  Deno.test(`Model.create refuses ${what}, and takes no memory`, async () => {
    const device = await testDevice();
    const before = device.memory().bytes;
    await assert.rejects(Model.create(shape, { parts: parts as ModelParts, device }), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.equal(device.memory().bytes, before);
  });
}

Deno.test("a width of zeros behind an activation of one's own is refused, and rotary scaling without rotation", async () => {
  const own = { activation: squaredRelu };
  await assert.rejects(
    Model.create({ ...shape, hidden: 50 }, { parts: own }),
    /multiple of 8 for an activation of your own/,
  );
  const ropeScaling = { type: "linear", factor: 2 } as const;
  await assert.rejects(
    Model.create({ ...shape, ropeScaling }, { parts: { position: "none" } }),
    /ropeScaling|it is for parts\.position "rope"/,
  );
});

Deno.test("a forward pass of one's own may call llama; one that leaves out the cache cannot generate", async () => {
  const twice: OwnForward = {
    name: "twice",
    forward: (r, weights, input, config) => {
      const x = llama(r, weights, input, config);
      return add(r, x, x);
    },
  };
  using model = await make(twice);
  using plain = await Model.create(shape, { device: await testDevice() });
  plain.setParameters(await model.parameters());
  const want = (await plain.logits(ids(9))).map((x) => 2 * x);
  assert.ok(maxError(await model.logits(ids(9)), want) < 1e-5);

  const blind: OwnForward = {
    ...written,
    name: "blind",
    forward: (r, weights, { cache: _cache, watch: _watch, ...input }, config) =>
      written.forward(r, weights, input, config),
  };
  using other = await make(blind);
  await other.logits(ids(9));
  await assert.rejects(
    other.generate(ids(4), { maxTokens: 3 }).ids(),
    /attention of forward "blind" does not read input\.cache/,
  );
  await assert.rejects(other.inspect(ids(4)), /forward "blind" shows no qkv of layer 0/);
  assert.equal(stateOf(other).disposed, false);
});
