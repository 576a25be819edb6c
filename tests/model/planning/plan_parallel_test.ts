// What a plan says of several ranks, against ranks that run in this process: collectives by label, bytes of buffers.
import assert from "node:assert/strict";
import type { CollectiveCount } from "../../../src/base/collective_log.ts";
import { Model, type PlanBytes, type PlanFacts, type PlanParallel } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { ParallelStep } from "../../../src/model/training/parallel/parallel_step.ts";
import { keptTargets } from "../../../src/model/training/training_step.ts";
import { onRanks } from "../../support/model_ranks.ts";
import { batchOf, lanesOf, oddShape, optionsOf } from "../training/parallel/train_lanes.ts";

const batch = 9;
const steps = 3; // every fourth batch of batchOf is short

/** What a rank was planned to hold and send, and what it held and sent. */
interface Found {
  facts: PlanFacts;
  counts: Record<string, CollectiveCount>;
  bytes: Record<"weights" | "gradients" | "moments" | "activations", number>;
}

interface Case {
  parallel: PlanParallel;
  dtype?: "f32" | "f16";
  save?: "all" | "linear" | "block";
}

/** Plans and runs a few steps as every rank of a world. */
async function planAndRun({ parallel, dtype = "f32", save = "linear" }: Case): Promise<Found[]> {
  const { processes, model: modelRanks, lanes = processes, zero } = parallel;
  return await onRanks(processes, async (device) => {
    using model = await Model.create(oddShape, { device, dtype, seed: 3, parallel: { model: modelRanks } });
    const context = oddShape.context!;
    const settings = { tokens: 1e6, batchTokens: batch * context, microBatch: 2, save, parallel };
    const { facts } = model.plan(settings);
    const { ranks } = stateOf(model);
    const options = { ...optionsOf({}), save };
    const step = await ParallelStep.create(model, options, { ranks, lanes, zero });
    const groups = [...new Set([ranks.data, ranks.model])];
    for (const { log } of groups) log.clear();
    for (let n = 1; n <= steps; n++) {
      const rows = batchOf(n, batch, oddShape);
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
      weights: bytesOf(/: (weights|f16 weights|f16 norms)/),
      gradients: bytesOf(/train gradients/),
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
  "two copies": { parallel: { processes: 2 } },
  "two copies, four lanes, moments on each": { parallel: { processes: 2, lanes: 4, zero: 0 } },
  "three copies of halves": { parallel: { processes: 3 }, dtype: "f16" },
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
