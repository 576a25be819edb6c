/**
 * File formats of models: safetensors and GGUF, read and written without a GPU.
 *
 * @module
 */
export { type Write, writeAtomically } from "./atomic_file.ts";
export { type SafeDType, type TensorArray } from "./tensors/dtype.ts";
export { GgufFile, openGguf } from "./gguf/reader.ts";
export type { GgufHeader, GgufTensor, GgufValue } from "./gguf/header.ts";
export type { WrittenType } from "./gguf/gguf_pack.ts";
export type { GgufType } from "./gguf/types.ts";
export { writeGguf, type WrittenTensor, type WrittenValue } from "./gguf/writer.ts";
export { type FileMatrix } from "./tensors/matrix.ts";
export { OpenFile } from "./open_file.ts";
export {
  type FileTensor,
  openSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type Safetensors,
  SafetensorsFile,
} from "./tensors/safetensors.ts";
export { type SafetensorsHeader, type TensorInfo } from "./tensors/safetensors_header.ts";
export {
  type SafetensorsWriteOptions,
  type TensorData,
  type TensorEntry,
  type TensorShape,
  writeSafetensors,
} from "./tensors/safetensors_write.ts";
