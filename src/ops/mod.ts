/**
 * The operations of the model: each is a forward and a backward list of kernel calls, side by side.
 *
 * An op of your own is a function that takes a `Recorder`, records kernel calls and leaves its backward with
 * `r.onBackward`; {@linkcode checkGradients} tells whether the two belong together.
 *
 * @module
 */
export {
  adamw,
  type AdamWOptions,
  type Arena,
  finishStep,
  lossSum,
  type StepState,
  type StepValues,
  stepWords,
} from "./adamw.ts";
export { add } from "./add.ts";
export { argmax } from "./argmax.ts";
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
  type KernelChoices,
  kernelTable,
  type ShapeClass,
  type Size,
  useKernelTable,
} from "./matmul/kernel_table.ts";
export { linear } from "./linear.ts";
export { type AdaptedBlock, type Adapter, addAdapter, gatherBlock, spreadBlock } from "./lora.ts";
export { type Layout, matmul, product } from "./matmul/matmul.ts";
export { rmsnorm } from "./rmsnorm.ts";
export { permuteRopeRows, rope, ropeAngles, type RopeLayout, type RopeOptions } from "./rope.ts";
export { softmax } from "./softmax.ts";
export { swiglu } from "./swiglu.ts";
export { type Extents, tune, type TuneOptions, type Tuning } from "./matmul/tune.ts";
