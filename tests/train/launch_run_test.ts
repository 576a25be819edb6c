// Runs that start ranks of their own: the same numbers as in one process, commands, and errors that say what to do.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { Trainer } from "../../src/train/mod.ts";
import { numbersOf } from "./ranks_chain.ts";
import { testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { openMpi } from "../support/mpi.ts";
import { assertSameWeights } from "./support.ts";

const { ignore, reason, command } = openMpi;
const launcher = [...command];

/** A model, and a file of texts whose recipe needs a function of a module. */
async function setUp(folder: string) {
  const texts = Array.from(
    { length: 60 },
    (_, i) => `the ${i} whales swim ${i * i} miles and rest ${i % 7} days`,
  );
  const file = join(folder, "texts.txt");
  await Deno.writeTextFile(file, texts.join("\n"));
  const module = join(folder, "parts.ts");
  await Deno.writeTextFile(
    module,
    `export const functions = {
       upper: (document) => ({ ...document, text: document.text.toUpperCase() }),
       failing: (document) => { if (document.text.includes(" 31 ")) throw new Error("no such whale"); return document; },
     };`,
  );
  const { functions } = await import(`file://${module}`);
  const data = Dataset.lines(file);
  const tokenizer = await Tokenizer.train(data, { vocabSize: 300 });
  const make = async (seed = 42) => {
    const shape = { dim: 32, layers: 2, heads: 2, hidden: 48 };
    return await Model.create(shape, { tokenizer, context: 12, seed, device: await testDevice("fast") });
  };
  const chain = (model: Model, checkpoint: string, fn = "upper", steps = 8, log?: string) =>
    new Trainer(model, { checkpoint, energy: { watts: 50 }, log, parallel: { lanes: 2 } }).pretrain(
      data.map(functions[fn], { name: fn }),
      { steps, batchTokens: 60, learningRate: 3e-3, warmup: 3, checkpointEvery: 3 },
    );
  return { make, chain, module, data };
}

Deno.test(`a launched run has the numbers and the weights of one process${reason}`, { ignore }, async () => {
  await inFolder(async (folder) => {
    const { make, chain, module } = await setUp(folder);
    const [alone, model] = [await make(), await make()];
    const wanted = await chain(alone, join(folder, "alone")).run({ display: false });
    const run = chain(model, join(folder, "ranks"), "upper", 8, "jsonl").launch({
      ranks: 2,
      launcher,
      module,
      display: false,
    });
    const kinds: string[] = [];
    for await (const { type } of run.events()) kinds.push(type);
    const result = await run;
    const logged = Deno.readTextFileSync(join(folder, "ranks/events.jsonl")).trimEnd().split("\n");
    assert.deepEqual(logged.map((line) => JSON.parse(line).type), kinds, "this process alone keeps the log");
    assert.match(result.energy!.source, /^2 devices, each 50 W as given/);
    assert.match(
      String(result),
      /mean speed .* on\s+each\s+of\s+2\s+devices[^]*peak memory +\d[^]*energy +\d/,
    );
    assert.deepEqual(numbersOf(result.history), numbersOf(wanted.history));
    assert.deepEqual(result.validations.map(({ loss }) => loss), wanted.validations.map(({ loss }) => loss));
    assert.deepEqual([result.status, result.devices, result.exact], ["done", 2, true]);
    const { traceEvents }: { traceEvents: { pid: number; name: string }[] } = JSON.parse(run.trace());
    const traced = traceEvents.filter(({ name }) => name === "gradients").map(({ pid }) => pid);
    assert.deepEqual([...new Set(traced)].sort(), [0, 1], "the events of both ranks");
    assert.ok(result.overlap! >= 0 && result.overlap! <= 1, `${result.overlap}`);
    assert.deepEqual(kinds.filter((kind) => kind === "step").length, 8);
    assert.deepEqual([...new Set(kinds)].sort(), [
      "checkpoint",
      "done",
      "stage",
      "step",
      "validation",
      "warning",
    ]);
    await assertSameWeights(model, alone);
    const left = [...Deno.readDirSync(join(folder, "ranks"))].map(({ name }) => name);
    assert.ok(!left.some((name) => name.startsWith("launch")), left.join(" "));
  });
});

Deno.test(`a launched run stops after its step, and goes on${reason}`, { ignore }, async () => {
  await inFolder(async (folder) => {
    const { make, chain, module } = await setUp(folder);
    const model = await make();
    const options = { ranks: 2, launcher, module, display: false };
    const checkpoint = join(folder, "ranks");
    const run = chain(model, checkpoint, "upper", 400).launch(options);
    for await (const { step } of run.events("step")) if (step === 4) run.stop();
    const stopped = await run;
    assert.equal(stopped.status, "stopped");
    assert.ok(stopped.history.length >= 4 && stopped.history.length < 400, `${stopped.history.length}`);
    assert.throws(
      () => chain(model, checkpoint, "upper", 400).launch(options),
      /holds the checkpoints of an earlier run/,
    );
    const steps = stopped.history.length + 2;
    const again = chain(model, checkpoint, "upper", 400).launch({ ...options, resume: true, until: steps });
    const { status, history, exact } = await again;
    assert.deepEqual([status, history.length, exact], ["stopped", steps, true]);
    assert.deepEqual(numbersOf(history.slice(0, -2)), numbersOf(stopped.history));
  });
});

Deno.test(`an error of the ranks is the error of the run${reason}`, { ignore }, async () => {
  await inFolder(async (folder) => {
    const { make, chain, module } = await setUp(folder);
    const run = chain(await make(), join(folder, "ranks"), "failing").launch({
      ranks: 2,
      launcher,
      module,
      display: false,
    });
    await assert.rejects(run, (error: Error) => {
      assert.equal(error.name, "LlameroError");
      assert.match(error.message, /^The ranks failed \(exit code \d+\)\..*no such whale/);
      return true;
    });
    assert.equal(run.status, "failed");
  });
});

Deno.test("a launch that cannot work is refused before anything starts", async () => {
  await inFolder(async (folder) => {
    const { make, chain, module, data } = await setUp(folder);
    const model = await make();
    const stage = { steps: 2, batchTokens: 60, validation: false } as const;
    assert.throws(
      () => new Trainer(model).pretrain(data, stage).launch({ ranks: 2 }),
      /give the trainer a folder/,
    );
    const trainer = new Trainer(model, { checkpoint: join(folder, "ranks") });
    assert.throws(
      () => trainer.pretrain(data, stage).launch({ ranks: 3, modelRanks: 2 }),
      /must divide ranks, 3/,
    );
    const options = { ranks: 2, display: false, launcher: ["no-such-launcher"] };
    const records = trainer.pretrain(Dataset.from([{ text: "a whale" }], { name: "whales" }), stage);
    await assert.rejects(records.launch(options), /JSON does not hold Dataset.from "whales"/);
    await assert.rejects(
      chain(model, join(folder, "ranks")).launch(options),
      /JSON does not hold map "upper"/,
    );
    const watched = trainer.evaluate({ run: () => Promise.resolve(1) }).pretrain(data, stage);
    await assert.rejects(watched.launch(options), /the chain has 1 evaluations, which no recipe holds/);
    await assert.rejects(
      chain(model, join(folder, "ranks")).launch({ ...options, module }),
      /no-such-launcher is not installed. Install MPI/,
    );
    assert.deepEqual([...Deno.readDirSync(join(folder, "ranks"))], []);
  });
});
