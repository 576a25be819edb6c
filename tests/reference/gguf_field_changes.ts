/**
 * A small LLaMA as a GGUF file, and changes of its metadata: one or more for every field that PyPI gguf knows.
 *
 * gguf_fields.ts records what llama.cpp computes for each; tests/model/files/gguf/gguf_fields_test.ts compares.
 *
 * @module
 */
import { writeGguf, type WrittenTensor, type WrittenValue } from "../../src/formats/gguf/writer.ts";

/** Changed values by name; null removes one. */
export type Change = Readonly<Record<string, WrittenValue | null>>;

const u32 = (value: number | number[]): WrittenValue => ({ type: "u32", value });
const f32 = (value: number | number[]): WrittenValue => ({ type: "f32", value });
const i32 = (value: number[]): WrittenValue => ({ type: "i32", value });
const text = (value: string | string[]): WrittenValue => ({ type: "string", value });
const flag = (value: boolean): WrittenValue => ({ type: "bool", value });

/** Ids that the model reads: the scores after the last one are compared. */
export const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 300);
/** Texts that are encoded. */
export const texts = ["the llama", " the llama", "a<|eot|>b", "x  y\n", "the<tool>llama", "</s>", "ll ama"];
/** Ids whose scores are kept. */
export const kept = Array.from({ length: 16 }, (_, i) => (i * 53 + 2) % 300);

const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
const learned = ["▁t", "he", "▁the", "ll", "▁l", "▁ll", "am", "▁llam", "▁llama", "ama", "lla", "▁▁"];
const letters = [..."▁abcdefghijklmnopqrstuvwxyz"];
const added = ["<|eot|>", "<|more|>"];
const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...learned, ...letters, ...added];
const types = [2, 3, 3, ...bytes.map(() => 6), ...learned.map(() => 1), ...letters.map(() => 1), 3, 3];
const scores = [0, 0, 0, ...bytes.map(() => 0), ...[...learned, ...letters].map((_, i) => -i), 0, 0];

const values: Record<string, WrittenValue> = {
  "general.architecture": text("llama"),
  "llama.block_count": u32(2),
  "llama.context_length": u32(64),
  "llama.embedding_length": u32(32),
  "llama.feed_forward_length": u32(48),
  "llama.attention.head_count": u32(2),
  "llama.attention.head_count_kv": u32(1),
  "llama.attention.layer_norm_rms_epsilon": f32(1e-5),
  "llama.rope.freq_base": f32(500),
  "llama.vocab_size": u32(300),
  "tokenizer.ggml.model": text("llama"),
  "tokenizer.ggml.tokens": text(tokens),
  "tokenizer.ggml.scores": f32(scores),
  "tokenizer.ggml.token_type": i32(types),
  "tokenizer.ggml.bos_token_id": u32(1),
  "tokenizer.ggml.eos_token_id": u32(2),
};

const block = (i: number): [string, number[]][] =>
  [
    ["attn_norm", [32]],
    ["attn_q", [32, 32]],
    ["attn_k", [16, 32]],
    ["attn_v", [16, 32]],
    ["attn_output", [32, 32]],
    ["ffn_norm", [32]],
    ["ffn_gate", [48, 32]],
    ["ffn_up", [48, 32]],
    ["ffn_down", [32, 48]],
  ].map(([name, shape]) => [`blk.${i}.${name}.weight`, shape as number[]]);

const shapes: [string, number[]][] = [
  ["token_embd.weight", [300, 32]],
  ...block(0),
  ...block(1),
  ["output_norm.weight", [32]],
  ["output.weight", [300, 32]],
];

