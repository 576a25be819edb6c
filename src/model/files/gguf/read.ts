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
import { hfNameOf, ROPE_FREQS } from "./names.ts";
import { tokenizerFromGguf } from "./gguf_tokenizer.ts";
import { type RopeScaling, scalingOf } from "../../architecture/rope_scaling.ts";
import { toHalfPairs } from "../../weights/rope_rows.ts";
import { checkedConfig, type WeightSource } from "../../weights/weight_source.ts";

/**
 * Opens a GGUF file of a LLaMA-shaped model, or any part of a split one.
 *
 * @throws {FormatError} naming the value or tensor and what is wrong with it
 */
export async function openGgufModel(path: string): Promise<WeightSource> {
  const file = await openGgufParts(path);
  try {
    const config = await readConfig(file, path);
    const tensors = new Map<string, FileMatrix>();
    for (const ggufName of file.tensors.keys()) {
      if (ggufName === ROPE_FREQS) continue;
      const name = hfNameOf(ggufName);
      tensors.set(name, toHalfPairs(name, file.matrix(ggufName), config));
    }
    const tokenizer = () => Promise.resolve().then(() => tokenizerFromGguf(file.values, path));
    return { file: path, config, tensors, tokenizer, close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function readConfig(file: OpenGguf, path: string): Promise<ModelConfig> {
  const refuse = (reason: string): never => {
    throw new FormatError(`not a model this package can run: ${reason}`, { file: path });
  };
  const architecture = file.values.get("general.architecture");
  if (architecture !== "llama") {
    refuse(`general.architecture is ${JSON.stringify(architecture)}, "llama" is needed`);
  }
  const number = (name: string, fallback?: number): number => {
    const value = file.values.get(`llama.${name}`) ?? fallback;
    return typeof value === "number" && value > 0
      ? value
      : refuse(`llama.${name} is missing or not a number above 0`);
  };
  const count = (name: string, fallback?: number): number => {
    const value = number(name, fallback);
    return Number.isSafeInteger(value) ? value : refuse(`llama.${name} is ${value}, not a whole number`);
  };
  const dim = count("embedding_length");
  const heads = count("attention.head_count");
  const headDim = dim / heads;
  for (const name of ["rope.dimension_count", "attention.key_length", "attention.value_length"]) {
    if (number(name, headDim) !== headDim) {
      refuse(`llama.${name} is not embedding_length by head_count, ${headDim}`);
    }
  }
  if (file.values.get("llama.expert_count")) refuse("it is a mixture of experts");
  const kind = file.values.get("llama.rope.scaling.type") ?? "none";
  if (kind !== "none") refuse(`llama.rope.scaling.type is "${kind}", "none" is needed`);
  const ropeTheta = decimal(number("rope.freq_base", 10000));
  const table = file.tensors.get("token_embd.weight");
  const ropeScaling = await readScaling(file, headDim, ropeTheta, refuse);
  return checkedConfig({
    dim,
    layers: count("block_count"),
    heads,
    kvHeads: count("attention.head_count_kv", heads),
    hidden: count("feed_forward_length"),
    vocabSize: table?.shape[0] ?? refuse("token_embd.weight is missing"),
    context: count("context_length"),
    normEps: decimal(number("attention.layer_norm_rms_epsilon")),
    ropeTheta,
    tieEmbeddings: !file.tensors.has("output.weight"),
    ...(ropeScaling && { ropeScaling }),
  }, path);
}

async function readScaling(
  file: OpenGguf,
  headDim: number,
  theta: number,
  refuse: (reason: string) => never,
): Promise<RopeScaling | undefined> {
  const shape = file.tensors.get(ROPE_FREQS)?.shape;
  if (!shape) return undefined;
  if (shape.join() !== String(headDim / 2)) {
    refuse(`${ROPE_FREQS} is [${shape.join(", ")}], not [${headDim / 2}]`);
  }
  const divisors = await file.matrix(ROPE_FREQS).read(0, 1);
  if (divisors.every((d) => d === 1)) return undefined;
  return scalingOf(divisors, theta) ?? refuse(`${ROPE_FREQS} is not Llama 3's rotary scaling`);
}

/** Returns the shortest decimal of an f32: 1e-6 for 9.999999974752427e-7. */
function decimal(value: number): number {
  const rounded = Number(value.toPrecision(7));
  return Math.fround(rounded) === value ? rounded : value;
}
