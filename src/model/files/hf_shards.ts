/**
 * The split of weights into several files with Hugging Face's names, `model-00001-of-00003.safetensors`.
 *
 * @module
 */
import { DTYPE_BYTES } from "../../formats/tensors/dtype.ts";
import { elementsOf } from "../../formats/tensors/matrix.ts";
import type { Parameter } from "../weights/weight_layout.ts";

/** One file of weights. */
interface WeightShard {
  /** Its name. */
  name: string;
  /** The parameters that it holds. */
  parameters: Parameter[];
  /** Bytes of their numbers. */
  bytes: number;
}

/** Number format of a folder's matrices; vectors are f32. */
export type FolderType = "f32" | "f16";

/** Returns the element type in the file of an array of that shape. */
export function fileType(shape: readonly number[], dtype: FolderType): "F32" | "F16" {
  return dtype === "f16" && shape.length > 1 ? "F16" : "F32";
}

/** Splits parameters in their order into files of at most `maxBytes`, with at least one parameter each. */
export function shardsOf(
  parameters: readonly Parameter[],
  maxBytes: number,
  dtype: FolderType,
): WeightShard[] {
  const shards: WeightShard[] = [];
  for (const parameter of parameters) {
    const bytes = DTYPE_BYTES[fileType(parameter.shape, dtype)] * elementsOf(parameter.shape);
    const last = shards.at(-1);
    if (last && last.bytes + bytes <= maxBytes) {
      last.parameters.push(parameter);
      last.bytes += bytes;
    } else {
      shards.push({ name: "model.safetensors", parameters: [parameter], bytes });
    }
  }
  const digits = (n: number) => String(n).padStart(5, "0");
  return shards.map((shard, i) => {
    if (shards.length === 1) return shard;
    return { ...shard, name: `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors` };
  });
}
