/**
 * Writing a model as a GGUF file, for llama.cpp and programs that build on it.
 *
 * @module
 */
import type { WrittenType } from "../../../formats/gguf/gguf_pack.ts";
import { writeGguf, type WrittenTensor, type WrittenValue } from "../../../formats/gguf/writer.ts";
import { permuteRopeRows } from "../../../ops/mod.ts";
import type { Tokenizer } from "../../../tokenizer/mod.ts";
import type { ModelConfig } from "../../architecture/config.ts";
import type { GenerationSettings } from "../../architecture/generation_settings.ts";
import { ropeValues } from "./gguf_rope.ts";
import { ggufNameOf, ROPE_FREQS } from "./names.ts";
import { settingsValues } from "./sampling_values.ts";
import { tokenizerValues } from "./tokenizer_values.ts";
import { rotatedHeads } from "../../weights/rope_rows.ts";
import type { ParameterPieces } from "../../weights/stream_weights.ts";
import type { Parameter } from "../../weights/weight_layout.ts";
import { headDim } from "../../architecture/shard.ts";

/** The model to write. */
interface GgufModel {
  /** Name of the model. */
  name: string;
  /** Its shape. */
  config: ModelConfig;
  /** Text to ids and back. */
  tokenizer?: Tokenizer;
  /** Sampling settings, and the ids of a model without a tokenizer. */
  settings?: GenerationSettings;
  /** Number format of the matrices; one whose rows do not divide into blocks of Q8_0 is F16. Vectors are F32. */
  type: WrittenType;
  /** Stops the writing. */
  signal?: AbortSignal;
}

/** The values of llama.cpp's `general.file_type`. */
const FILE_TYPES: Readonly<Record<WrittenType, number>> = { F32: 0, F16: 1, Q8_0: 7 };

/**
 * Writes the file at `path`, whole or not at all; `pieces` come in the order of `parameters`.
 *
 * @throws {ConfigError} for a tokenizer whose ids llama.cpp would not repeat, or a weight too large for F16
 */
export async function writeGgufModel(
  path: string,
  model: GgufModel,
  parameters: readonly Parameter[],
  pieces: AsyncIterable<ParameterPieces>,
): Promise<void> {
  const { config, type } = model;
  const rope = ropeValues(config);
  const vocabulary = tokenizerValues(model.tokenizer, config.vocabSize);
  const settings = settingsValues(model.settings, model.tokenizer !== undefined);
  const values = new Map([...modelValues(model), ...rope.values, ...vocabulary, ...settings]);
  const { divisors } = rope;
  const tensors = parameters.map(({ name, shape }): WrittenTensor => {
    const fits = type !== "Q8_0" || shape[1] % 32 === 0;
    return { name: ggufNameOf(name), shape, type: shape.length === 1 ? "F32" : fits ? type : "F16" };
  });
  if (divisors) tensors.push({ name: ROPE_FREQS, shape: [divisors.length], type: "F32" });
  const data = async function* () {
    for await (const { parameter, data } of pieces) {
      yield toAdjacentPairs(data(), rotatedHeads(parameter.name, config), config);
    }
    if (divisors) yield single(divisors);
  };
  await writeGguf(path, values, tensors, data(), model.signal);
}

/** Reorders the rows of queries and keys to pairs (2i, 2i + 1), which llama.cpp rotates. */
async function* toAdjacentPairs(
  pieces: AsyncIterable<Float32Array<ArrayBuffer>>,
  rotated: number | undefined,
  config: ModelConfig,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const E = headDim(config);
  for await (const piece of pieces) {
    yield rotated ? permuteRopeRows(piece, piece.length / (E * config.dim), E, "interleaved") : piece;
  }
}

async function* single<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}

function modelValues({ name, config: c, type }: GgufModel): Map<string, WrittenValue> {
  const numbers: Record<string, number> = {
    "general.file_type": FILE_TYPES[type],
    "general.quantization_version": 2,
    "llama.block_count": c.layers,
    "llama.context_length": c.context,
    "llama.embedding_length": c.dim,
    "llama.feed_forward_length": c.hidden,
    "llama.attention.head_count": c.heads,
    "llama.attention.head_count_kv": c.kvHeads,
    "llama.rope.dimension_count": headDim(c),
    "llama.vocab_size": c.vocabSize,
  };
  return new Map<string, WrittenValue>([
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: name }],
    ...Object.entries(numbers).map(([key, value]): [string, WrittenValue] => [key, { type: "u32", value }]),
    ["llama.attention.layer_norm_rms_epsilon", { type: "f32", value: c.normEps }],
  ]);
}
