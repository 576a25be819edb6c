/**
 * The split of weights into several files with Hugging Face's names, `model-00001-of-00003.safetensors`.
 *
 * @module
 */
import { DTYPE_BYTES } from "../../formats/tensors/dtype.ts";
import { elementsOf } from "../../formats/tensors/matrix.ts";
import type { Parameter } from "../weights/weight_layout.ts";

/** One file of parameters. */
export interface ParameterFile {
  /** Its name. */
  name: string;
  /** Position of its first parameter. */
  from: number;
  /** Position behind its last. */
  to: number;
  /** Bytes of their numbers. */
  bytes: number;
}

/** Number format of a folder's matrices; vectors are f32. */
export type FolderType = "f32" | "f16";

/** Returns the element type in the file of an array of that shape. */
export function fileType(shape: readonly number[], dtype: FolderType): "F32" | "F16" {
  return dtype === "f16" && shape.length > 1 ? "F16" : "F32";
}

/**
 * Splits parameters in their order into files of at most `maxBytes`, with at least one parameter each.
 *
 * @param stem begins the names of the files
 */
export function shardsOf(
  parameters: readonly Pick<Parameter, "shape">[],
  maxBytes: number,
  dtype: FolderType,
  stem = "model",
): ParameterFile[] {
  const shards: ParameterFile[] = [];
  for (const [i, { shape }] of parameters.entries()) {
    const bytes = DTYPE_BYTES[fileType(shape, dtype)] * elementsOf(shape);
    const last = shards.at(-1);
    if (last && last.bytes + bytes <= maxBytes) {
      last.to = i + 1;
      last.bytes += bytes;
    } else shards.push({ name: `${stem}.safetensors`, from: i, to: i + 1, bytes });
  }
  const digits = (n: number) => String(n).padStart(5, "0");
  return shards.map((shard, i) => {
    if (shards.length === 1) return shard;
    return { ...shard, name: `${stem}-${digits(i + 1)}-of-${digits(shards.length)}.safetensors` };
  });
}

/** Returns the text of the index of several files, which names the file of each parameter. */
export function indexText(files: readonly ParameterFile[], names: readonly string[]): string {
  const weight_map = Object.fromEntries(
    files.flatMap(({ name, from, to }) => names.slice(from, to).map((parameter) => [parameter, name])),
  );
  const total_size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return JSON.stringify({ metadata: { total_size }, weight_map }, null, 2) + "\n";
}
