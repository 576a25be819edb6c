// Plans of several ranks against ranks that run in this process: collectives by label, bytes of buffers.
import assert from "node:assert/strict";
import type { CollectiveCount } from "../../../src/base/collective_log.ts";
import {
  type MeasuredNetwork,
  Model,
  type ModelShape,
  type PlanBytes,
  type PlanFacts,
  type PlanOptions,
  type PlanParallel,
} from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { loraSettings } from "../../../src/model/training/lora_options.ts";
import { ParallelStep } from "../../../src/model/training/parallel/parallel_step.ts";
import { keptTargets } from "../../../src/model/training/training_step.ts";
import { onRanks } from "../../support/model_ranks.ts";
import { batchOf, lanesOf, oddShape, optionsOf } from "../training/parallel/train_lanes.ts";

/** Odd as `oddShape`, with heads for two ranks. */
const shape: ModelShape = { ...oddShape, dim: 32, heads: 4, kvHeads: 2 };
const batch = 9;
const steps = 3; // every fourth batch of batchOf is short

/** The plan of a rank, and the collectives and buffers that it had. */
interface Found {
  facts: PlanFacts;
  counts: Record<string, CollectiveCount>;
  bytes: Record<"weights" | "gradients" | "moments" | "activations", number>;
}

interface Case {
  parallel: PlanParallel;
  dtype?: "f32" | "f16";
  save?: "all" | "linear" | "block";
  lora?: boolean;
}

/** Plans and runs a few steps as every rank of a world. */
async function planAndRun({ parallel, dtype = "f32", save = "linear", lora }: Case): Promise<Found[]> {
  const { processes, model: modelRanks = 1, lanes = processes / modelRanks, zero } = parallel;
  return await onRanks(processes, async (device) => {
    using model = await Model.create(shape, { device, dtype, seed: 3, parallel: { model: modelRanks } });
    const context = shape.context!;
    const settings = { tokens: 1e6, batchTokens: batch * context, microBatch: 2, save, parallel, lora };
    const { facts } = model.plan(settings);
    const { ranks } = stateOf(model);
    const adapters = loraSettings(lora);
    const options = { ...optionsOf({ shape }), save, lora: adapters && { ...adapters, seed: 1 } };
    const step = await ParallelStep.create(model, options, { ranks, lanes, zero });
    const groups = [...new Set([ranks.data, ranks.model])];
    for (const { log } of groups) log.clear();
    for (let n = 1; n <= steps; n++) {
      const rows = batchOf(n, batch, shape);
      await step.run(lanesOf(rows, lanes, ranks.data), n, 1e-3, keptTargets(rows));
    }
    await step.read();
    const counts: Record<string, CollectiveCount> = {};
    for (const [name, { log }] of [["data", ranks.data], ["model", ranks.model]] as const) {
      for (const [label, count] of log.counts) {
        if (label !== "clocks") counts[`${name} ${label}`] = count;
      }
    }
    const { buffers } = device.memory();
    const bytesOf = (pattern: RegExp) =>
      buffers.filter(({ owner }) => pattern.test(owner)).reduce((sum, { bytes }) => sum + bytes, 0);
    const bytes = {
      weights: bytesOf(/: (weights|f16 weights|f16 norms|(train )?(adapters|wide B))$/),
      gradients: bytesOf(/train (gradients|wide B.s gradients)/),
      moments: bytesOf(/train [mv]$/),
      activations: step.memory.bytes,
    };
    step.dispose();
    return { facts, counts, bytes };
  });
}

/** Returns the planned collectives of some steps by group and label. */
function planned({ parallel }: PlanFacts): Record<string, CollectiveCount> {
  const counts: Record<string, CollectiveCount> = {};
  for (const { group, label, count, bytes } of parallel!.traffic) {
    if (group === "world") continue; // votes are the trainer's
    const before = counts[`${group} ${label}`] ?? { count: 0, bytes: 0 };
    counts[`${group} ${label}`] = {
      count: before.count + steps * count,
      bytes: before.bytes + steps * bytes,
    };
  }
  return counts;
}

const cases: Record<string, Case> = {
  "two copies, four lanes, moments on each": { parallel: { processes: 2, lanes: 4, zero: 0 } },
  "three copies of halves": { parallel: { processes: 3 }, dtype: "f16" },
  "one copy on two ranks": { parallel: { processes: 2, model: 2 }, save: "all" },
  "adapters of one copy on two ranks": { parallel: { processes: 2, model: 2 }, lora: true },
  "two copies on two ranks each, halves, blocks computed again": {
    parallel: { processes: 4, model: 2, lanes: 4 },
    dtype: "f16",
    save: "block",
  },
};

for (const [name, settings] of Object.entries(cases)) {
  Deno.test(`${name}: the first rank sends what was planned, and each holds what was planned`, async () => {
    const found = await planAndRun(settings);
    assert.deepEqual(found[0].counts, planned(found[0].facts));
    found.forEach(({ facts, bytes }, rank) => {
      const memory = facts.parallel!.memory.find(({ first, last }) => rank >= first && rank <= last)!;
      for (const part of Object.keys(bytes) as (keyof typeof bytes)[]) {
        const wanted: PlanBytes = memory.bytes;
        const share = Math.abs(bytes[part] - wanted[part]) / wanted[part];
        assert.ok(
          bytes[part] === wanted[part] || share < 0.01,
          `${rank} ${part} ${bytes[part]} ${wanted[part]}`,
        );
      }
    });
  });
}