/** Writes the model with a change; `divisors` become the tensor rope_freqs.weight. */
export async function writeChanged(path: string, change: Change, divisors?: number[]): Promise<void> {
  const all = Object.entries({ ...values, ...change });
  const present = new Map(all.filter((entry): entry is [string, WrittenValue] => entry[1] !== null));
  const more: [string, number[]][] = divisors ? [["rope_freqs.weight", [divisors.length]]] : [];
  const tensors = [...shapes, ...more].map(([name, shape]): WrittenTensor => ({ name, shape, type: "F32" }));
  await writeGguf(path, present, tensors, data());
  async function* data() {
    for (const [i, { name, shape }] of tensors.entries()) yield numbers(name, shape, i);
  }
  async function* numbers(name: string, shape: readonly number[], seed: number) {
    const count = shape.reduce((a, b) => a * b, 1);
    const at = (k: number) => Math.sin((k + 1) * (1.7 + 0.31 * seed)) * (name.includes("norm") ? 0.2 : 0.5);
    const list = name === "rope_freqs.weight" ? divisors! : Array.from({ length: count }, (_, k) => at(k));
    yield await Promise.resolve(Float32Array.from(list, (x) => name.includes("norm") ? 1 + x : x));
  }
}

/** Divisors of Llama 3's rule: factor 8, low 1, high 4, 32 positions, theta 500, heads of 16. */
export const llama3Divisors = [1, 1.93635023, 6.78118086, 8, 8, 8, 8, 8];

const scaling = (type: string, factor: number, more: Change = {}): Change => ({
  "llama.rope.scaling.type": text(type),
  "llama.rope.scaling.factor": f32(factor),
  ...prefixed("llama.rope.scaling", more),
});
const ggml = (change: Change): Change => prefixed("tokenizer.ggml", change);

function prefixed(prefix: string, change: Change): Change {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [`${prefix}.${name}`, value]));
}

