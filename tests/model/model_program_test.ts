// The kernels of a tiny model's program, so that an accidental extra one shows in review; and the memory of save policies.
import assert from "node:assert/strict";
import { Model, presets, resolveConfig, TrainingStep } from "../../src/model/mod.ts";
import { testDevice } from "../support/device.ts";
import { paperStep } from "./paper_step.ts";
import { nameOfCall } from "../../src/gpu/mod.ts";

const options = {
  microBatch: 2,
  context: 8,
  ...paperStep,
} as const;

Deno.test("the training program of one block is these kernels in this order", async () => {
  const shape = { dim: 16, layers: 1, heads: 2, hidden: 24, vocabSize: 32, context: 8 };
  const model = await Model.create(shape, { device: await testDevice("plain") });
  const step = await TrainingStep.create(model, options);
  const listing = step.program.calls.map((call) =>
    `${call.scope}|${nameOfCall(call)}`.replace("|", call.scope ? " " : "")
  );
  assert.deepEqual(listing, [
    "embedding",
    "0 rmsnorm",
    "0 matmul ADD=false",
    "0 rope E=8 INTERLEAVED=false FORWARD=true WG=64",
    "0 attention E=8 MASKED=false WG=8",
    "0 matmul ADD=false",
    "0 sum",
    "0 rmsnorm",
    "0 matmul ADD=false",
    "0 swiglu WG=64",
    "0 matmul ADD=false",
    "0 sum",
    "rmsnorm",
    "matmul ADD=false", // logits, their loss, and at once their gradients
    "cross_entropy GRAD=true PADDED=false",
    "matmul ADD=false",
    "matmul ADD=true",
    "loss_sum",
    "rmsnorm_grad BASE=false",
    "rmsnorm_weight_grad",
    "0 matmul ADD=true", // W2
    "0 matmul ADD=false",
    "0 swiglu_grad WG=64",
    "0 matmul ADD=true", // W1 and W3
    "0 matmul ADD=false",
    "0 rmsnorm_grad BASE=true",
    "0 rmsnorm_weight_grad",
    "0 matmul ADD=true", // Wo
    "0 matmul ADD=false",
    "0 attention_grad_q E=8 MASKED=false WG=8",
    "0 attention_grad_kv E=8 MASKED=false WG=8",
    "0 rope E=8 INTERLEAVED=false FORWARD=false WG=64",
    "0 matmul ADD=true", // queries, keys, values
    "0 matmul ADD=false",
    "0 rmsnorm_grad BASE=true",
    "0 rmsnorm_weight_grad",
    "embedding_grad WG=64",
  ]);
  assert.match(step.program.toString(), / 4 {2}attention, stats {4}attention .*\*o\[16 16\]/);
  const explained = step.program.explain("block 0 rope backward");
  assert.equal(explained.place?.index, 31);
  assert.match(explained.formulas[0], /^\(a, b\) <- /);
  const found = ["block 0 attention", "logits", "swiglu backward", 19].map((which) =>
    step.program.explain(which).place?.index
  );
  assert.deepEqual(found, [4, 13, 22, 19]);
  step.dispose();
  assert.match(
    step.program.toString(),
    /block 0 backward, calls 20 to 35/,
    "a program that was disposed still shows itself",
  );
  model.dispose();
});

Deno.test("memory of an 8-layer model: block < linear < all, planned as measured", async () => {
  const shape = { dim: 64, layers: 8, heads: 4, hidden: 192, vocabSize: 256, context: 64 };
  const model = await Model.create(shape, { device: await testDevice() });
  const planned: Record<string, number> = {};
  for (const save of ["all", "linear", "block"] as const) {
    const step = await TrainingStep.create(model, { ...options, context: 64, save });
    planned[save] = model.plan({ tokens: 1e6, microBatch: 2, save }).facts.bytes.activations;
    assert.equal(planned[save], step.memory.bytes, `${save}: the plan counts the step's memory`);
    step.dispose();
  }
  assert.ok(planned.block < planned.linear && planned.linear < planned.all, JSON.stringify(planned));
  model.dispose();
});

Deno.test("presets: the name counts weights without embeddings; Table 2's totals are exact", () => {
  const blocks = (name: string) => Model.plan(name, { tokens: 1e6, context: 64 }).facts.parameters;
  const named: [string, number][] = [
    ["nano", 0.2e6],
    ["1M", 1e6],
    ["5M", 5e6],
    ["15M", 15e6],
    ["50M", 50e6],
    ["110M", 110e6],
  ];
  for (const [name, size] of named) {
    assert.ok(Math.abs(blocks(name).blocks / size - 1) < 0.1, `${name}: ${blocks(name).blocks}`);
  }
  const totals = { "7B": 6738415616, "13B": 13015864320, "33B": 32528943616 };
  for (const [name, total] of Object.entries(totals)) assert.equal(blocks(name).total, total);
  assert.equal(resolveConfig("65B").normEps, 1e-5);
  assert.equal(presets["65B"].learningRate, 1.5e-4);
});
