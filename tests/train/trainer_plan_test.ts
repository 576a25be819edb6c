import assert from "node:assert/strict";
import { stateOf } from "../../src/model/model_state.ts";
import { onRanks } from "../support/model_ranks.ts";
import { quiet, short, tinyModel, tokens } from "./support.ts";

Deno.test("a trainer's plan has no time before it is measured, and then time, energy and carbon by the formula", async () => {
  using model = await tinyModel();
  const energy = { watts: 50, pue: 1, gridKgPerKWh: 0.057 };
  const trainer = quiet(model, { energy }).pretrain(tokens(8), { ...short, steps: 40, microBatch: 2 })
    .instruct(tokens(4), { steps: 7 });
  const cold = trainer.plan();
  assert.equal(cold.seconds, undefined);
  assert.equal(cold.energy, undefined);
  assert.match(String(cold), /time not measured: await trainer\.plan\(\)\.measure\(\)/);
  const before = model.device.memory().bytes;
  const plan = await cold.measure();
  assert.equal(model.device.memory().bytes, before);
  const [one, two] = plan.stages.map(({ cost }) => cost.seconds!);
  assert.ok(one > 0 && two > 0 && plan.seconds === one + two);
  const { wattHours, gramsCO2eq } = plan.energy!;
  assert.ok(Math.abs(wattHours! - plan.seconds * 50 / 3600) < 1e-9);
  assert.ok(Math.abs(gramsCO2eq! - wattHours! * 0.057) < 1e-12);
  assert.match(String(plan), /Wh, .* g CO2eq \(50 W as given, PUE 1, 0\.057 kg per kWh\)/);
  const unknown = quiet(model).pretrain(tokens(8), { ...short, epochs: 2 }).plan();
  assert.match(String(await unknown.measure()), /time unknown: a length in epochs/);
});

Deno.test("a trainer's plan under ranks counts what a run sends, votes included, and lanes without padding", async () => {
  const steps = 4;
  const [{ parallel, note, counts }] = await onRanks(2, async (device) => {
    using model = await tinyModel({}, device);
    const trainer = quiet(model, { parallel: { lanes: 4 } })
      .pretrain(tokens(16), { ...short, steps, batchTokens: 96, microBatch: 8, validation: false });
    const plan = trainer.plan();
    const { world, data } = stateOf(model).ranks;
    await trainer.run({ display: false });
    const counts = { world: Object.fromEntries(world.log.counts), data: Object.fromEntries(data.log.counts) };
    return { parallel: plan.stages[0].cost.parallel!, note: String(plan), counts };
  });
  for (const { group, label, count, bytes } of parallel.traffic) {
    const found = counts[group as "world" | "data"][label];
    if (label === "agree") assert.equal(found.bytes / found.count, bytes);
    else assert.deepEqual(found, { count: steps * count, bytes: steps * bytes }, label);
  }
  assert.match(note, /on each of 2 devices; a rank sends .* in \d+ exchanges a step/);
});
