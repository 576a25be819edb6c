/**
 * A model's config.json as Hugging Face transformers writes and reads it; models that are not LLaMA-shaped are refused.
 *
 * A folder for this package alone says `"model_type": "llamero"`, which other programs refuse, and holds the model's parts.
 *
 * @module
 */
import { z } from "zod";
import { FormatError } from "../../base/errors.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ChosenParts } from "../architecture/model_config.ts";
import { generationFields, type GenerationSettings } from "../architecture/generation_settings.ts";
import { type Refuse, ropeFields, ropeFieldsOf, ropeOf } from "./hf_rope.ts";
import { isFile, readJson } from "./json_files.ts";
import { refuseForeignFields } from "./foreign_fields.ts";
import { checkedConfig } from "../weights/weight_source.ts";
import { headDim } from "../architecture/shard.ts";

const length = z.int().min(1);
const positive = z.number().positive();

const schema = z.looseObject({
  model_type: z.string().default("llama"),
  vocab_size: length,
  hidden_size: length,
  intermediate_size: length,
  num_hidden_layers: length,
  num_attention_heads: length,
  num_key_value_heads: length.nullish(),
  head_dim: length.nullish(),
  max_position_embeddings: length.default(2048),
  rms_norm_eps: positive.default(1e-6),
  rope_theta: positive.nullish(),
  rope_parameters: ropeFields.nullish(),
  rope_scaling: ropeFields.nullish(),
  original_max_position_embeddings: positive.nullish(),
  hidden_act: z.string().default("silu"),
  tie_word_embeddings: z.boolean().default(false),
});

/** A config.json. */
interface HfConfig {
  /** The shape of the model. */
  config: ModelConfig;
  /** The file's fields as they are. */
  fields: Readonly<Record<string, unknown>>;
}

/**
 * Reads config.json of a LLaMA-shaped model.
 *
 * @throws {FormatError} naming the field and what is wrong with it
 */
export async function readHfConfig(file: string): Promise<HfConfig> {
  const json = await readJson(file);
  const refuse: Refuse = (reason) => {
    throw new FormatError(`not a model this package can run: ${reason}`, { file });
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) refuse("it holds no object");
  refuseForeignFields(isOwnFolder(json) ? asLlama(json) : json as Record<string, unknown>, refuse);
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new FormatError(`${path.join(".")}: ${message}`, { file });
  }
  const c = parsed.data;
  const parts = readParts(json as Record<string, unknown>, file);
  if (c.hidden_act !== "silu" && c.hidden_act !== "swish") {
    refuse(`hidden_act is "${c.hidden_act}", "silu" is needed`);
  }
  if (c.head_dim && c.head_dim * c.num_attention_heads !== c.hidden_size) {
    refuse(`head_dim ${c.head_dim} times ${c.num_attention_heads} heads is not hidden_size ${c.hidden_size}`);
  }
  const config = checkedConfig({
    dim: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
    hidden: c.intermediate_size,
    vocabSize: c.vocab_size,
    context: c.max_position_embeddings,
    normEps: c.rms_norm_eps,
    tieEmbeddings: c.tie_word_embeddings,
    ...ropeOf(c, refuse),
    ...(parts && { parts }),
  }, file);
  return { config, fields: json as Record<string, unknown> };
}

/** The model type of a folder for this package alone. */
const OWN_TYPE = "llamero";

/** Returns true for the config.json of a folder for this package alone. */
function isOwnFolder(json: unknown): json is Record<string, unknown> {
  return (json as Record<string, unknown>).model_type === OWN_TYPE;
}

/** Returns the fields of such a folder's config.json that every LLaMA has. */
function asLlama({ parts: _parts, ...json }: Record<string, unknown>): Record<string, unknown> {
  return { ...json, model_type: "llama", architectures: null };
}

const storedParts = z.strictObject({
  norm: z.enum(["rms", "layer"]),
  activation: z.union([
    z.enum(["swiglu", "relu", "gelu"]),
    z.strictObject({ name: z.string().min(1) }),
  ]),
  position: z.enum(["rope", "learned", "none"]),
  name: z.string().min(1).optional(),
});

/** Reads the parts of a folder for this package alone; those of the user's own are only names. */
function readParts(json: Record<string, unknown>, file: string): ChosenParts | undefined {
  if (!isOwnFolder(json) || json.parts === undefined) return undefined;
  const parsed = storedParts.safeParse(json.parts);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new FormatError(`${["parts", ...path].join(".")}: ${message}`, {
    file,
    expected: "parts that this version of the package has",
  });
}

/**
 * Reads the ids and sampling settings of a folder from config.json and generation_config.json.
 *
 * @throws {FormatError} naming the field and what is wrong with it
 */
export async function readSettings(folder: string, config: HfConfig["fields"]): Promise<GenerationSettings> {
  const file = `${folder}/generation_config.json`;
  checkFields(config, `${folder}/config.json`);
  if (!await isFile(file)) return { config };
  return { config, generation: checkFields(await readJson(file), file) };
}

function checkFields(json: unknown, file: string): Record<string, unknown> {
  const parsed = generationFields.safeParse(json);
  try {
    JSON.stringify(json, null, 2); // as a save will write it
  } catch (cause) {
    throw new FormatError("it is nested too deeply to be written again", { file, cause });
  }
  if (parsed.success) return json as Record<string, unknown>;
  const { path, message } = parsed.error.issues[0];
  throw new FormatError(`${path.join(".")}: ${message}`, { file });
}

/** Fields of a loaded config.json that a save leaves out: what is written states the same, or it concerns other files. */
const LEFT_OUT = [
  "_name_or_path",
  "auto_map",
  "dtype",
  "original_max_position_embeddings",
  "partial_rotary_factor",
  "parts",
  "quantization_config",
  "rope_parameters",
  "sliding_window",
  "transformers_version",
];

/**
 * Returns the configuration as Hugging Face writes it.
 *
 * @param dtype number format of the matrices
 * @param fields further fields: the ids, and those of the file that the model came from, which are kept
 */
export function hfConfigOf(
  c: ModelConfig,
  fields: Readonly<Record<string, unknown>>,
  dtype: "f32" | "f16" = "f32",
): Record<string, unknown> {
  const stated = {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: c.vocabSize,
    hidden_size: c.dim,
    intermediate_size: c.hidden,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: headDim(c),
    max_position_embeddings: c.context,
    rms_norm_eps: c.normEps,
    ...ropeFieldsOf(c),
    hidden_act: "silu",
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: c.tieEmbeddings,
    torch_dtype: dtype === "f16" ? "float16" : "float32",
  };
  const further = Object.entries(fields).filter(([name]) =>
    !Object.hasOwn(stated, name) && !LEFT_OUT.includes(name)
  );
  return {
    ...stated,
    initializer_range: 0.02,
    attention_dropout: 0,
    use_cache: true,
    ...Object.fromEntries(further),
  };
}

/**
 * Returns the configuration for a folder that is for this package alone: another model type, so that other programs refuse it,
 * and the parts.
 */
export function ownConfigOf(
  c: ModelConfig,
  fields: Readonly<Record<string, unknown>>,
  dtype: "f32" | "f16" = "f32",
): Record<string, unknown> {
  const { hidden_act: _activation, ...stated } = hfConfigOf(c, fields, dtype);
  return {
    ...stated,
    architectures: ["LlameroForCausalLM"],
    model_type: OWN_TYPE,
    ...(c.parts && { parts: c.parts }), // JSON has no functions: parts of the user's own are their names
  };
}
