/**
 * File formats: bytes to named arrays and back, without a GPU.
 *
 * @module
 */
export { type Write, writeAtomically } from "./atomic_file.ts";
export { type SafeDType, type TensorArray } from "./dtype.ts";
export { GgufFile, openGguf } from "./gguf.ts";
export type { GgufHeader, GgufTensor, GgufValue } from "./gguf_header.ts";
export type { WrittenType } from "./gguf_pack.ts";
export type { GgufType } from "./gguf_types.ts";
export { writeGguf, type WrittenTensor, type WrittenValue } from "./gguf_write.ts";
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
