/**
 * The training step of the bench model: first its losses are checked, then tokens per second, the share of the adapter's
 * peak and the work of the host are measured.
 *
 * @module
 */
import { type Device, openDevice, type Save } from "../../src/gpu/mod.ts";
import { Model, type ModelShape, trainingFlop, TrainingStep } from "../../src/model/mod.ts";
import type { Figure, Section } from "./figure.ts";
import { benchBatch, benchLosses, benchShape, makeStart, startRows } from "./start.ts";
import { spread } from "./statistics.ts";
import { time } from "./timing.ts";
import { makeYardsticks, measureWork, type Yardsticks } from "./yardsticks.ts";

/** The optimizer of the comparison. */
export const stepOptions = {
  microBatch: benchBatch,
  context: benchShape.context,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};

/** Learning rate of the comparison. */
export const learningRate = 1e-3;

/** Returns `losses ok`, or the wrong losses. */
export function checkLosses(losses: readonly number[]): string {
  const off = losses.some((loss, i) => i < benchLosses.length && !(Math.abs(loss - benchLosses[i]) <= 2e-3));
  return off ? `WRONG LOSSES ${losses.slice(0, 5).map((x) => x.toFixed(3)).join(" ")}` : "losses ok";
}

/** Measures the step under each save policy, without 64-bit loads, and of a wider model. */
export async function stepSection(device: Device, yardsticks: Yardsticks): Promise<Section> {
  const figures: Figure[] = [];
  for (const save of ["all", "linear", "block"] as const) {
    figures.push(...await measureStep(device, yardsticks, `save ${save}`, benchShape, save, 9));
  }
  if (device.int64) {
    const plain = await openDevice({ without: ["int64"] });
    const own = await makeYardsticks(plain);
    figures.push(...await measureStep(plain, own, "without 64-bit loads", benchShape, "all", 7));
    plain.close();
  }
  const wide = { ...benchShape, dim: 512, heads: 8, hidden: 1408 };
  figures.push(...await measureStep(device, yardsticks, "dim 512, 8 heads, hidden 1,408", wide, "all", 3));
  const about =
    "8 sequences of 128. The share is the MFU: (6 N + 12 L D T) x tokens a second over the adapter's " +
    "peak, N the weights that enter a matrix product. Losses of the first five steps are compared with PyTorch's " +
    `(${benchLosses.join(" ")}, within 2e-3).`;
  return { name: "Training step", about, figures };
}

async function measureStep(
  device: Device,
  yardsticks: Yardsticks,
  name: string,
  shape: ModelShape,
  save: Save,
  rounds: number,
): Promise<Figure[]> {
  using model = await Model.create(shape, { device });
  const start = makeStart();
  const rows = startRows(start);
  const known = shape === benchShape;
  if (known) model.setParameters(start.weights);
  const step = await TrainingStep.create(model, { ...stepOptions, save });
  try {
    const hosts: number[] = [];
    const run = () => {
      const start = performance.now();
      step.run(rows, hosts.length + 1, learningRate);
      hosts.push(performance.now() - start);
    };
    for (let i = 0; i < 5; i++) await time(device, run);
    const losses = (await step.read()).map(({ loss }) => loss);
    const tokens = benchBatch * benchShape.context;
    const flop = trainingFlop(model.config) * tokens;
    const speed = await measureWork(device, run, flop, 1, yardsticks.peak, rounds);
    const memory = `${(step.memory.bytes / 1e6).toFixed(1)} MB of activations`;
    const gflops = `${speed.speed.toFixed(1)} GFLOP/s`;
    const note = `${known ? `${checkLosses(losses)}; ` : ""}${gflops}; ${memory}`;
    const rate = tokens / speed.ms.median * 1e3;
    const figures: Figure[] = [{ ...speed, name, value: rate, unit: "tok/s", note }];
    if (known && save === "all" && name.startsWith("save")) {
      const { median, low, high } = spread(hosts.slice(1));
      const calls = step.program.calls.length;
      const note = `range ${low.toFixed(2)}-${
        high.toFixed(2)
      }; ${calls} calls; the queue idle, first step left out`;
      figures.push({ name: "host: encode and submit", value: median, unit: "ms", note });
    }
    return figures;
  } finally {
    step.dispose();
  }
}
