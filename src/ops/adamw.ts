/**
 * The end of a training step: gradient norm, clipping and AdamW (Loshchilov and Hutter 2019) over flat arrays.
 *
 *     norm = sqrt(sum g^2)                c = min(1, clip / (norm + 1e-6))            g <- c g
 *     m <- b1 m + (1 - b1) g              v <- b2 v + (1 - b2) g^2
 *     w <- w (1 - lr decay) - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
 *
 * where w, g, m and v are weight, gradient and moments of each element, t is the index of the update, and b1, b2, eps, lr
 * and decay are options. Weight decay acts on tensors of two dimensions, which stand first in the arrays.
 *
 * A step whose loss or norm is not finite changes nothing. With `spike` the same holds for a step whose loss exceeds the
 * mean of the updates among the last 128 steps by more than `spike` of their standard deviations (the rule of OLMo 2's
 * training code, which takes 6; PaLM left such batches out by hand). The host reads from the ring which steps were
 * updates.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor, vec8Prelude } from "../gpu/mod.ts";
import adamwSource from "./adamw.wgsl" with { type: "text" };
import finishSource from "./finish.wgsl" with { type: "text" };
import lossSumSource from "./loss_sum.wgsl" with { type: "text" };
import normSource from "./norm.wgsl" with { type: "text" };
import { bindingChunks } from "./binding_chunks.ts";

/**
 * Flat arrays of equal length, each in chunks that lie one behind another. The chunks of all four are of equal sizes,
 * multiples of 64 elements, and all but the last of {@linkcode normPart}.
 */
export interface AdamWArrays {
  /** Weights: the first `decayed` elements belong to tensors of two dimensions. */
  weights: readonly Tensor[];
  /** Sums of gradients over the micro-batches. */
  gradients: readonly Tensor[];
  /** First moments. */
  m: readonly Tensor[];
  /** Second moments. */
  v: readonly Tensor[];
  /** Number of elements with weight decay, a multiple of 8. */
  decayed: number;
}

/** Constants of AdamW. */
export interface AdamWOptions {
  /** Decay of the first moment. */
  beta1: number;
  /** Decay of the second moment. */
  beta2: number;
  /** Added to the root of the second moment. */
  epsilon: number;
}

/** Values that change from step to step. */
export interface StepValues {
  /** Number of targets of the whole batch that are not ignored. */
  kept: number;
  /** Learning rate of this step. */
  learningRate: number;
  /** Decoupled weight decay. */
  weightDecay: number;
  /** Index of the update, counted from 1. */
  t: number;
  /** Gradient norm above which gradients are scaled down to it. */
  clip: number;
  /** Slot of the ring that receives the record of the step. */
  slot: number;
  /** Standard deviations above which a loss is a spike; default 0, which applies every finite step. */
  spike?: number;
}

/** Returns the values of a step as kernels read them: [1/kept, lr, decay, 1/(1-b1^t), 1/(1-b2^t), clip, slot, spike]. */
export function stepWords(values: StepValues, { beta1, beta2 }: AdamWOptions): Float32Array<ArrayBuffer> {
  const { kept, learningRate, weightDecay, t, clip, slot, spike = 0 } = values;
  const scale = kept > 0 ? 1 / kept : 0;
  return Float32Array.of(
    scale,
    learningRate,
    weightDecay,
    1 / (1 - beta1 ** t),
    1 / (1 - beta2 ** t),
    clip,
    slot,
    spike,
  );
}

/** Records `loss` [1] += step[0] * sum of `nll` [R]. */
export function lossSum(r: Recorder, nll: Tensor, step: Tensor, loss: Tensor): void {
  const made = kernel("loss_sum", lossSumSource, {}, reductions(r.device));
  r.call(made, { nll, step, loss }, { rows: nll.size }, [1]);
}

/** Gradients per workgroup of the norm: each sum of so many squares is a number of its own. */
export const normPart = 4096;

