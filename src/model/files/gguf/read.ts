/**
 * Reading a model from a GGUF file: its shape from the values, its weights under Hugging Face's names.
 *
 * The rows of queries and keys are reordered from pairs (2i, 2i + 1) to pairs (i, i + E/2).
 *
 * @module
 */
import { FormatError } from "../../../base/errors.ts";
import { type OpenGguf, openGgufParts } from "../../../formats/gguf/gguf_parts.ts";
import type { FileMatrix } from "../../../formats/tensors/matrix.ts";
import type { ModelConfig } from "../../architecture/config.ts";
import { DERIVED, ggufNameOf, hfNameOf } from "./names.ts";
import { tokenizerFromGguf } from "./gguf_tokenizer.ts";
import { ropeFromGguf } from "./gguf_rope.ts";
import { decimal, GgufFields } from "./gguf_fields.ts";
import { settingsFromGguf } from "./sampling_values.ts";
import { toHalfPairs } from "../../weights/rope_rows.ts";
import { WeightLayout } from "../../weights/weight_layout.ts";
import { checkedConfig, type WeightSource } from "../../weights/weight_source.ts";
import { headDim } from "../../architecture/shard.ts";

/**
 * Opens a GGUF file of a LLaMA-shaped model, or any part of a split one.
 *
 * @throws {FormatError} naming the value or tensor and what is wrong with it
 */
export async function openGgufModel(path: string): Promise<WeightSource> {
  const file = await openGgufParts(path);
  try {
    const config = await readConfig(file, path);
    checkTensors(file, config, path);
    const tensors = new Map<string, FileMatrix>();
    for (const ggufName of file.tensors.keys()) {
      if (DERIVED.test(ggufName)) continue;
      const name = hfNameOf(ggufName);
      if (!name) throw new FormatError(`tensor ${ggufName} has no place in this model`, { file: path });
      tensors.set(name, toHalfPairs(name, file.matrix(ggufName), config));
    }
    const tokenizer = () => Promise.resolve().then(() => tokenizerFromGguf(file.values, path));
    const settings = settingsFromGguf(file.values, {
      hasTokenizer: file.values.has("tokenizer.ggml.tokens"),
      file: path,
    });
    return { file: path, config, tensors, settings, tokenizer, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Refuses a file in which a weight is missing or has another shape, by the name that it has there. */
function checkTensors({ tensors }: OpenGguf, config: ModelConfig, path: string): void {
  const refuse = (message: string): never => {
    throw new FormatError(message, { file: path });
  };
  if (config.layers > tensors.size) {
    refuse(`llama.block_count is ${config.layers}, there are ${tensors.size} tensors`);
  }
  for (const { name: hfName, shape } of new WeightLayout(config).parameters) {
    const name = ggufNameOf(hfName);
    const found = tensors.get(name)?.shape.join(", ") ?? refuse(`tensor ${name} is missing`);
    if (found !== shape.join(", ")) {
      refuse(`tensor ${name} is [${found}], the sizes ask for [${shape.join(", ")}]`);
    }
  }
}

async function readConfig(file: OpenGguf, path: string): Promise<ModelConfig> {
  const fields = new GgufFields(file.values, path);
  fields.requireLlama();
  const dim = fields.count("embedding_length");
  const heads = fields.count("attention.head_count");
  const E = headDim({ dim, heads });
  for (const name of ["rope.dimension_count", "attention.key_length", "attention.value_length"]) {
    if (fields.number(name, E) !== E) {
      fields.refuse(`llama.${name} is not embedding_length by head_count, ${E}`);
    }
  }
  const context = fields.count("context_length");
  const vocabSize = file.tensors.get("token_embd.weight")?.shape[0];
  if (vocabSize === undefined) return fields.refuse("token_embd.weight is missing");
  fields.checkVocabulary(vocabSize);
  return checkedConfig({
    dim,
    layers: fields.count("block_count"),
    heads,
    kvHeads: fields.count("attention.head_count_kv", heads),
    hidden: fields.count("feed_forward_length"),
    vocabSize,
    context,
    normEps: decimal(fields.number("attention.layer_norm_rms_epsilon")),
    tieEmbeddings: !file.tensors.has("output.weight"),
    ...await ropeFromGguf(file, fields, { headDim: E, context }),
  }, path);
}