Deno.test("measured under ranks: one plan for all, with links of every group and the seconds of a step", async () => {
  const plans = await onRanks(2, async (device) => {
    using model = await Model.create(shape, { device, seed: 3, parallel: { model: 2 } });
    const settings = { tokens: 1e6, batchTokens: batch * shape.context!, microBatch: 2 };
    const plan = await model.plan(settings).measure();
    await assert.rejects(
      () => model.plan({ ...settings, parallel: { processes: 2 } }).measure(),
      /Cannot measure a plan of parallel: \{ processes: 2, model: 1 \}: those that run are \{ processes: 2, model: 2 \}/,
    );
    return plan;
  });
  const [{ facts }] = plans;
  for (const plan of plans) assert.deepEqual(plan.facts, facts);
  const { processes, data, model, network, step } = facts.parallel!;
  assert.deepEqual([processes, data, model], [2, 1, 2]);
  assert.deepEqual(
    new Set((network as MeasuredNetwork).links.map(({ group }) => group)),
    new Set(["world", "model"]),
  );
  assert.ok(step!.total >= step!.arithmetic && step!.arithmetic > 0);
  assert.equal(facts.seconds, step!.total * 1e6 / (batch * shape.context!));
  // A network that was measured serves another plan.
  const again = Model.plan(shape, {
    tokens: 1e6,
    batchTokens: batch * shape.context!,
    microBatch: 2,
    save: "all",
    parallel: { processes: 2, model: 2 },
    network,
    device: { flops: facts.flops! },
  });
  assert.deepEqual(again.facts.parallel!.step, step);
  assert.match(again.toString(), /Sent by a rank in a step\n/);
});

Deno.test("a micro-batch is planned no larger than the lane that a trainer cuts it to", () => {
  const plan = (microBatch: number, processes = 2, lanes = 2 * processes) => {
    const options = { tokens: 1e6, batchTokens: batch * shape.context!, microBatch };
    const { bytes, parallel } = Model.plan(shape, { ...options, parallel: { processes, lanes } }).facts;
    return { activations: bytes.activations, parallel };
  };
  assert.deepEqual(plan(9), plan(3), "nine sequences in four lanes");
  assert.ok(plan(3).activations > plan(2).activations);
  assert.ok(plan(9, 1, 1).activations > plan(3, 1, 1).activations, "one lane takes nine at once");
});

Deno.test("processes that cannot be are refused, with what would do", () => {
  const plan = (options: Omit<PlanOptions, "tokens">) => () => Model.plan(shape, { tokens: 1e6, ...options });
  assert.throws(
    plan({ devices: 2, parallel: { processes: 2 } }),
    /Cannot use plan.devices together with plan.parallel: devices is a short form of parallel: \{ processes \}/,
  );
  assert.throws(
    plan({ parallel: { processes: 4, model: 4 } }),
    /plan.parallel.model: it must divide heads and kvHeads, which are 4 and 2: 1, 2, current value is 4/,
  );
  assert.throws(
    plan({ parallel: { processes: 5, model: 2 } }),
    /plan.parallel.processes: it must be a multiple of parallel.model, 2, current value is 5/,
  );
  assert.throws(
    plan({ parallel: { processes: 4, lanes: 6 } }),
    /plan.parallel.lanes: it must be a multiple of the copies of the model, 4, current value is 6/,
  );
  assert.throws(plan({ network: { latency: 0, bandwidth: 0, staging: 1 } }), /plan.network/);
});

Deno.test("devices: n is parallel: { processes: n }, and one device is a plan without ranks", () => {
  const options = { tokens: 1e6, batchTokens: 88, device: { flops: 1e9, watts: 100 } };
  const short = Model.plan(shape, { ...options, devices: 4 }).facts;
  assert.deepEqual(short, Model.plan(shape, { ...options, parallel: { processes: 4 } }).facts);
  assert.equal(Model.plan(shape, { ...options, devices: 1 }).facts.parallel, undefined);
  // Nine sequences on four copies: the one with three of them decides, and with 16 copies some have none.
  const odd = { ...options, batchTokens: 99, network: { latency: 0, bandwidth: 1e30, staging: 1e30 } };
  const { parallel, flop } = Model.plan(shape, { ...odd, devices: 4 }).facts;
  assert.ok(Math.abs(parallel!.step!.arithmetic / (flop * 99 / 1e6 / 1e9 * 3 / 9) - 1) < 1e-12);
  const many = Model.plan(shape, { ...odd, devices: 16 }).facts;
  assert.ok(Math.abs(many.parallel!.step!.arithmetic / (flop * 99 / 1e6 / 1e9 / 9) - 1) < 1e-12);
});

Deno.test("a network can only be measured by processes that there are", async () => {
  using model = await Model.create(shape, { seed: 3 });
  const plan = model.plan({ tokens: 1e6, devices: 2, network: "measured" });
  assert.equal(plan.facts.parallel!.step, undefined);
  await assert.rejects(() => plan.measure(), /this process is alone. Start it with mpirun -n 2 deno run -A/);
});
