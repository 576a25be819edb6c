// Plans of the paper's runs against Table 15 and section 6.
import assert from "node:assert/strict";
import { Model } from "../../../src/model/mod.ts";

/** Tables 15 and 2: tokens trained on, GPU-hours, and MWh and tonnes of CO2eq as printed. */
const table15 = [
  ["7B", 1.0e12, 82_432, 36, 14],
  ["13B", 1.0e12, 135_168, 59, 23],
  ["33B", 1.4e12, 530_432, 233, 90],
  ["65B", 1.4e12, 1_022_362, 449, 173],
] as const;

/** Plans a size of the paper on 2,048 A100 at the given speed. */
function onA100(name: string, tokens: number, tokensPerSecond: number, more: { gridKgPerKWh?: number } = {}) {
  const { facts } = Model.plan(name, { tokens });
  const device = { flops: facts.flopPerToken * tokensPerSecond, watts: 400 };
  return Model.plan(name, { tokens, devices: 2048, device, ...more }).facts;
}

Deno.test("the paper's runs are planned as Table 15 prints them: MWh cut off, tonnes rounded", () => {
  for (const [name, tokens, hours, megawattHours, tonnes] of table15) {
    const facts = onA100(name, tokens, tokens / (hours * 3600));
    assert.ok(Math.abs(facts.seconds! / 3600 * 2048 - hours) < 1e-6 * hours, name);
    assert.equal(Math.floor(facts.wattHours! / 1e6), megawattHours, name);
    assert.equal(Math.round(facts.gramsCO2eq! / 1e6), tonnes, name);
  }
});

Deno.test("65B at 380 tokens per second and GPU takes 21 days on 2,048 of them", () => {
  const { seconds, parameters, steps, bytes } = onA100("65B", 1.4e12, 380);
  assert.equal(Math.round(seconds! / 86400), 21);
  assert.equal(Math.round(10 * seconds! / 86400), 208);
  assert.equal(parameters.total, 65_285_660_672);
  assert.equal(steps, Math.ceil(1.4e12 / 4_194_304));
  assert.equal(bytes.total, bytes.weights + bytes.gradients + bytes.moments + bytes.activations);
});

Deno.test("the project as a whole, and the other grids of section 6", () => {
  // 2,638 MWh are 122 days of 2,048 GPUs: the time is taken from there, since the text says about five months.
  const facts = onA100("65B", 1.4e12, 380);
  const days = 2638e6 / (0.44 * 1000 * 2048 * 24);
  assert.equal(Math.round(days), 122);
  const { flopPerToken } = facts;
  const tokens = days * 86400 * 2048 * 380;
  const project =
    Model.plan("65B", { tokens, devices: 2048, device: { flops: 380 * flopPerToken, watts: 400 } }).facts;
  assert.equal(Math.round(project.wattHours! / 1e6), 2638);
  assert.equal(Math.floor(project.gramsCO2eq! / 1e6), 1015);
  // BLOOM on its own grid 27 t (0.057), OPT on its own 82 t (0.231), of 475 and 356 MWh as printed.
  for (
    const [grid, megawattHours, tonnes] of [[0.057, 475, 27], [0.231, 356, 82], [0.385, 475, 183], [
      0.385,
      356,
      137,
    ]]
  ) {
    const hours = megawattHours * 1e6 / 440;
    const tokens = hours * 3600 * 380;
    const device = { flops: 380 * flopPerToken, watts: 400 };
    const { gramsCO2eq } = Model.plan("65B", { tokens, device, gridKgPerKWh: grid }).facts;
    assert.equal(Math.round(gramsCO2eq! / 1e6), tonnes, `${grid}`);
  }
});
