/**
 * The compute core: device, tensors, kernels, the recorder with its tape, and programs.
 *
 * An op records kernel calls with a {@linkcode Recorder}; the recorder compiles them into a {@linkcode Program}, which is
 * replayed. The module `ops` shows how to write one.
 *
 * @module
 */
export {
  type BufferOptions,
  defaultDevice,
  Device,
  type DeviceLimits,
  type DeviceOptions,
  type DeviceProfile,
  type KernelFamily,
  type MemoryReport,
  openDevice,
  type OptionalFeature,
} from "./device.ts";
export {
  type Call,
  type Dispatch,
  type Exchange,
  type ExchangeKind,
  isDispatch,
  nameOfCall,
  type RecordedCall,
} from "./call.ts";
export { type Gauge, HighWater } from "../base/high_water.ts";
export { type Binding, type Kernel, kernel, type Param } from "./kernel.ts";
export { type Pass } from "./listing/call_facts.ts";
export { type CallPlace, explain, Explanation } from "./listing/explain_call.ts";
export { type MemoryPlan } from "./memory.ts";
export {
  grid2d,
  isPacked,
  reductions,
  stored,
  vec8Prelude,
  vectorPrelude,
  vectors,
  weightReaders,
  width,
  wordFloats,
  type Workgroups,
} from "./prelude.ts";
export { withinMemory } from "./out_of_memory.ts";
export { type CallTime, Profile, type ProfileOptions } from "./profile.ts";
export { Program, type Remedy, type Segment } from "./program.ts";
export { Recorder, type Save } from "./recorder.ts";
export { type BufferRange, bytesOf, type DType, q8Block, Tensor } from "./tensor.ts";
