/**
 * Compares the CPU time of texts generated in batches and one at a time.
 *
 * The model has the size of the benchmark's; prompts and texts have 64 tokens each. The rounds of the three batch sizes
 * alternate, and the median of their ratios is tested.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import { cpuTime } from "../bench/cpu_time.ts";
import { median } from "../bench/statistics.ts";

const shape = { dim: 128, layers: 4, heads: 4, hidden: 352, vocabSize: 1024, context: 128 };
const prompts = Array.from(
  { length: 64 },
  (_, i) => Uint32Array.from({ length: 64 }, (_, t) => (i * 97 + t * 31) % 1021 + 3),
);

for (
  const [how, drawing] of Object.entries({
    greedy: { temperature: 0 },
    "top-p": { temperature: 0.8, topP: 0.95 },
  })
) {
  Deno.test(`${how}: texts in batches of 8 and 32 take a fraction of the CPU time of one at a time`, async () => {
    const device = await openDevice();
    try {
      using model = await Model.create(shape, { device });
      const options = { ...drawing, maxTokens: 64 };
      const speed = async (batch: number) => {
        const some = prompts.slice(0, batch === 1 ? 3 : 64);
        const before = cpuTime()!;
        const start = performance.now();
        let tokens = 0;
        if (batch === 1) {
          for (const prompt of some) tokens += (await model.generate(prompt, options).ids()).length;
        } else {for (const { ids } of await model.generateBatch(some, { ...options, batch })) {
            tokens += ids.length;
          }}
        return {
          cpu: tokens / (cpuTime()! - before) * 1000,
          wall: tokens / (performance.now() - start) * 1000,
        };
      };
      const sizes = [1, 8, 32];
      const rounds: Record<number, { cpu: number; wall: number }[]> = { 1: [], 8: [], 32: [] };
      for (const size of sizes) await speed(size); // compiles
      for (let round = 0; round < 3; round++) for (const size of sizes) rounds[size].push(await speed(size));
      const ratio = (size: number) => median(rounds[size].map(({ cpu }, i) => cpu / rounds[1][i].cpu));
      for (const size of sizes) {
        const [cpu, wall] = (["cpu", "wall"] as const).map((kind) =>
          median(rounds[size].map((r) => r[kind]))
        );
        console.log(
          `${how}, batch ${size}: ${cpu.toFixed(0)} tokens per CPU second (${ratio(size).toFixed(1)}x), ${
            wall.toFixed(0)
          } per second`,
        );
      }
      console.log(`load ${Deno.loadavg().map((x) => x.toFixed(1)).join(" ")}`);
      assert.ok(ratio(8) > 2, `${ratio(8)}`);
      assert.ok(ratio(32) > ratio(8), `${ratio(32)}`);
    } finally {
      device.close();
    }
  });
}
