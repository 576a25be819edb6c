/**
 * Ranks of one process that train tiny models, and faults that tests put into them.
 *
 * @module
 */
import { openDevice } from "../../src/gpu/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { loopback } from "../../src/parallel/loopback.ts";
import type { Trainer, TrainerParallelOptions } from "../../src/train/mod.ts";
import { quiet, tinyModel, tokens } from "./support.ts";

/** Runs a program on ranks, each with a model on a device of its own, of which `parts` ranks hold a copy together. */
export function ranks<T>(
  size: number,
  program: (model: Model, rank: number) => Promise<T>,
  parts = 1,
  options: Parameters<typeof tinyModel>[0] = {},
): Promise<T[]> {
  return loopback(size, async (world) => {
    const device = await openDevice();
    try {
      using model = await tinyModel(options, device, { model: parts });
      return await program(model, world.rank);
    } finally {
      device.close();
    }
  });
}

/** Makes a trainer of 12 steps with batches of five rows, a short last one, and measurements. */
export function chain(model: Model, parallel: TrainerParallelOptions = {}, checkpoint?: string): Trainer {
  return quiet(model, { checkpoint, parallel })
    .pretrain(tokens(58), {
      ...{ epochs: 1, batchTokens: 60, microBatch: 2, learningRate: 3e-3, warmup: 3 },
      ...{ validation: tokens(7, 5), validateEvery: 5, checkpointEvery: 5 },
    });
}

/** Returns the error of some work. */
export async function errorOf(work: PromiseLike<unknown>): Promise<Error> {
  return await work.then(() => new Error("none"), (error: unknown) => error as Error);
}

/** Adds a number to the first one of a weight on the device. */
export async function addToWeight(model: Model, name: string, summand = 1): Promise<void> {
  const { device, layout, trained } = stateOf(model);
  const { start } = layout.parameters.find((parameter) => parameter.name === name)!;
  const place = { start, rows: 1, cols: 4, stride: 4 };
  const [numbers] = await trained!.read(device, [place]);
  numbers[0] += summand;
  trained!.write(device, place, numbers);
}

/** Lets the gradients of norms stay as this rank has them, as if their sum over model ranks were forgotten. */
export function leaveOutNorms(model: Model): void {
  const { ranks: { model: group }, layout } = stateOf(model);
  const label = "replicated gradients";
  const firstNorm = Math.min(
    ...layout.parameters.filter(({ shape }) => shape.length === 1).map(({ start }) => start),
  );
  const { reduceScatter, allGather } = group;
  let own = new Float32Array();
  group.reduceScatter = (values, name, onto) => {
    if (name === label) own = new Float32Array(values);
    return reduceScatter.call(group, values, name, onto);
  };
  group.allGather = async (bytes, name) => {
    const all = await allGather.call(group, bytes, name);
    if (name !== label) return all;
    const sums = new Float32Array(all.buffer);
    sums.set(own.subarray(firstNorm - layout.replicated!), firstNorm - layout.replicated!);
    return all;
  };
}
