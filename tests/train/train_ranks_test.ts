// Runs of several ranks in one process: the same bits as one process with the same lanes, and one end for all.
import assert from "node:assert/strict";
import { ConfigError, DataError, NumericsError } from "../../src/base/errors.ts";
import { RankError } from "../../src/base/exchange.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import { loopback } from "../../src/parallel/loopback.ts";
import type { HistoryEntry, RunEvent, Trainer, TrainerParallelOptions } from "../../src/train/mod.ts";
import { inFolder } from "../support/folder.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "./support.ts";

const hidden = { display: false } as const;

/** Runs a program on ranks, each with a model on a device of its own. */
function ranks<T>(size: number, program: (model: Model, rank: number) => Promise<T>): Promise<T[]> {
  return loopback(size, async (world) => {
    const device = await openDevice();
    try {
      using model = await tinyModel({}, device);
      return await program(model, world.rank);
    } finally {
      device.close();
    }
  });
}

/** Makes a trainer of 12 steps with batches of five rows, a short last one, and measurements. */
function chain(model: Model, parallel: TrainerParallelOptions = {}, checkpoint?: string): Trainer {
  return quiet(model, { checkpoint, parallel })
    .pretrain(tokens(58), {
      ...{ epochs: 1, batchTokens: 60, microBatch: 2, learningRate: 3e-3, warmup: 3 },
      ...{ validation: tokens(7, 5), validateEvery: 5, checkpointEvery: 5 },
    });
}

/** Returns what a run computed, without its times. */
function numbersOf(history: readonly HistoryEntry[]): unknown[] {
  return history.map(({ seconds: _, ...numbers }) => numbers);
}

/** Returns the error of some work. */
async function errorOf(work: PromiseLike<unknown>): Promise<Error> {
  return await work.then(() => new Error("none"), (error: unknown) => error as Error);
}

Deno.test("two ranks give the numbers of one process with two lanes, bit for bit", async () => {
  using whole = await tinyModel();
  const want = await chain(whole, { lanes: 2 }).run(hidden);
  assert.equal(want.history.length, 12);
  const results = await ranks(2, async (model) => {
    const result = await chain(model).run(hidden);
    await assertSameWeights(model, whole);
    return result;
  });
  for (const { status, exact, history, validations, devices } of results) {
    assert.equal(status, "done");
    assert.equal(exact, true);
    assert.equal(devices, 2);
    assert.deepEqual(numbersOf(history), numbersOf(want.history));
    assert.deepEqual(validations, want.validations);
  }
});
