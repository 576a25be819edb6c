/**
 * Inspection of a model while it reads a prompt: one forward pass whose inner tensors are kept and read back.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { withProgress } from "../../display/mod.ts";
import { restrided } from "../../formats/tensors/matrix.ts";
import { type Device, Recorder, type Tensor } from "../../gpu/mod.ts";
import { Batch } from "../architecture/batch.ts";
import { embed, llama, normalise } from "../architecture/llama.ts";
import type { InnerPlace } from "../architecture/llama_input.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";
import { headDim, heldBlock } from "../architecture/shard.ts";
import { runProgram } from "../exchange_rows.ts";
import { gatherColumns } from "../ranks/gather_parts.ts";
import { copyParameters } from "../lifecycle/model_parameters.ts";
import { promptIds, startId } from "../generation/prompt_ids.ts";
import { type ModelHandle, type ModelState, type Prompt, stateOf } from "../model_state.ts";
import { outputLogits } from "../scoring/logits.ts";
import { TrainingStep } from "../training/training_step.ts";
import { Inspection, type Lens, type LensToken } from "./inspection.ts";
import {
  type ActivationStatistics,
  type GradientStatistics,
  gradientStatistics,
  spreadOf,
} from "./statistics.ts";

/** Options of an inspection. */
export interface InspectOptions {
  /** Also runs the backward pass of the prompt's own next-token loss, which takes a training step's memory (default false). */
  gradients?: boolean;
  /** Tokens that the logit lens keeps per layer and position, most likely first (default 5). */
  top?: number;
}

const schema = optionsSchema<InspectOptions>("InspectOptions")(z.strictObject({
  gradients: z.boolean().default(false),
  top: z.int().min(1).max(100).default(5),
}));

/**
 * Runs a prompt through the model and keeps its inner tensors.
 *
 * @throws {ConfigError} for a prompt longer than the context, or gradients of a prompt of one token
 * @throws {DataError} for an id outside the vocabulary
 */
export async function inspectModel(
  model: ModelHandle,
  prompt: Prompt,
  options: InspectOptions = {},
): Promise<Inspection> {
  const state = stateOf(model);
  const { gradients, top } = parseOptions(schema, options, "Model.inspect");
  const ids = inspectedIds(state, prompt, gradients);
  const nameOf = (id: number) => state.tokenizer?.tokenOf(id) ?? String(id);
  const inside = await withProgress("looking inside", {}, () => forward(state, ids, top, nameOf));
  const loss = gradients
    ? await withProgress("computing gradients", {}, () => backward(model, ids))
    : undefined;
  const { name, config } = state;
  return new Inspection({ model: name, config, ids, tokens: [...ids].map(nameOf), ...inside, ...loss });
}

/** Returns the ids of a prompt; BOS goes in front of text where the tokenizer adds one, and stands for an empty prompt. */
function inspectedIds(model: ModelState, prompt: Prompt, gradients: boolean): Uint32Array {
  if (typeof prompt === "string" && prompt !== "") model.requireTokenizer("inspect text");
  const given = prompt === "" ? [] : promptIds(model, prompt);
  const ids = Uint32Array.from(given.length ? given : [startId(model)]);
  const { context } = model.config;
  if (ids.length > context) {
    throw new ConfigError(
      `Cannot inspect: the prompt has ${ids.length} tokens, the model's context is ${context}. ` +
        `Shorten the prompt, or give the ids that matter: ids.slice(-${context})`,
    );
  }
  if (gradients && ids.length < 2) {
    throw new ConfigError(
      "Cannot inspect gradients: the prompt must have at least 2 tokens, current count is 1",
    );
  }
  return ids;
}

/** The findings of the forward pass. */
interface ForwardFindings {
  qkv: Float32Array[];
  activations: ActivationStatistics[];
  logitLens: Lens[];
}

