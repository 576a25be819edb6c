/**
 * The training step of the bench model in this project.
 *
 *     deno run -A tests/bench/peers/llamero.ts START STEPS
 *
 * @module
 */
import { readSafetensors } from "../../../src/formats/mod.ts";
import { openDevice } from "../../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../../src/model/mod.ts";
import { product } from "../matmuls.ts";
import { benchShape, startRows } from "../start.ts";
import { learningRate, stepOptions } from "../step.ts";
import { time, type Times } from "../timing.ts";

const [path, count] = Deno.args;
const { tensors } = await readSafetensors(path);
const ids = tensors.get("ids")!.data as Int32Array<ArrayBuffer>;
const weights = new Map(
  [...tensors].filter(([name]) => name !== "ids").map(([name, { data }]) => [
    name,
    data as Float32Array<ArrayBuffer>,
  ]),
);
const device = await openDevice();
const model = await Model.create(benchShape, { device });
model.setParameters(weights);

const rows = startRows({ weights, ids });
const begin = performance.now();
const step = await TrainingStep.create(model, { ...stepOptions, save: "all" });
const made = performance.now() - begin;
const times: Times[] = [];
for (let t = 1; t <= Number(count); t++) {
  times.push(await time(device, () => step.run(rows, t, learningRate)));
}
const losses = (await step.read()).map(({ loss }) => loss);
const matmul: Record<string, number> = {};
for (const n of [512, 1024]) {
  const program = await product(device, "nn", n, n, n);
  const found: number[] = [];
  for (let i = 0; i < 5; i++) found.push((await time(device, () => program.replay())).ms);
  matmul[n] = Math.min(...found.slice(1));
}
const steps = times.slice(1).map(({ ms }) => ms);
const cpuMs = times.slice(1).map(({ cpu }) => cpu);
console.log(JSON.stringify({ firstMs: made + times[0].ms, steps, cpuMs, losses, matmul }));
Deno.exit(0);
