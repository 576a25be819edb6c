/**
 * A model's config.json as Hugging Face transformers writes and reads it; models that are not LLaMA-shaped are refused.
 *
 * @module
 */
import { z } from "zod";
import { FormatError } from "../../base/errors.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { readJson } from "./json_files.ts";
import type { RopeScaling } from "../architecture/rope_scaling.ts";
import { checkedConfig } from "../weights/weight_source.ts";

const length = z.int().min(1);
const positive = z.number().positive();

/** The fields of `rope_scaling` in older files, and of `rope_parameters` in newer ones, which hold the base as well. */
const ropeFields = z.looseObject({
  rope_theta: positive.optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().min(1).optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: positive.optional(),
});

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
  hidden_act: z.string().default("silu"),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  quantization_config: z.unknown().optional(),
});

/**
 * Reads config.json of a LLaMA-shaped model.
 *
 * @throws {FormatError} naming the field and what is wrong with it
 */
export async function readHfConfig(file: string): Promise<ModelConfig> {
  const json = await readJson(file);
  const refuse: Refuse = (reason) => {
    throw new FormatError(`not a model this package can run: ${reason}`, { file });
  };
  const { model_type: type } = (json ?? {}) as { model_type?: unknown };
  if (typeof type === "string" && type !== "llama") refuse(`model_type is "${type}", "llama" is needed`);
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new FormatError(`${path.join(".")}: ${message}`, { file });
  }
  const c = parsed.data;
  const rope = c.rope_parameters ?? c.rope_scaling;
  if (c.hidden_act !== "silu") refuse(`hidden_act is "${c.hidden_act}", "silu" is needed`);
  if (c.attention_bias || c.mlp_bias) refuse("linear layers have biases");
  if (c.quantization_config) refuse("its weights are quantized (quantization_config)");
  if (c.head_dim && c.head_dim * c.num_attention_heads !== c.hidden_size) {
    refuse(`head_dim ${c.head_dim} times ${c.num_attention_heads} heads is not hidden_size ${c.hidden_size}`);
  }
  const ropeScaling = rope ? scalingIn(rope, refuse) : undefined;
  return checkedConfig({
    dim: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
    hidden: c.intermediate_size,
    vocabSize: c.vocab_size,
    context: c.max_position_embeddings,
    normEps: c.rms_norm_eps,
    ropeTheta: c.rope_theta ?? c.rope_parameters?.rope_theta ?? 10000,
    tieEmbeddings: c.tie_word_embeddings,
    ...(ropeScaling && { ropeScaling }),
  }, file);
}

type Refuse = (reason: string) => never;

function scalingIn(rope: z.output<typeof ropeFields>, refuse: Refuse): RopeScaling | undefined {
  const kind = rope.rope_type ?? rope.type ?? "default";
  if (kind === "default") return undefined;
  if (kind !== "llama3") refuse(`rotary scaling is "${kind}", none or "llama3" is needed`);
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } =
    rope;
  if (!factor || !low || !high || !original || low >= high) {
    return refuse(
      "rotary scaling needs factor, low_freq_factor below high_freq_factor, original_max_position_embeddings",
    );
  }
  return { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext: original };
}

/** Returns the configuration as Hugging Face writes it. */
export function hfConfigOf(c: ModelConfig, ids: { bos: number; eos: number }): Record<string, unknown> {
  const s = c.ropeScaling;
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: c.vocabSize,
    hidden_size: c.dim,
    intermediate_size: c.hidden,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: c.dim / c.heads,
    max_position_embeddings: c.context,
    rms_norm_eps: c.normEps,
    rope_theta: c.ropeTheta,
    rope_scaling: s
      ? {
        rope_type: "llama3",
        factor: s.factor,
        low_freq_factor: s.lowFrequencyFactor,
        high_freq_factor: s.highFrequencyFactor,
        original_max_position_embeddings: s.originalContext,
      }
      : null,
    hidden_act: "silu",
    initializer_range: 0.02,
    attention_bias: false,
    mlp_bias: false,
    attention_dropout: 0,
    tie_word_embeddings: c.tieEmbeddings,
    use_cache: true,
    bos_token_id: ids.bos,
    eos_token_id: ids.eos,
    torch_dtype: "float32",
  };
}
