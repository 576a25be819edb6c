// Compares plan and run on three sizes: memory within 10 %, and the CPU time of 50 further steps within 15 % of 25 times
// that of steps 2 and 3. The test takes CPU time, since a machine is shared, and prints the time on the clock beside it.
import assert from "node:assert/strict";
import process from "node:process";
import { Dataset } from "../../src/data/mod.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model, resolveConfig } from "../../src/model/mod.ts";
import { chainRows, quiet } from "../train/support.ts";

/** Returns the CPU seconds of this process so far. */
const cpuNow = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

Deno.test("plan() against measurement on three sizes: memory, and time from steps 2 and 3", async () => {
  for (const [preset, batchTokens] of [["nano", 1024], ["1M", 512], ["5M", 256]] as const) {
    const device = await openDevice();
    const context = 128;
    const model = await Model.create({ ...resolveConfig(preset), vocabSize: 2048, context }, { device });
    const rows = Dataset.tokens(chainRows(64, context, 500));
    const trainer = quiet(model).pretrain(rows, { steps: 53, batchTokens, validation: false });
    const planned = await trainer.plan().measure();
    const { cost } = planned.stages[0];
    let maxBytes = 0; // while the steps run, since measuring the plan took a copy of the model
    const marks: { cpu: number; clock: number }[] = [];
    for await (const { step, loss } of trainer.steps()) {
      if (step > 3 && step < 53) continue;
      await loss();
      maxBytes = Math.max(maxBytes, device.memory().bytes);
      marks.push({ cpu: cpuNow(), clock: performance.now() / 1000 });
      if (step === 3) marks.splice(1, 1);
    }
    const [one, three, last] = marks;
    const cpu = (last.cpu - three.cpu) / (25 * (three.cpu - one.cpu));
    const clock = (last.clock - three.clock) / (50 * planned.seconds! / 53);
    console.log(
      `${preset}: memory ${(cost.bytes.total / 1e6).toFixed(1)} MB planned, ${
        (maxBytes / 1e6).toFixed(1)
      } MB at most; ` +
        `50 further steps took ${cpu.toFixed(3)} of the CPU time that steps 2 and 3 say ` +
        `(${(last.cpu - three.cpu).toFixed(1)} s), ${
          clock.toFixed(3)
        } of the measured plan's time on the clock`,
    );
    assert.ok(Math.abs(maxBytes / cost.bytes.total - 1) <= 0.1, `${preset}: memory`);
    assert.ok(Math.abs(cpu - 1) <= 0.15, `${preset}: time`);
    device.close();
  }
});
