// Failures of one of several ranks: all end after the same step, and each failure is shown once.
import assert from "node:assert/strict";
import { ConfigError, DataError, DeviceError, NumericsError } from "../../src/base/errors.ts";
import { RankError } from "../../src/base/exchange.ts";
import { shownElsewhere } from "../../src/base/together.ts";
import type { Model } from "../../src/model/mod.ts";
import { inFolder } from "../support/folder.ts";
import { unreadable } from "./ranks_chain.ts";
import { addToWeight, chain, errorOf, leaveOutNorms, ranks } from "./ranks_support.ts";
import { quiet, short, tinyModel, tokens } from "./support.ts";

const hidden = { display: false } as const;

Deno.test("a data error on one rank ends all before the same step", async () => {
  const seen: number[] = [];
  const errors = await ranks(2, async (model, rank) => {
    const data = tokens(40);
    const error = new DataError("window 31 cannot be read"); // of lane 1 in step 8
    if (rank === 1) unreadable(data, 31, error);
    const run = quiet(model).pretrain(data, { ...short, steps: 10, validation: false }).run(hidden);
    const failure = await errorOf(run);
    seen.push(run.history.length);
    return failure;
  });
  assert.ok(errors[1] instanceof DataError);
  assert.equal(errors[1].message, "window 31 cannot be read");
  assert.ok(errors[0] instanceof RankError);
  assert.equal(errors[0].message, "Rank 1 failed: window 31 cannot be read");
  assert.deepEqual(seen[0], seen[1]);
});

Deno.test("a rank whose weights differ is found within one check, by tensor, step and rank", async () => {
  const norm = "model.layers.1.input_layernorm.weight";
  const errors = await ranks(2, (model) => {
    const fault = { run: (model: Model) => addToWeight(model, norm) }; // on rank 0 alone, between steps 8 and 9
    return errorOf(
      quiet(model, { parallel: { zero: 0, check: 3 } }).evaluate(fault, { every: 8 })
        .pretrain(tokens(9), { ...short, steps: 30, validation: false }).run(hidden),
    );
  });
  for (const error of errors) {
    assert.ok(error instanceof NumericsError, String(error));
    assert.equal(error.step, 9);
    assert.match(
      error.message,
      /^After step 9 rank 1 holds other numbers in model\.layers\.1\.input_layernorm\.weight/,
    );
  }
  assert.deepEqual(errors.map(shownElsewhere), [false, true]);
});

Deno.test("a gradient that is not finite ends all ranks with the tensor that one process names", async () => {
  const name = "model.layers.1.mlp.down_proj.weight";
  const failing = async (model: Model) => {
    await addToWeight(model, name, Infinity);
    return await errorOf(
      quiet(model).pretrain(tokens(9), { ...short, steps: 9, validation: false }).run(hidden),
    );
  };
  using alone = await tinyModel();
  const want = await failing(alone) as NumericsError;
  assert.ok(want instanceof NumericsError);
  const errors = await ranks(2, failing);
  for (const error of errors) {
    assert.ok(error instanceof NumericsError);
    assert.deepEqual([error.step, error.tensor], [want.step, want.tensor]);
  }
  assert.deepEqual(errors.map(shownElsewhere), [false, true]);
});

Deno.test("a failing evaluation on rank 0 ends all ranks", async () => {
  const errors = await ranks(2, (model) => {
    const failing = { run: () => Promise.reject(new RangeError("no answers")) };
    return errorOf(
      quiet(model).evaluate(failing).pretrain(tokens(9), { ...short, steps: 2, validation: false }).run(
        hidden,
      ),
    );
  });
  assert.deepEqual(errors.map(({ name, message }) => [name, message]), [
    ["RangeError", "no answers"],
    ["RankError", "Rank 0 failed: no answers"],
  ]);
});

Deno.test("ranks with differing plans are told which field differs", async () => {
  const errors = await ranks(
    2,
    (model, rank) =>
      errorOf(quiet(model, { seed: 40 + rank }).pretrain(tokens(9), { ...short, steps: 2 }).run(hidden)),
  );
  for (const error of errors) {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /rank 1 has another plan than rank 0: seed was 40, now it is 41/);
  }
});

Deno.test("a sum over model ranks that is left out is found within one check, by tensor", async () => {
  const errors = await ranks(2, (model) => {
    leaveOutNorms(model);
    return errorOf(
      chain(model, { check: 2 }).run(hidden),
    );
  }, 2);
  for (const error of errors) {
    assert.ok(error instanceof NumericsError, String(error));
    assert.equal(error.step, 2);
    assert.equal(error.tensor, "model.layers.0.input_layernorm.weight");
  }
});

Deno.test("a device that is lost on one rank ends all, with what to do", async () => {
  const errors = await inFolder((folder) =>
    ranks(2, async (model, rank) => {
      const run = chain(model, {}, folder).run(hidden);
      for await (const { step } of run.events("step")) {
        if (rank === 1 && step === 6) model.device.gpu.destroy();
      }
      return await errorOf(run);
    })
  );
  assert.ok(errors[1] instanceof DeviceError);
  assert.match(errors[1].message, /^The GPU was lost after step \d+: .*The checkpoint of step 5 is whole/);
  assert.ok(errors[0] instanceof RankError, String(errors[0]));
  assert.match(errors[0].message, /Rank 1 failed: .*The GPU was lost/);
});
