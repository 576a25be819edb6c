/**
 * Fields of a config.json that change the numbers of other families of models: a file in which one of them is in effect is
 * refused by its name, since transformers, llama.cpp and others would not agree on it for a LLaMA.
 *
 * @module
 */
import type { Refuse } from "./hf_rope.ts";

/** Returns undefined for a value that changes nothing, else what the field would do. */
type Check = (value: unknown, config: Readonly<Record<string, unknown>>) => string | undefined;

const effect = (meaning: string, ...neutral: unknown[]): Check => (value) =>
  value === null || value === false || neutral.includes(value) ? undefined : meaning;

const bias = effect("linear layers have biases");
const multiplier = effect("numbers are multiplied on their way", 1);
const softcap = effect("numbers are bounded by tanh", 0);
const experts = effect("the model is a mixture of experts", 0, 1);
const partial = effect("a part of each head is rotated", 1);
const norm = effect("the norms are not RMSNorm before each sublayer");
const quantized = effect("its weights are quantized; take the repository of the unquantized model");
const window = effect("attention sees a window of the text");

const FIELDS: Readonly<Record<string, Check>> = {
  model_type: (value) => value === "llama" ? undefined : '"llama" is needed',
  architectures: (value) =>
    value === null || Array.isArray(value) && (value.length === 0 || value.includes("LlamaForCausalLM"))
      ? undefined
      : '"LlamaForCausalLM" is needed',
  attention_bias: bias,
  attention_out_bias: bias,
  bias,
  hidden_activation: effect('"silu" is needed', "silu", "swish"),
  lm_head_bias: bias,
  mlp_bias: bias,
  no_bias: (value) => value === false ? "linear layers have biases" : undefined,
  qkv_bias: bias,
  use_bias: bias,
  use_qkv_bias: bias,
  quantization_config: quantized,
  compression_config: quantized,
  quantization: quantized,
  quantization_args: quantized,
  lora_args: effect("adapters are not merged into its weights"),
  vision_args: effect("the model reads images"),
  vision_config: effect("the model reads images"),
  vision_encoder: effect("the model reads images"),
  vision_chunk_size: effect("the model reads images", -1),
  sliding_window: (value, { use_sliding_window, max_position_embeddings: context }) =>
    use_sliding_window === false || typeof value === "number" && value >= Number(context ?? 2048)
      ? undefined
      : window(value, {}),
  use_sliding_window: (value, { sliding_window }) =>
    value === true && sliding_window === undefined ? "attention sees a window of the text" : undefined,
  attention_chunk_size: window,
  layer_types: (value) =>
    value === null || Array.isArray(value) && value.every((kind) => kind === "full_attention")
      ? undefined
      : 'every layer must be "full_attention"',
  no_rope_layers: (value) =>
    value === null || Array.isArray(value) && value.every((rotated) => rotated === 1)
      ? undefined
      : "some layers rotate nothing",
  no_rope_layer_interval: effect("some layers rotate nothing", 0),
  is_causal: (value) => value === false ? "attention sees what follows" : undefined,
  use_bidirectional_attention: effect("attention sees what follows"),
  is_encoder_decoder: effect("the model has an encoder"),
  alibi: effect("positions are biases of attention"),
  position_embedding_type: effect("positions are learned", "rope", "absolute"),
  rope_interleaved: effect("pairs (2i, 2i + 1) are rotated"),
  partial_rotary_factor: partial,
  rotary_pct: partial,
  rotary_percent: partial,
  qk_norm: norm,
  use_qk_norm: norm,
  qk_layernorm: norm,
  norm_type: effect("the norms are not RMSNorm", "rms", "rms_norm", "rmsnorm", "RMSNorm"),
  layernorm_type: effect("the norms are not RMSNorm", "rms", "rms_norm", "rmsnorm", "RMSNorm"),
  sandwich_norm: norm,
  post_norm: norm,
  norm_after: norm,
  use_post_norm: norm,
  add_unit_offset: norm,
  rms_norm_unit_offset: norm,
  zero_centered_gamma: norm,
  layernorm_zero_centered_gamma: norm,
  parallel_attn: effect("attention and feed-forward stand side by side"),
  use_parallel_residual: effect("attention and feed-forward stand side by side"),
  clip_qkv: effect("queries, keys and values are clipped", 0),
  query_pre_attn_scalar: (value, { head_dim, hidden_size, num_attention_heads: heads }) =>
    value === null || value === (head_dim ?? Number(hidden_size) / Number(heads))
      ? undefined
      : "queries are scaled by another number than the width of a head",
  attn_scale: multiplier,
  attn_temperature_tuning: effect("attention depends on the position", 0),
  attn_logit_softcapping: softcap,
  final_logit_softcapping: softcap,
  logit_scale: multiplier,
  logits_scaling: multiplier,
  scale_emb: multiplier,
  scale_depth: multiplier,
  scale_embedding: effect("numbers are multiplied on their way"),
  num_experts: experts,
  num_local_experts: experts,
  n_routed_experts: experts,
  moe: experts,
  moe_args: experts,
  moe_intermediate_size: experts,
};

/** Families of names: muP's and granite's multipliers, Gemma's bounds. */
const PATTERNS: readonly [RegExp, Check][] = [
  [/_multipliers?$/, multiplier],
  [/_soft_?cap(ping)?$/, softcap],
];

/**
 * Refuses a config.json with a field in effect that this package does not compute.
 *
 * @param refuse called with the field, its value and what it would do
 */
export function refuseForeignFields(config: Readonly<Record<string, unknown>>, refuse: Refuse): void {
  for (const [name, value] of Object.entries(config)) {
    const check = Object.hasOwn(FIELDS, name)
      ? FIELDS[name]
      : PATTERNS.find(([pattern]) => pattern.test(name))?.[1];
    const meaning = value === undefined ? undefined : check?.(value, config);
    if (meaning) refuse(`${name} is ${JSON.stringify(value).slice(0, 80)}: ${meaning}`);
  }
}