async function forward(
  model: ModelState,
  ids: Uint32Array,
  top: number,
  nameOf: (id: number) => string,
): Promise<ForwardFindings> {
  const { device, layout, angles, config, name } = model;
  const owner = `${name}: inspect`;
  const batch = new Batch(device, owner, 1, ids.length, config.vocabSize);
  try {
    batch.fill([{ ids }]);
    const r = new Recorder(device, "all", false);
    const weights = layout.views(model);
    const watched: { layer?: number; place: InnerPlace | "embedding"; tensor: Tensor }[] = [];
    const { tokens, positions, spans } = batch;
    const watch = (layer: number, place: InnerPlace, tensor: Tensor) =>
      watched.push({ layer, place, tensor });
    const input = { tokens, positions, spans, angles, batch: 1, watch, shard: layout.shard };
    watched.push({ place: "embedding", tensor: embed(r, weights, input) });
    llama(r, weights, input, config);
    const program = await r.compile(owner, watched.map(({ tensor }) => tensor));
    try {
      await runProgram(program, model.group);
      const qkv: Float32Array[] = [];
      const activations: ActivationStatistics[] = [];
      const logitLens: Lens[] = [];
      for (const { layer, place, tensor } of watched) {
        const numbers = await wholeRows(model, place, tensor);
        if (place === "qkv") {
          qkv.push(numbers);
          continue;
        }
        activations.push({ layer, place, ...spreadOf(numbers) });
        if (place !== "residual" && place !== "embedding") continue;
        const logits = await lensLogits(model, weights, tensor);
        logitLens.push({ layer, positions: likeliestTokens(logits, config.vocabSize, top, nameOf) });
      }
      return { qkv, activations, logitLens };
    } finally {
      program.dispose();
    }
  } finally {
    batch.dispose();
  }
}

/** Reads the numbers of a place as f32, with the columns that other processes hold and without columns of zeros. */
async function wholeRows(
  { device, layout: { config, shard }, group }: ModelState,
  place: InnerPlace | "embedding",
  tensor: Tensor,
): Promise<Float32Array<ArrayBuffer>> {
  const numbers = await read(device, tensor);
  const held = (rank: number) => heldBlock(config, { ...shard, rank });
  if (place === "gate") {
    const lines = restrided(numbers, tensor.cols, held(shard.rank).lines);
    return await gatherColumns(group, lines, tensor.rows, (rank) => [held(rank).lines]);
  }
  if (place !== "qkv") return numbers;
  const { heads, kvHeads } = held(shard.rank);
  const widths = [heads, kvHeads, kvHeads].map((count) => count * headDim(config));
  return await gatherColumns(group, numbers, tensor.rows, () => widths);
}

/** Reads a tensor as f32. */
async function read(device: Device, tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const [bytes] = await device.read([tensor.range()]);
  return tensor.dtype === "f16" ? Float32Array.from(new Float16Array(bytes)) : new Float32Array(bytes);
}

/**
 * Computes the logits [T, V] of the residual stream `x` [T, D] by the last norm and the output matrix. Each layer has
 * programs of its own, so that only one layer's logits are in memory.
 */
async function lensLogits(model: ModelState, weights: LlamaWeights, x: Tensor): Promise<Float32Array> {
  const { device, config, name } = model;
  const r = new Recorder(device, "all", false);
  const owner = `${name}: logit lens`;
  const normed = normalise(r, x, config, weights.norm, weights.normBias);
  const program = await r.compile(owner, [normed]);
  try {
    program.replay();
    return await outputLogits(model, owner, normed, weights.output);
  } finally {
    program.dispose();
  }
}

/** Returns the `top` tokens of each row, most likely first. */
function likeliestTokens(
  logits: Float32Array,
  V: number,
  top: number,
  nameOf: (id: number) => string,
): LensToken[][] {
  return Array.from({ length: logits.length / V }, (_, t) => {
    const row = logits.subarray(t * V, (t + 1) * V);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((total, x) => total + Math.exp(x - largest), 0);
    const order = Array.from(row.keys()).sort((a, b) => row[b] - row[a]).slice(0, top);
    return order.map((id) => ({ id, token: nameOf(id), probability: Math.exp(row[id] - largest) / sum }));
  });
}

/** Computes loss and gradients of the prompt by a training step that never updates. */
async function backward(
  model: ModelHandle,
  ids: Uint32Array,
): Promise<{ loss: number; gradients: GradientStatistics[] }> {
  const row = { ids: ids.subarray(0, -1), targets: ids.subarray(1) };
  const step = await TrainingStep.create(model, {
    microBatch: stateOf(model).group.size, // processes share the rows equally; the prompt is the first sequence
    context: row.ids.length,
    save: "linear",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 1,
    remedy: "Leave out gradients, give a shorter prompt, or use an adapter or a memoryLimit that has room",
  });
  try {
    const { loss, gradients } = await step.gradients([row]);
    return { loss, gradients: gradientStatistics(gradients, await copyParameters(model)) };
  } finally {
    step.dispose();
  }
}
