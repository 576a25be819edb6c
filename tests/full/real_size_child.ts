/**
 * A model in its own process: it loads, generates or trains one step, and prints results and the peak of its memory.
 *
 * On a software adapter GPU buffers are memory of the process.
 *
 *     deno run -A real_size_child.ts ask|step FOLDER f32|f16|q8 < REQUEST
 *
 * @module
 */
import { Model, TrainingStep } from "../../src/model/mod.ts";
import { drainArena } from "../../src/model/weights/stream_weights.ts";
import { weightBytes } from "../../src/model/summary.ts";
import { stateOf } from "../../src/model/model_state.ts";

/** A prompt, the number of ids to write after it, or a sequence to train on. */
export interface Request {
  /** The prompt, or the inputs of the step. */
  ids: number[];
  /** Ids to write. */
  greedy: number;
  /** Parameters of which the first numbers are returned after the step. */
  samples: string[];
}

/** Results of the process. */
export interface Answer {
  /** Peak of the resident memory in bytes. */
  peak: number;
  /** Resident memory before anything was loaded, in bytes. */
  start: number;
  /** Bytes that the model's summary or plan states. */
  planned: number;
  /** Bytes of the GPU's buffers at their largest. */
  gpu: number;
  /** Logits of the last two positions. */
  logits?: number[];
  /** Ids written. */
  written?: number[];
  /** Loss of the step. */
  loss?: number;
  /** Norm of its gradients. */
  norm?: number;
  /** The first 64 numbers of each sample after the step. */
  weights?: Record<string, number[]>;
  /** Seconds of loading, of the prompt with the first id, of all ids, of the step with compilation. */
  seconds: number[];
}

/** Hyperparameters of the step, which the test applies to the oracle's gradients. */
export const adam = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
/** Learning rate of the step. */
export const learningRate = 1e-3;

const memory = (key: string) => {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)![1]) * 1024;
};

async function main([action, folder, dtype]: string[]): Promise<Answer> {
  const { ids, greedy, samples }: Request = JSON.parse(await new Response(Deno.stdin.readable).text());
  const start = memory("VmRSS");
  const began = performance.now();
  const seconds: number[] = [];
  const clock = () => seconds.push(Math.round((performance.now() - began) / 10) / 100);
  const model = await Model.load(folder, { dtype: dtype as Model["dtype"], context: 128 });
  clock();
  const result = action === "ask"
    ? await ask(model, ids, greedy, clock)
    : await step(model, ids, samples, clock);
  return { start, peak: memory("VmHWM"), gpu: model.device.memory().peak, seconds, ...result };
}

async function ask(model: Model, ids: number[], greedy: number, clock: () => void) {
  const logits = await model.logits(ids);
  clock();
  const written = await model.generate(Uint32Array.from(ids), { temperature: 0, maxTokens: greedy }).ids();
  clock();
  const { read, position } = weightBytes(stateOf(model));
  const planned = read + position * (ids.length + greedy + 32); // the padding of the last part of a prompt
  return { planned, logits: [...logits.slice(-2 * model.config.vocabSize)], written: [...written] };
}

async function step(model: Model, ids: number[], samples: string[], clock: () => void) {
  const context = ids.length - 1;
  const plan = model.plan({ tokens: context, microBatch: 1, batchTokens: context, context, save: "block" });
  const made = await TrainingStep.create(model, { ...adam, microBatch: 1, context, save: "block" });
  clock();
  made.run([{ ids: ids.slice(0, -1), targets: ids.slice(1) }], 1, learningRate);
  const [{ loss, gradNorm: norm }] = await made.read();
  clock();
  const { device, layout, store } = stateOf(model);
  const weights: Record<string, number[]> = {};
  const parameters = layout.parameters.filter(({ name }) => samples.includes(name))
    .map((parameter) => ({ ...parameter, shape: [64] }));
  for await (const { parameter, data } of drainArena(device, { parameters }, store)) {
    for await (const numbers of data()) weights[parameter.name] = [...numbers];
  }
  return { planned: plan.facts.bytes.total, loss, norm, weights };
}

if (import.meta.main) {
  console.log(JSON.stringify(await main(Deno.args)));
  Deno.exit(0);
}
