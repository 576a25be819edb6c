// Runs of models with other parts than the paper's: exact resume, several ranks, and what is refused by name.
import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { restoreModel } from "../../src/model/lifecycle/load_model.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import type { Trainer } from "../../src/train/mod.ts";
import { testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { openMpi } from "../support/mpi.ts";
import { squaredRelu, written } from "../model/parts_models.ts";
import { numbersOf } from "./ranks_chain.ts";
import { errorOf, ranks } from "./ranks_support.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "./support.ts";

const hidden = { display: false } as const;
const other = { norm: "layer", activation: "gelu", position: "learned" } as const;
const own = { ...written, activation: squaredRelu };

/** Makes a trainer of eight steps with a checkpoint after each fourth. */
function eightSteps(model: Model, checkpoint?: string): Trainer {
  const options = { ...short, steps: 8, checkpointEvery: 4, validation: false } as const;
  return quiet(model, { checkpoint, keep: 9 }).pretrain(tokens(11), options);
}

for (const [what, parts] of Object.entries({ other, own })) {
  Deno.test(`a run of ${what} parts stopped and resumed equals the uninterrupted one bit for bit`, async () => {
    using whole = await tinyModel({ parts });
    const want = await eightSteps(whole).run(hidden);
    await inFolder(async (folder) => {
      using first = await tinyModel({ parts });
      const { status } = await eightSteps(first, folder).run({ ...hidden, until: 4 });
      assert.equal(status, "stopped");
      using second = await tinyModel({ parts });
      const got = await eightSteps(second, folder).resume(folder, hidden);
      assert.equal(got.exact, true);
      assert.deepEqual(numbersOf(got.history), numbersOf(want.history));
      await assertSameWeights(second, whole);
      using loaded = await Model.load(`${folder}/pretrain`, { device: await testDevice(), parts });
      await assertSameWeights(loaded, whole);
      assert.deepEqual(loaded.config, whole.config);
      using again = await Model.load(`${folder}/step-000004`, { device: await testDevice(), parts });
      const gone = await eightSteps(again, folder).resume(folder, hidden);
      assert.deepEqual(numbersOf(gone.history), numbersOf(want.history));
    });
  });
}

Deno.test("a run is not resumed with other parts: the error names them", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel({ parts: other });
    await eightSteps(model, folder).run({ ...hidden, until: 4 });
    using paper = await tinyModel();
    using renamed = await tinyModel({ parts: { ...other, activation: squaredRelu } });
    for (
      const [wrong, message] of [[paper, /model\.parts was .*layer.*gelu/], [
        renamed,
        /squared-relu/,
      ]] as const
    ) {
      const error = await errorOf(eightSteps(wrong, folder).resume(folder, hidden));
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      const forced = await errorOf(eightSteps(wrong, folder).resume(folder, { ...hidden, force: true }));
      assert.ok(forced instanceof FormatError, String(forced));
    }
    await assert.rejects(restoreModel(paper, `${folder}/step-000004`), (error: Error) => {
      assert.match(error.message, /of a model with norm "layer", activation "gelu", position "learned"/);
      return true;
    });
  });
});

/** Makes a trainer of four steps in two lanes. */
function lanes(model: Model, checkpoint?: string): Trainer {
  const options = { ...short, steps: 4, microBatch: 2, validation: false } as const;
  return quiet(model, { checkpoint, parallel: { lanes: 2 } }).pretrain(tokens(11), options);
}

Deno.test("two ranks give the numbers of one process with two lanes, bit for bit, with a part of one's own too", async () => {
  const parts = { ...other, activation: squaredRelu };
  using whole = await tinyModel({ parts });
  const want = await lanes(whole).run(hidden);
  const results = await ranks(
    2,
    async (model) => {
      const result = await lanes(model).run(hidden);
      await assertSameWeights(model, whole);
      return result;
    },
    1,
    { parts },
  );
  for (const { history } of results) assert.deepEqual(numbersOf(history), numbersOf(want.history));
});

Deno.test("a model of other parts that two ranks hold trains and saves as one process within the bounds of f32", async () => {
  using whole = await tinyModel({ parts: other });
  const want = await eightSteps(whole).run({ ...hidden, until: 4 });
  await inFolder(async (folder) => {
    const results = await ranks(
      2,
      (model) => eightSteps(model, folder).run({ ...hidden, until: 4 }),
      2,
      { parts: other },
    );
    for (const { history } of results) {
      assert.deepEqual(numbersOf(history), numbersOf(results[0].history));
      history.forEach(({ loss }, i) =>
        assert.ok(Math.abs(loss / want.history[i].loss - 1) < 2e-6, `step ${i + 1}`)
      );
    }
    using loaded = await Model.load(`${folder}/step-000004`, { device: await testDevice() });
    const weights = await whole.parameters();
    for (const [name, data] of await loaded.parameters()) {
      const wanted = weights.get(name)!;
      assert.ok(data.every((x, i) => Math.abs(x - wanted[i]) < 1e-4), name);
    }
  });
});

Deno.test("parts of one's own are not cut between ranks", async () => {
  const errors = await ranks(2, () => Promise.resolve("made"), 2, { parts: own }).catch((error: Error) =>
    error
  );
  assert.ok(errors instanceof ConfigError, String(errors));
  assert.match(
    errors.message,
    /activation "squared-relu" and forward "written out" of the model is your own/,
  );
  assert.throws(
    () => Model.plan("nano", { tokens: 1e3, parts: own, parallel: { processes: 2, model: 2 } }),
    /plan\.parallel\.model: activation "squared-relu"/,
  );
});

Deno.test("parts of one's own are launched only with a module that exports them", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel({ parts: own });
    const error = await errorOf(eightSteps(model, folder).launch({ ranks: 2, display: false }).finished);
    assert.ok(error instanceof ConfigError, String(error));
    assert.match(
      error.message,
      /activation "squared-relu" and forward "written out", the module exports none.*export const parts/,
    );
  });
});

const { ignore, reason, command } = openMpi;
Deno.test(`launched ranks take parts of one's own from the module${reason}`, { ignore }, async () => {
  await inFolder(async (folder) => {
    const text = Array.from({ length: 80 }, (_, i) => `llama ${i} hums`).join("\n");
    await Deno.writeTextFile(`${folder}/texts.txt`, text);
    const data = Dataset.lines(`${folder}/texts.txt`);
    const tokenizer = await Tokenizer.train(data, { vocabSize: 280 });
    const address = new URL("../model/parts_models.ts", import.meta.url);
    const module = `${folder}/parts.ts`;
    await Deno.writeTextFile(
      module,
      `import { squaredRelu } from "${address}"; export const parts = { activation: squaredRelu };`,
    );
    const make = async () => {
      const shape = { dim: 32, layers: 1, heads: 2 };
      const parts = { activation: squaredRelu };
      return await Model.create(shape, { tokenizer, context: 12, parts, device: await testDevice() });
    };
    const train = (model: Model, checkpoint: string) =>
      quiet(model, { checkpoint, parallel: { lanes: 2 } })
        .pretrain(data, { ...short, steps: 3, validation: false });
    using alone = await make();
    const want = await train(alone, `${folder}/alone`).run(hidden);
    using model = await make();
    const options = { ranks: 2, launcher: [...command], module, display: false };
    const got = await train(model, `${folder}/ranks`).launch(options);
    assert.deepEqual(numbersOf(got.history), numbersOf(want.history));
    await assertSameWeights(model, alone);
  });
});