/** Tensors that {@linkcode finishStep} reads and writes. */
export interface StepState {
  /** [8] the words of {@linkcode stepWords}. */
  step: Tensor;
  /** [1] the loss of the batch. */
  loss: Tensor;
  /** [2] factor on the gradients, and 1 if the update happens, else 0. */
  control: Tensor;
  /** [slots, 4] records of the last steps: loss, norm, 1 if updated else 0, learning rate. */
  ring: Tensor;
}

/** Records the norm of `gradients`, chunks of one array, the clipping factor and the record of the step. */
export function finishStep(r: Recorder, gradients: readonly Tensor[], state: StepState): void {
  const parts = r.tensor("norm parts", [normPartsOf(gradients)]);
  normParts(r, gradients, parts);
  finishParts(r, parts, state);
}

/** Returns the number of parts of the norm of chunks that begin at parts. */
export function normPartsOf(gradients: readonly Tensor[]): number {
  return gradients.reduce((sum, chunk) => sum + Math.ceil(chunk.size / normPart), 0);
}

/** Records `parts` [n], the sum of the squares of each {@linkcode normPart} gradients. All chunks begin at parts. */
export function normParts(r: Recorder, gradients: readonly Tensor[], parts: Tensor): void {
  const made = kernel("norm", normSource, {}, reductions(r.device));
  let first = 0;
  for (const chunk of gradients) {
    for (const { start, size } of bindingChunks(r, chunk, normPart)) {
      const g = chunk.view(chunk.name, [size], start);
      const groups = Math.ceil(size / normPart);
      r.call(made, { g, parts }, { size: size / 4, first }, grid2d(groups));
      first += groups;
    }
  }
}

/** Records the end of the norm, whose `parts` [n] are those of the whole array: clipping factor and record of the step. */
export function finishParts(r: Recorder, parts: Tensor, { step, loss, control, ring }: StepState): void {
  r.call(
    kernel("finish", finishSource, {}, reductions(r.device)),
    { parts, loss, step, control, ring },
    { parts: parts.size },
    [1],
  );
}

/** Records the update of the weights, which happens where `control[1]` is 1. */
export function adamw(r: Recorder, arrays: AdamWArrays, state: StepState, options: AdamWOptions): void {
  let { decayed } = arrays;
  arrays.weights.forEach((weights, i) => {
    const [gradients, m, v] = [arrays.gradients[i], arrays.m[i], arrays.v[i]];
    updateChunk(r, { weights, gradients, m, v }, decayed, state, options);
    decayed -= weights.size;
  });
}

/** Records the update of one chunk, whose first `decayed` elements take weight decay, by ranges that can be bound. */
function updateChunk(
  r: Recorder,
  chunk: Record<"weights" | "gradients" | "m" | "v", Tensor>,
  decayed: number,
  { step, control }: StepState,
  { beta1, beta2, epsilon }: AdamWOptions,
): void {
  // A software adapter computes the eights of a workgroup one after another and reads the constants once.
  const [WG, TIMES] = r.device.family === "subgroup" ? [r.device.subgroup, 128 / r.device.subgroup] : [64, 1];
  const made = kernel("adamw", adamwSource, { WG, TIMES }, vec8Prelude(r.device, "g", "weights", "m", "v"));
  for (const { start, size } of bindingChunks(r, chunk.weights, 64)) {
    const cut = (t: Tensor) => t.view(t.name, [size], start);
    const args = {
      g: cut(chunk.gradients),
      step,
      control,
      weights: cut(chunk.weights),
      m: cut(chunk.m),
      v: cut(chunk.v),
    };
    const decaying = Math.min(size, Math.max(0, decayed - start)) / 8;
    r.call(
      made,
      args,
      { size: size / 8, decayed: decaying, beta1, beta2, epsilon },
      grid2d(Math.ceil(size / 8 / WG / TIMES)),
    );
  }
}
