/**
 * Tiny models and rows for the tests of the train layer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { Dataset, type TokenDataset } from "../../src/data/mod.ts";
import { Device } from "../../src/gpu/mod.ts";
import { Model, type ModelOptions } from "../../src/model/mod.ts";
import { Trainer, type TrainerOptions } from "../../src/train/mod.ts";
import { testDevice } from "../support/device.ts";

/** Makes a model of two layers; every call gives the same weights. */
export async function tinyModel(
  { vocabSize = 50, context = 12, dtype = "f32", parts }: {
    vocabSize?: number;
    context?: number;
    dtype?: "f32" | "f16";
    parts?: ModelOptions["parts"];
  } = {},
  kind: "fast" | "plain" | Device = "fast",
  parallel?: { model: number },
): Promise<Model> {
  const device = kind instanceof Device ? kind : await testDevice(kind);
  const shape = { dim: 32, layers: 2, heads: 2, hidden: 48, vocabSize, context };
  return await Model.create(shape, { device, dtype, parallel, parts });
}

/** Makes rows in which every id is followed by the next one or the one after, so that a model can learn them. */
export function chainRows(count: number, context = 12, vocabSize = 50, seed = 1): Uint32Array[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    let id = random.below(vocabSize);
    return Uint32Array.from({ length: context + 1 }, () => id = (id + 1 + random.below(2)) % vocabSize);
  });
}

/** Returns such rows in a fixed order. */
export function tokens(count: number, seed = 1): TokenDataset {
  return Dataset.tokens(chainRows(count, 12, 50, seed), { order: "given" });
}

/** Makes a trainer without an energy meter. */
export function quiet(model: Model, options: TrainerOptions = {}): Trainer {
  return new Trainer(model, { energy: false, ...options });
}

/** Asserts that all weights of two models are the same bits. */
export async function assertSameWeights(got: Model, want: Model): Promise<void> {
  const wanted = await want.parameters();
  for (const [name, data] of await got.parameters()) {
    const a = new Uint32Array(data.buffer);
    const b = new Uint32Array(wanted.get(name)!.buffer);
    assert.ok(a.every((bits, i) => bits === b[i]), `${name} differs`);
  }
}

/** Options of a short stage: four rows of 12 tokens per batch. */
export const short = { batchTokens: 48, learningRate: 3e-3, warmup: 3 } as const;
