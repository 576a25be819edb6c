// The weights of a model of halves whose f32 weights two ranks divide: read whole, copied, and replaced as by one process.
import assert from "node:assert/strict";
import { stateOf } from "../../../src/model/model_state.ts";
import { onRanks } from "../../support/model_ranks.ts";
import { batchOf, lanesOf, rateOf } from "../training/parallel/train_lanes.ts";
import { padded, withStep } from "../../train/checkpoints/rank_checkpoints.ts";
import { keptTargets } from "../../../src/model/training/training_step.ts";
import { needsHalf } from "../../support/device.ts";

type Named = Map<string, Float32Array>;

Deno.test({
  name: `divided weights in f32 are read, copied and replaced whole${needsHalf.reason}`,
  ignore: needsHalf.ignore,
  async fn() {
    const weights = async (ranks: number) =>
      await onRanks(ranks, async (device, { rank }) => {
        const found: Named[] = [];
        await withStep({ shape: padded, dtype: "f16" }, device, 1, async (model, step, { data }) => {
          const rows = batchOf(1, 5, padded);
          await step.run(lanesOf(rows, 2, data), 1, rateOf(3), keptTargets(rows));
          await step.read();
          assert.equal(stateOf(model).master !== undefined, ranks > 1);
          const before = await model.parameters();
          using copy = await model.clone(`copy ${rank} of ${ranks}`);
          const doubled = new Map([...before].map(([name, data]) => [name, data.map((x) => 2 * x)]));
          model.setParameters(doubled);
          found.push(before, await copy.parameters(), await model.parameters());
          assert.deepEqual(found[2], doubled);
        });
        return found;
      });
    const [one] = await weights(1);
    assert.deepEqual(one[1], one[0]);
    for (const found of await weights(2)) assert.deepEqual(found, one);
  },
});
