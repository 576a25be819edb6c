/**
 * Every number that a model gives: logits, gradients, updates, a resumed run, files, texts, scores, adapters. Two devices
 * are compared by it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import type { Device } from "../../src/gpu/mod.ts";
import { type BatchRow, Model, type ModelShape, TrainingStep } from "../../src/model/mod.ts";
import { LORA_TARGETS } from "../../src/model/training/lora_options.ts";
import { paperStep } from "./paper_step.ts";

/** The model: a folder, or a shape whose weights are drawn. */
export type Source = string | ModelShape;

/** Numbers, bytes or plain data by what they are. */
export type Observed = Map<string, unknown>;

/** Sequences of a micro-batch. */
const batch = 2;

const open = (device: Device, source: Source, dtype: "f32" | "f16"): Promise<Model> =>
  typeof source === "string"
    ? Model.load(source, { device, dtype })
    : Model.create(source, { device, dtype, seed: 3 });

/** Returns everything that a model of `source` gives on a device; files go into `folder`. */
export async function observeModel(
  device: Device,
  source: Source,
  folder: string,
  dtype: "f32" | "f16" = "f32",
): Promise<Observed> {
  const seen: Observed = new Map();
  using model = await open(device, source, dtype);
  const { context, vocabSize } = model.config;
  const rows = drawn(3 * batch + 1, Math.min(context, 24), vocabSize, 5);
  await observeUse(model, rows, seen);
  await observeTraining(model, rows, folder, seen);
  await observeAdapters(device, source, dtype, rows, seen);
  return seen;
}

/** Logits, an inspection, texts and scores. */
async function observeUse(model: Model, rows: readonly BatchRow[], seen: Observed): Promise<void> {
  const [first, second] = rows.map(({ ids }) => Uint32Array.from(ids));
  seen.set("logits", await model.logits(first));
  const lens = (await model.inspect(first)).logitLens;
  seen.set("lens", lens.map(({ positions }) => positions));
  for (const temperature of [0, 1]) {
    const options = { temperature, maxTokens: 6, seed: 1 };
    seen.set(`text at ${temperature}`, await model.generate(first.slice(0, 5), options).ids());
    const prompts = rows.map(({ ids }, i) => Uint32Array.from(ids).slice(0, 3 + i));
    const texts = await model.generateBatch(prompts, options);
    seen.set(`texts at ${temperature}`, texts.map(({ ids, finish }) => [ids, finish]));
  }
  seen.set("calls of a generation", model.program?.calls.length);
  const pairs = rows.slice(0, 2).map(({ ids }): [Uint32Array, Uint32Array] => {
    const all = Uint32Array.from(ids);
    return [all.slice(0, 7), all.slice(7)];
  });
  seen.set("scores", await model.scoreBatch(pairs));
  const ends = Array.from(
    { length: 6 },
    (_, i): [Uint32Array, Uint32Array] => [second.slice(0, 7), Uint32Array.of(i)],
  );
  seen.set("scores of one prompt", await model.scoreBatch(ends));
}

/** Gradients of every policy, updates, a run resumed from files, and the files. */
async function observeTraining(
  model: Model,
  rows: readonly BatchRow[],
  folder: string,
  seen: Observed,
): Promise<void> {
  const context = rows[0].ids.length;
  const options = { ...paperStep, microBatch: batch, context };
  for (const save of ["all", "linear", "block"] as const) {
    const step = await TrainingStep.create(model, { ...options, save });
    seen.set(`calls of save ${save}`, step.program.calls.length);
    seen.set(`gradients of save ${save}`, await step.gradients(rows));
    step.dispose();
  }
  const step = await TrainingStep.create(model, options);
  for (let n = 1; n <= 3; n++) step.run(rows, n, 1e-2);
  seen.set("records", await step.read());
  const moments = async () => {
    const found: Record<"m" | "v", Map<string, Float32Array>> = { m: new Map(), v: new Map() };
    for (const moment of ["m", "v"] as const) {
      for await (const { parameter, data } of step.moments(moment)) {
        const parts = await Array.fromAsync(data());
        found[moment].set(parameter.name, Float32Array.from(parts.flatMap((part) => [...part])));
      }
    }
    return found;
  };
  seen.set("moments", await moments());
  seen.set("weights", await model.parameters());
  await model.save(`${folder}/saved`);
  await model.save(`${folder}/saved.gguf`);
  seen.set("file", await Deno.readFile(`${folder}/saved/model.safetensors`));
  seen.set("GGUF file", await Deno.readFile(`${folder}/saved.gguf`));
  step.run(rows, 4, 1e-2);
  step.dispose();
  seen.set("weights after a fourth step", await model.parameters());
  using loaded = await Model.load(`${folder}/saved`, { device: model.device });
  seen.set("loaded weights", await loaded.parameters());
  seen.set("loaded logits", await loaded.logits(rows[0].ids));
}

/** Gradients and updates of adapters of all matrices. */
async function observeAdapters(
  device: Device,
  source: Source,
  dtype: "f32" | "f16",
  rows: readonly BatchRow[],
  seen: Observed,
): Promise<void> {
  using model = await open(device, source, dtype);
  const lora = { rank: 4, alpha: 8, targets: LORA_TARGETS, seed: 3 };
  const options = { ...paperStep, microBatch: batch, context: rows[0].ids.length, lora };
  const step = await TrainingStep.create(model, options);
  for (let n = 1; n <= 2; n++) step.run(rows, n, 1e-2);
  seen.set("adapters", await step.adapters!.read());
  seen.set("adapters' gradients", await step.gradients(rows));
  seen.set("adapted weights", await model.parameters());
  step.dispose();
}

/** Draws rows of ids with targets, some of them ignored. */
function drawn(count: number, length: number, vocabSize: number, seed: number): BatchRow[] {
  const random = new Random(seed);
  const id = () => random.below(vocabSize);
  return Array.from({ length: count }, (_, n) => ({
    ids: Array.from({ length }, id),
    targets: Array.from({ length }, (_, t) => t % 5 === n ? -100 : id()),
  }));
}

/** Asserts that everything is the same but the numbers of calls: no fewer, and more in all since matrices were cut. */
export function assertSameNumbers(got: Observed, want: Observed): void {
  let more = 0;
  for (const [name, value] of want) {
    if (name.startsWith("calls")) {
      const added = Number(got.get(name)) - Number(value);
      assert.ok(added >= 0, `${name}: ${got.get(name)}, uncut ${value}`);
      more += added;
    } else assert.deepEqual(got.get(name), value, name);
  }
  assert.ok(more > 0, "nothing was cut");
}
