import assert from "node:assert/strict";
import { EnergyMeter, wattHours } from "../../../src/train/monitoring/energy.ts";
import { boardOf } from "../../../src/train/monitoring/gpu_power.ts";
import { Rate, utilisation } from "../../../src/train/monitoring/metrics.ts";
import { resolveConfig, trainingFlop } from "../../../src/model/mod.ts";
import { testDevice } from "../../support/device.ts";
import { quiet, short, tinyModel, tokens } from "../support.ts";
import { inFolder } from "../../support/folder.ts";

/** Table 15 of the paper: GPU-hours, and tonnes of CO2eq as printed. */
const table15 = [[809_472, 137], [1_082_880, 183], [82_432, 14], [135_168, 23], [530_432, 90], [
  1_022_362,
  173,
]];

Deno.test("the carbon formula gives the paper's Table 15", () => {
  for (const [hours, tonnes] of table15) {
    const kWh = wattHours(hours * 3600, 400, 1.1) / 1000;
    assert.equal(Math.round(kWh * 0.385 / 1000), tonnes);
  }
  assert.ok(Math.abs(wattHours(1_022_362 * 3600, 400, 1.1) / 1e6 - 449) < 1.5);
});

Deno.test("the meter uses the given watts, names its source, and adds to earlier sessions", async () => {
  const device = await testDevice();
  const meter = new EnergyMeter({ watts: 100, pue: 1, gridKgPerKWh: 0.5 }, device, { wattHoursBefore: 2 });
  meter.add(1800);
  meter.add(1800);
  assert.deepEqual(meter.use(), {
    wattHours: 102,
    gramsCO2eq: 51,
    pue: 1,
    gridKgPerKWh: 0.5,
    source: "100 W as given",
  });
  const unknown = new EnergyMeter({ pue: 1.1, gridKgPerKWh: 0.385 }, device).use();
  assert.match(unknown.source, /^(RAPL, |unknown: give watts)/);
  assert.equal(unknown.wattHours === undefined, unknown.source.startsWith("unknown"));
});

Deno.test("without watts a known board has the power of the table, and others are unknown", () => {
  const known = {
    "NVIDIA GeForce RTX 4090": 450,
    "NVIDIA GeForce RTX 4070 Ti SUPER": 285,
    "NVIDIA GeForce RTX 4070": 200,
    "NVIDIA H100 80GB HBM3": 700,
    "NVIDIA H100 PCIe": 350,
    "NVIDIA A100-SXM4-80GB": 400, // as the paper has it
    "NVIDIA A100 80GB PCIe": 300,
    "Tesla T4": 70,
    "AMD Radeon RX 7900 XTX (RADV NAVI31)": 355,
    "Intel(R) Arc(tm) A770 Graphics (DG2)": 225,
    "Apple M1": 39,
  };
  for (const [adapter, watts] of Object.entries(known)) assert.equal(boardOf(adapter)?.watts, watts, adapter);
  const unknown = [
    "NVIDIA GeForce RTX 4090 Laptop GPU",
    "NVIDIA GeForce RTX 4060 Ti",
    "NVIDIA GeForce RTX 2070 with Max-Q Design",
    "Apple M1 Max",
    "AMD Radeon RX 7900 XT (RADV NAVI31)", // not the XTX
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "unnamed adapter",
  ];
  for (const adapter of unknown) assert.equal(boardOf(adapter), undefined, adapter);
  const place = { pue: 1.1, gridKgPerKWh: 0.385 };
  const meter = new EnergyMeter(place, { adapter: "NVIDIA A100-SXM4-80GB", software: false });
  meter.add(3600);
  const { wattHours, source } = meter.use();
  assert.equal(Math.round(wattHours!), 440);
  assert.match(
    source,
    /^400 W, the most that a board "a100 sxm4 80gb" draws \(table of 2026-11: NVIDIA, as/,
  );
  const own = new EnergyMeter({ ...place, watts: 5 }, { adapter: "Tesla T4", software: false });
  assert.equal(own.use().source, "5 W as given");
});

Deno.test("a run measures its energy over all its sessions", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const energy = { watts: 3600, pue: 1 };
    const trainer = quiet(model, { checkpoint: folder, energy })
      .pretrain(tokens(8), { ...short, steps: 5000, validation: false });
    const run = trainer.run({ display: false });
    for await (const { step } of run.events("step")) if (step === 3) run.stop();
    const first = await run;
    // 3,600 W for one second are one watt-hour.
    assert.ok(Math.abs(first.energy!.wattHours! - first.seconds) < 1e-6 * first.seconds);
    const again = trainer.resume(folder, { display: false });
    for await (const { step } of again.events("step")) if (step > first.history.length) again.stop();
    const second = await again;
    // The checkpoint of the first session does not count the time that it took to write.
    assert.ok(second.seconds > first.history.at(-1)!.seconds);
    // The steps after the checkpoint of the first session were not recorded.
    assert.ok(Math.abs(second.energy!.wattHours! - second.seconds) < 1e-6 * second.seconds);
  });
});

Deno.test("the rate looks back over its window only", () => {
  const rate = new Rate(10);
  assert.equal(rate.value, 0);
  for (let second = 0; second <= 30; second++) rate.push(second, second < 10 ? 0 : (second - 10) * 50);
  assert.equal(rate.value, 50);
});

Deno.test("utilisation is the FLOP/s of the tokens as a share of the peak", () => {
  const config = resolveConfig("nano");
  const flop = trainingFlop(config, 64);
  assert.equal(utilisation(config, 64, 1000, flop * 4000), 0.25);
});