/** Changes by a name of their own. */
export const changes: Readonly<Record<string, Change>> = {
  "nothing": {},
  "another architecture": { "general.architecture": text("gemma") },
  "qwen2": { "general.architecture": text("qwen2") },
  "no context_length": { "llama.context_length": null },
  "context_length 48": { "llama.context_length": u32(48) },
  "one block of two": { "llama.block_count": u32(1) },
  "three blocks of two": { "llama.block_count": u32(3) },
  "embedding_length 48": { "llama.embedding_length": u32(48) },
  "feed_forward_length 32": { "llama.feed_forward_length": u32(32) },
  "feed_forward_length per block": { "llama.feed_forward_length": u32([48, 48]) },
  "feed_forward_length that differs": { "llama.feed_forward_length": u32([48, 32]) },
  "four heads": { "llama.attention.head_count": u32(4) },
  "two kv heads": { "llama.attention.head_count_kv": u32(2) },
  "kv heads per block": { "llama.attention.head_count_kv": u32([1, 1]) },
  "no kv heads": { "llama.attention.head_count_kv": null },
  "norm epsilon 0.5": { "llama.attention.layer_norm_rms_epsilon": f32(0.5) },
  "no norm epsilon": { "llama.attention.layer_norm_rms_epsilon": null },
  "key_length 8": { "llama.attention.key_length": u32(8) },
  "value_length 8": { "llama.attention.value_length": u32(8) },
  "key_length 16": { "llama.attention.key_length": u32(16) },
  "not causal": { "llama.attention.causal": flag(false) },
  "causal": { "llama.attention.causal": flag(true) },
  "experts": { "llama.expert_count": u32(4), "llama.expert_used_count": u32(2) },
  "experts used without experts": { "llama.expert_used_count": u32(2) },
  "expert groups": { "llama.expert_group_count": u32(2) },
  "blocks for further tokens": { "llama.nextn_predict_layers": u32(1) },
  "rope.dimension_count 8": { "llama.rope.dimension_count": u32(8) },
  "rope.dimension_count 16": { "llama.rope.dimension_count": u32(16) },
  "freq_base 90": { "llama.rope.freq_base": f32(90) },
  "no freq_base": { "llama.rope.freq_base": null },
  "scaling none": { "llama.rope.scaling.type": text("none") },
  "scaling none with a factor": scaling("none", 3),
  "scaling linear": scaling("linear", 3),
  "scaling linear below 1": scaling("linear", 0.5),
  "scaling linear 0": scaling("linear", 0),
  "scaling type missing": { "llama.rope.scaling.factor": f32(2.5) },
  "scale_linear": { "llama.rope.scale_linear": f32(4) },
  "scale_linear beside a factor": { "llama.rope.scale_linear": f32(4), "llama.rope.scaling.factor": f32(2) },
  "scaling yarn": scaling("yarn", 4, { original_context_length: u32(16) }),
  "scaling yarn 2.5": scaling("yarn", 2.5, { original_context_length: u32(20) }),
  "scaling yarn without original context": scaling("yarn", 4),
  "scaling yarn without a factor": { "llama.rope.scaling.type": text("yarn") },
  "scaling yarn with attn_factor": scaling("yarn", 4, {
    original_context_length: u32(16),
    attn_factor: f32(1.3),
  }),
  "scaling yarn with betas": scaling("yarn", 4, {
    ...{ original_context_length: u32(16), yarn_beta_fast: f32(4), yarn_beta_slow: f32(0.5) },
    ...{ yarn_ext_factor: f32(0.5), yarn_attn_factor: f32(1.5), yarn_log_multiplier: f32(0.1) },
  }),
  "original context without yarn": scaling("linear", 3, { original_context_length: u32(16) }),
  "attn_factor alone": { "llama.rope.scaling.attn_factor": f32(1.3) },
  "scaling longrope": scaling("longrope", 4),
  "scaling of another name": scaling("dynamic", 4),
  "scaling finetuned": { "llama.rope.scaling.finetuned": flag(true) },
  "scaling alpha": { "llama.rope.scaling.alpha": f32(8) },
  "vocab_size 290": { "llama.vocab_size": u32(290) },
  "no tokenizer, another vocab_size": {
    ...{ "tokenizer.ggml.model": text("no_vocab"), "llama.vocab_size": u32(290) },
    ...ggml({ tokens: null }),
  },
  "tokenizer bert": ggml({ model: text("bert") }),
  "tokenizer t5": ggml({ model: text("t5") }),
  "tokenizer of another name": ggml({ model: text("spm2") }),
  "tokenizer gpt2 without merges": ggml({ model: text("gpt2") }),
  "tokenizer gpt2": ggml({ model: text("gpt2"), pre: text("gpt-2"), merges: text(["l l", "a m"]) }),
  "tokenizer gpt2 of another pre": ggml({ model: text("gpt2"), pre: text("mine"), merges: text(["l l"]) }),
  "merges": ggml({ merges: text(["l l"]) }),
  "pre of another name": ggml({ pre: text("qwen2") }),
  "299 tokens": ggml({ tokens: text(tokens.slice(0, 299)) }),
  "a token twice": ggml({ tokens: text(tokens.with(299, "a")) }),
  "an empty token": ggml({ tokens: text(tokens.with(299, "")) }),
  "no scores": ggml({ scores: null }),
  "few scores": ggml({ scores: f32(scores.slice(0, 10)) }),
  "many scores": ggml({ scores: f32([...scores, 1, 2]) }),
  "scores that are equal": ggml({ scores: f32(scores.map(() => 0)) }),
  "scores reversed": ggml({ scores: f32(scores.map((x) => -x)) }),
  "no token_type": ggml({ token_type: null }),
  "few token_types": ggml({ token_type: i32(types.slice(0, 10)) }),
  "a piece that is unused": ggml({ token_type: i32(types.with(tokens.indexOf("▁llama"), 5)) }),
  "a piece that is user-defined": ggml({ token_type: i32(types.with(tokens.indexOf("ama"), 4)) }),
  "a piece that is a control token": ggml({ token_type: i32(types.with(tokens.indexOf("▁llama"), 3)) }),
  "a control token that is normal": ggml({ token_type: i32(types.with(298, 1)) }),
  "a control token that is user-defined": ggml({ token_type: i32(types.with(298, 4)) }),
  "a token that ends texts by its name": ggml({ tokens: text(tokens.with(298, "<|im_end|>")) }),
  "such a token that is user-defined": ggml({
    tokens: text(tokens.with(298, "<|im_end|>")),
    token_type: i32(types.with(298, 4)),
  }),
  "bos 5": ggml({ bos_token_id: u32(298) }),
  "bos beyond the tokens": ggml({ bos_token_id: u32(4000) }),
  "no bos": ggml({ bos_token_id: null }),
  "eos 298": ggml({ eos_token_id: u32(298) }),
  "eos beyond the tokens": ggml({ eos_token_id: u32(4000) }),
  "no eos": ggml({ eos_token_id: null }),
  "eot 298": ggml({ eot_token_id: u32(298) }),
  "eom 299": ggml({ eom_token_id: u32(299), eot_token_id: u32(298) }),
  "fim_pad 298": ggml({ fim_pad_token_id: u32(298) }),
  "fim_rep 298": ggml({ fim_rep_token_id: u32(298) }),
  "fim_sep 298": ggml({ fim_sep_token_id: u32(298) }),
  "unk 298": ggml({ unknown_token_id: u32(298) }),
  "pad 298": ggml({ padding_token_id: u32(298) }),
  "pad beyond the tokens": ggml({ padding_token_id: u32(4000) }),
  "add_bos_token false": ggml({ add_bos_token: flag(false) }),
  "add_bos_token true": ggml({ add_bos_token: flag(true) }),
  "add_eos_token true": ggml({ add_eos_token: flag(true) }),
  "add_space_prefix false": ggml({ add_space_prefix: flag(false) }),
  "add_space_prefix true": ggml({ add_space_prefix: flag(true) }),
  "remove_extra_whitespaces true": ggml({ remove_extra_whitespaces: flag(true) }),
  "general.type adapter": { "general.type": text("adapter") },
  "general.type model": { "general.type": text("model") },
};

