/**
 * The operations of the model, each a list of kernel calls forward and, right under it, backward.
 *
 * An op is a function of a {@linkcode Recorder} and tensors: it records its forward calls and leaves its backward calls on
 * the recorder's tape. Its file opens with the formulas, forward then backward; its kernels stand beside it, `x.wgsl`
 * forward and `x_grad.wgsl` backward. Fast kernels are templates, which unroll.ts expands; the WGSL of a recorded call is
 * `call.kernel.code`. Capitals in shapes mean, in formulas, comments and kernels:
 *
 *     B    sequences of a batch                 D    width of the model
 *     T    rows (positions) of a sequence       F    width of the feed-forward block
 *     S    key rows of a sequence               V    tokens of the vocabulary
 *     R    rows of all sequences, B T           C    columns of any matrix of rows
 *     H    query heads                          M N  rows and columns of a product
 *     Hkv  key and value heads                  K    its inner length
 *     E    numbers in a head
 *
 * `dx` is the gradient of the loss by x. `dW +=` means that kernels add it to `gradSum` of the weight W, in which
 * micro-batches accumulate.
 *
 * An op of your own needs no more than that, and {@linkcode checkGradients} compares its two halves:
 *
 * ```ts
 * import { grid2d, kernel, openDevice, type Recorder, type Tensor } from "@llamero/sdk/gpu";
 * import { checkGradients } from "@llamero/sdk/ops";
 *
 * const source = `
 * @group(0) @binding(0) var<storage, read> a: array<f32>;
 * @group(0) @binding(1) var<storage, read> b: array<f32>;
 * @group(0) @binding(2) var<storage, read_write> y: array<f32>;
 * struct Params { size: u32, factor: f32 }
 * @group(0) @binding(3) var<uniform> p: Params;
 *
 * @compute @workgroup_size(64)
 * fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
 *     @builtin(local_invocation_index) lane: u32) {
 *   let i = (w.y * groups.x + w.x) * 64u + lane;
 *   if (i < p.size) { y[i] = p.factor * a[i] * b[i]; }
 * }`;
 *
 * function multiply(r: Recorder, a: Tensor, b: Tensor, factor: number): Tensor {
 *   const y = r.tensor("product", a.shape);
 *   r.call(kernel("multiply", source), { a, b, y }, { size: a.size, factor }, grid2d(Math.ceil(a.size / 64)));
 *   return y;
 * }
 *
 * // y = x^2        dx = 2 x dy
 * function square(r: Recorder, x: Tensor): Tensor {
 *   const y = multiply(r, x, x, 1);
 *   r.onBackward(() => r.grad(x, multiply(r, r.forBackward(x), y.grad!, 2)));
 *   return y;
 * }
 *
 * const device = await openDevice();
 * const x = { shape: [2, 2], data: Float32Array.of(1, 2, -3, 4) };
 * const dy = Float32Array.of(1, -1, 2, 0.5);
 * const { error } = await checkGradients(device, (r, { x }) => square(r, x), { x }, { dy });
 * if (error > 1e-3) throw new Error("The backward pass does not belong to the forward pass");
 * device.close();
 * ```
 *
 * @module
 */
export {
  adamw,
  type AdamWArrays,
  type AdamWOptions,
  finishParts,
  finishStep,
  lossSum,
  normPart,
  normParts,
  normPartsOf,
  type StepState,
  type StepValues,
  stepWords,
} from "./adamw.ts";
export { add } from "./add.ts";
export { argmax } from "./argmax.ts";
export { kernelRevision } from "./kernel_revision.ts";
export { cacheRows } from "./kv_cache.ts";
export { cast } from "./cast.ts";
export { attention, type AttentionInput, type AttentionShape } from "./attention/attention.ts";
export {
  checkGradients,
  type GradientCheck,
  type OpResult,
  type OpUnderTest,
  readTensor,
  runOp,
  upload,
  type Values,
} from "./check_gradients.ts";
export { crossEntropy, type LossInput, outputLoss } from "./cross_entropy.ts";
export { embedding, sortRows, type TokenRows } from "./embedding.ts";
export {
  candidates,
  type Choice,
  currentKernelTable,
  type KernelChoices,
  kernelTable,
  type ShapeClass,
  type Size,
  useKernelTable,
} from "./matmul/kernel_table.ts";
export { gelu } from "./gelu.ts";
export { layernorm } from "./layernorm.ts";
export { learnedPositions } from "./learned_positions.ts";
export { gatherRows, scatterRows, sumRows } from "./row_exchange.ts";
export { linear } from "./linear.ts";
export { type AdaptedBlock, type Adapter, addAdapter, gatherBlock, spreadBlock } from "./lora.ts";
export { type Layout, matmul, product } from "./matmul/matmul.ts";
export { type Matrices } from "./matmul/shared.ts";
export { relu } from "./relu.ts";
export { rmsnorm } from "./rmsnorm.ts";
export {
  alignedRows,
  type BindingLimit,
  type BoundRows,
  cutRows,
  type RowRange,
  rowRanges,
  rowsOf,
} from "./row_ranges.ts";
export { permuteRopeRows, rope, ropeAngles, type RopeLayout, type RopeOptions } from "./rope.ts";
export { softmax } from "./softmax.ts";
export { swiglu } from "./swiglu.ts";
export {
  type Comparison,
  type Extents,
  tune,
  type TuneOptions,
  Tuning,
  type TuningRecord,
  type TuningSource,
} from "./matmul/tune.ts";
