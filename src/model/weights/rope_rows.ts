/**
 * The order of the rows of queries and keys: pairs (i, i + E/2) are rotated here and in Hugging Face's checkpoints, pairs
 * (2i, 2i + 1) in GGUF files and in the original release.
 *
 * @module
 */
import { changeRows, type FileMatrix } from "../../formats/tensors/matrix.ts";
import { permuteRopeRows } from "../../ops/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { headDim } from "../architecture/shard.ts";

/** Returns the number of heads of a weight that is rotated, queries or keys; undefined for all others. */
export function rotatedHeads(
  name: string,
  { heads, kvHeads }: Pick<ModelConfig, "heads" | "kvHeads">,
): number | undefined {
  if (name.endsWith(".q_proj.weight")) return heads;
  return name.endsWith(".k_proj.weight") ? kvHeads : undefined;
}

/** Reorders the rows of queries and keys from pairs (2i, 2i + 1) to pairs (i, i + E/2); other weights stay as they are. */
export function toHalfPairs(name: string, matrix: FileMatrix, config: ModelConfig): FileMatrix {
  const heads = rotatedHeads(name, config);
  const E = headDim(config);
  if (heads === undefined || matrix.shape.join() !== [heads * E, config.dim].join()) return matrix;
  return changeRows(matrix, E, (data, rows) => permuteRopeRows(data, rows / E, E, "half"));
}