/** Fields that nothing computes with: names of people, and settings of other architectures. */
export const idle: Readonly<Record<string, WrittenValue>> = {
  ...each(text("words"), "general", [
    ...[
      "author",
      "basename",
      "description",
      "doi",
      "finetune",
      "license",
      "license.link",
      "license.name",
      "name",
    ],
    ...[
      "organization",
      "quantized_by",
      "repo_url",
      "size_label",
      "source.doi",
      "source.repo_url",
      "source.url",
    ],
    ...[
      "source.uuid",
      "url",
      "uuid",
      "version",
      "sampling.sequence",
      "base_model.0.author",
      "base_model.0.doi",
    ],
    ...[
      "base_model.0.description",
      "base_model.0.name",
      "base_model.0.organization",
      "base_model.0.repo_url",
    ],
    ...[
      "base_model.0.url",
      "base_model.0.uuid",
      "base_model.0.version",
      "dataset.0.author",
      "dataset.0.name",
    ],
    ...[
      "dataset.0.description",
      "dataset.0.doi",
      "dataset.0.organization",
      "dataset.0.repo_url",
      "dataset.0.url",
    ],
    ...["dataset.0.uuid", "dataset.0.version"],
  ]),
  ...each(text(["words"]), "general", ["tags", "languages"]),
  ...each(u32(3), "general", ["base_model.count", "dataset.count", "file_type", "quantization_version"]),
  ...each(f32(0.5), "general.sampling", [
    ...["min_p", "mirostat_eta", "mirostat_tau", "penalty_repeat", "temp", "top_p", "xtc_probability"],
    "xtc_threshold",
  ]),
  ...each(u32(3), "general.sampling", ["mirostat", "penalty_last_n", "top_k"]),
  ...each(u32(3), "llama.attention", [
    ...["decay_lora_rank", "gate_lora_rank", "group_norm_groups", "iclr_lora_rank", "indexer.head_count"],
    ...[
      "indexer.key_length",
      "indexer.top_k",
      "key_length_mla",
      "key_length_swa",
      "kv_lora_rank",
      "q_lora_rank",
    ],
    ...["relative_buckets_count", "shared_kv_layers", "sliding_window", "sliding_window_pattern"],
    ...["temperature_length", "value_length_mla", "value_length_swa", "value_residual_mix_lora_rank"],
  ]),
  ...each(f32(0.5), "llama.attention", [
    ...["clamp_kqv", "group_norm_epsilon", "layer_norm_epsilon", "max_alibi_bias", "output_scale", "scale"],
    "temperature_scale",
  ]),
  ...each(u32(3), "llama", [
    ...[
      "altup.active_idx",
      "altup.num_inputs",
      "convnext.block_count",
      "convnext.embedding_length",
      "dense_feat_in",
    ],
    ...["decoder_block_count", "decoder_start_token_id", "dense_feat_out", "embedding_length_out"],
    ...["embedding_length_per_layer_input", "expert_chunk_feed_forward_length", "expert_feed_forward_length"],
    ...[
      "expert_gating_func",
      "expert_group_used_count",
      "expert_shared_count",
      "expert_shared_feed_forward_length",
    ],
    ...["experts_per_group", "features_length", "full_attention_interval", "interleave_moe_layer_step"],
    ...[
      "kda.head_dim",
      "leading_dense_block_count",
      "moe_every_n_layers",
      "moe_latent_size",
      "n_deepstack_layers",
    ],
    ...["pooling_type", "posnet.block_count", "posnet.embedding_length", "rescale_every_n_layers"],
    ...["rope.dimension_count_swa", "rope.dimension_sections", "shortconv.l_cache", "ssm.conv_kernel"],
    ...["ssm.group_count", "ssm.inner_size", "ssm.state_size", "ssm.time_step_rank", "time_decay_extra_dim"],
    ...["time_mix_extra_dim", "token_shift_count", "wkv.head_size"],
  ]),
  ...each(f32(0.5), "llama", [
    ...["activation_sparsity_scale", "attn_logit_softcapping", "embedding_scale", "expert_group_scale"],
    ...[
      "expert_weights_scale",
      "final_logit_softcapping",
      "logit_scale",
      "residual_scale",
      "swiglu_clamp_exp",
    ],
    ...["router_logit_softcapping", "rope.freq_base_swa", "swiglu_clamp_shexp"],
  ]),
  ...each(flag(true), "llama", [
    "expert_weights_norm",
    "ssm.dt_b_c_rms",
    "swin_norm",
    "use_parallel_residual",
  ]),
  ...each(text("words"), "llama", ["tensor_data_layout"]),
  ...each(text(["yes", "no"]), "llama", ["classifier.output_labels"]),
  ...each(u32(298), "tokenizer.ggml", [
    ...["fim_mid_token_id", "fim_pre_token_id", "fim_suf_token_id", "mask_token_id", "middle_token_id"],
    ...["prefix_token_id", "seperator_token_id", "suffix_token_id", "token_type_count"],
  ]),
  ...each(flag(true), "tokenizer.ggml", ["add_sep_token"]),
  ...each(i32([1, 2, 3, 4, 5]), "tokenizer.ggml", ["precompiled_charsmap"]),
  ...each(text("words"), "tokenizer", [
    "chat_template",
    "chat_template.tool",
    "huggingface.json",
    "rwkv.world",
  ]),
  ...each(text(["tool"]), "tokenizer", ["chat_templates"]),
  ...each(f32(0.5), "xielu", ["alpha_n", "alpha_p", "beta", "eps"]),
};

function each(value: WrittenValue, prefix: string, names: string[]): Record<string, WrittenValue> {
  return Object.fromEntries(names.map((name) => [`${prefix}.${name}`, value]));
}
