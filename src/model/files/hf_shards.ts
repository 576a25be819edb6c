/**
 * The split of weights into several files with Hugging Face's names, `model-00001-of-00003.safetensors`.
 *
 * @module
 */
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

/** Splits parameters in their order into files of at most `maxBytes`, with at least one parameter each. */
export function shardsOf(parameters: readonly Parameter[], maxBytes: number): WeightShard[] {
  const shards: WeightShard[] = [];
  for (const parameter of parameters) {
    const bytes = 4 * elementsOf(parameter.shape);
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
