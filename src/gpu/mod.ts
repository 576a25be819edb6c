/**
 * The compute core: device, tensors, kernels, the recorder with its tape, and programs.
 *
 * @module
 */
export {
  defaultDevice,
  Device,
  type DeviceOptions,
  type Family,
  type MemoryReport,
  openDevice,
  type Target,
  type Wish,
} from "./device.ts";
export { type Call } from "./call.ts";
export { type Binding, type Kernel, kernel, type Param } from "./kernel.ts";
export { type MemoryPlan } from "./memory.ts";
export {
  eights,
  elements,
  fold,
  type Grid,
  reductions,
  stored,
  vectors,
  width,
  wordFloats,
} from "./prelude.ts";
export { type CallTime, Profile, type ProfileOptions } from "./profile.ts";
export { Program } from "./program.ts";
export { Recorder, type Save } from "./recorder.ts";
export { bytesOf, type DType, type Storage, Tensor } from "./tensor.ts";
