/**
 * File formats: bytes to named arrays and back, without a GPU.
 *
 * @module
 */
export { type Write, writeAtomically } from "./atomic_file.ts";
export { type SafeDType, type TensorArray } from "./dtype.ts";
export { type Matrix } from "./matrix.ts";
export { OpenFile } from "./open_file.ts";
export {
  openSafetensors,
  parseSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type Safetensors,
  SafetensorsFile,
  type Tensor,
} from "./safetensors.ts";
export { type SafetensorsHeader, type TensorInfo } from "./safetensors_header.ts";
export {
  type TensorData,
  type TensorEntry,
  type TensorShape,
  type WriteOptions,
  writeSafetensors,
} from "./safetensors_write.ts";
