// Each known field of a config.json: a changed value changes the logits as it does in transformers (numbers recorded by
// tests/reference/config_fields.py), or the file is refused and the field is named.
import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../src/base/errors.ts";
import { Model } from "../../../src/model/mod.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { ids, recorded, writeModel } from "./recorded_fields.ts";

const writeConfig = (folder: string, change: Record<string, unknown>) =>
  Deno.writeTextFile(`${folder}/config.json`, JSON.stringify({ ...recorded.base, ...change }));

Deno.test("config.json: fields in effect change the logits as in transformers, and a save keeps them", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    await writeModel(`${folder}/plain`, false);
    await writeModel(`${folder}/tied`, true);
    for (const { change, logits } of recorded.cases) {
      const path = `${folder}/${change.tie_word_embeddings ? "tied" : "plain"}`;
      await writeConfig(path, change);
      using model = await Model.load(path, { device });
      const last = (await model.logits(ids)).subarray(39 * 64);
      const error = Math.max(...logits.map((x, i) => Math.abs(x - last[i])));
      assert.ok(error < 2e-5, `${JSON.stringify(change)}: ${error}`);
      const moved = recorded.cases[0].logits.some((x, i) => x !== logits[i]);
      if (!moved || change.tie_word_embeddings) continue;
      await model.save(`${folder}/again`);
      using again = await Model.load(`${folder}/again`, { device });
      assert.deepEqual(await again.logits(ids), await model.logits(ids), JSON.stringify(change));
    }
  }));

Deno.test("config.json: every field of LlamaConfig is tried", () => {
  const tried = new Set([
    ...recorded.cases.flatMap(({ change }) => Object.keys(change)),
    ...refused.flatMap(([change]) => Object.keys(change)),
  ]);
  assert.deepEqual(recorded.fields.llama.filter((name) => !tried.has(name)), []);
});

const scaling = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 };
const refused: [change: Record<string, unknown>, named: RegExp][] = [
  [{ model_type: "mistral" }, /model_type is "mistral": "llama" is needed/],
  [{ model_type: "qwen2", hidden_size: null }, /model_type is "qwen2"/],
  [{ architectures: ["MistralForCausalLM"] }, /architectures is \["MistralForCausalLM"\]/],
  [{ architectures: ["LlamaForSequenceClassification"] }, /architectures/],
  [{ hidden_act: "gelu" }, /hidden_act is "gelu"/],
  [{ hidden_activation: "gelu_pytorch_tanh" }, /hidden_activation/],
  [{ attention_bias: true }, /attention_bias is true: linear layers have biases/],
  [{ mlp_bias: true }, /mlp_bias is true/],
  [{ head_dim: 8 }, /head_dim 8 times 2 heads/],
  [{ num_attention_heads: 4 }, /k_proj.weight is \[16, 32\], the config asks for \[8, 32\]/],
  [{ num_key_value_heads: 2 }, /k_proj.weight is \[16, 32\]/],
  [{ num_key_value_heads: null }, /k_proj.weight is \[16, 32\]/],
  [{ vocab_size: 65 }, /embed_tokens.weight is \[64, 32\]/],
  [{ hidden_size: 64 }, /embed_tokens.weight is \[64, 32\]/],
  [{ intermediate_size: 50 }, /gate_proj.weight is \[48, 32\]/],
  [{ num_hidden_layers: 1 }, /model.layers.1\S+ has no place/],
  [{ num_hidden_layers: 3 }, /model.layers.2\S+ is missing/],
  [{ rms_norm_eps: "1e-5" }, /rms_norm_eps/],
  [{ rope_theta: -1 }, /rope_theta/],
  [
    { rope_scaling: { type: "longrope", short_factor: [1], long_factor: [2] } },
    /rotary scaling is "longrope"/,
  ],
  [{ rope_scaling: { type: "su", factor: 2 } }, /rotary scaling is "su"/],
  [{ rope_scaling: { rope_type: "proportional", factor: 2 } }, /rotary scaling is "proportional"/],
  [{ rope_scaling: { factor: 2 } }, /rope_scaling.factor has no meaning for the rotary scaling "default"/],
  [{ rope_scaling: { rope_type: "default", factor: 2 } }, /rope_scaling.factor/],
  [{ rope_scaling: { rope_type: "linear" } }, /rope_scaling.factor is missing/],
  [{ rope_scaling: { type: "linear", factor: 0 } }, /rope_scaling.factor/],
  [{ rope_scaling: { type: "linear", factor: 2, beta_fast: 3 } }, /rope_scaling.beta_fast/],
  [{ rope_scaling: { type: "dynamic", alpha: 1000, factor: 1 } }, /rope_scaling.alpha/],
  [{ rope_scaling: { ...scaling, long_factor: [1, 2] } }, /rope_scaling.long_factor/],
  [{ rope_scaling: { ...scaling, low_freq_factor: 1 } }, /rope_scaling.low_freq_factor/],
  [{ rope_scaling: { rope_type: "llama3", factor: 2 } }, /low_freq_factor below high_freq_factor/],
  [{ rope_parameters: { full_attention: { rope_type: "default" } } }, /rope_parameters.full_attention/],
  [{ rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } }, /partial_rotary_factor is 0.5/],
  [{ rope_scaling: scaling, rope_parameters: { rope_theta: 90 } }, /rope_scaling and rope_parameters differ/],
  [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0.5/],
  [{ rotary_pct: 0.25 }, /rotary_pct/],
  [{ rope_interleaved: true }, /rope_interleaved/],
  [{ sliding_window: 8 }, /sliding_window is 8: attention sees a window/],
  [{ use_sliding_window: true, sliding_window: 16 }, /sliding_window/],
  [{ layer_types: ["sliding_attention", "full_attention"] }, /layer_types/],
  [{ attention_chunk_size: 8 }, /attention_chunk_size/],
  [{ no_rope_layers: [1, 0] }, /no_rope_layers/],
  [{ is_causal: false }, /is_causal/],
  [{ qk_norm: true }, /qk_norm/],
  [{ use_qk_norm: true }, /use_qk_norm/],
  [{ norm_type: "layernorm" }, /norm_type is "layernorm"/],
  [{ parallel_attn: true }, /parallel_attn/],
  [{ clip_qkv: 8 }, /clip_qkv/],
  [{ embedding_multiplier: 12 }, /embedding_multiplier is 12/],
  [{ residual_multiplier: 0.22 }, /residual_multiplier/],
  [{ attention_multiplier: 0.015 }, /attention_multiplier/],
  [{ logits_scaling: 8 }, /logits_scaling/],
  [{ logit_scale: 0.06 }, /logit_scale/],
  [{ lm_head_multiplier: 2 }, /lm_head_multiplier/],
  [{ scale_emb: 12 }, /scale_emb/],
  [{ query_pre_attn_scalar: 256 }, /query_pre_attn_scalar/],
  [{ attn_logit_softcapping: 50 }, /attn_logit_softcapping/],
  [{ final_logit_softcapping: 30 }, /final_logit_softcapping/],
  [{ num_local_experts: 8 }, /num_local_experts/],
  [{ is_encoder_decoder: true }, /is_encoder_decoder/],
  [{ quantization_config: { quant_method: "gptq", bits: 4 } }, /quantization_config .*unquantized/],
];

Deno.test("config.json: fields that another family of models would need are refused by name", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    await writeModel(folder, false);
    const before = device.memory().bytes;
    for (const [change, named] of refused) {
      await writeConfig(folder, change);
      const failure = await Model.load(folder, { device }).then(() => undefined, (error: Error) => error);
      assert.ok(failure instanceof FormatError, `${JSON.stringify(change)}: ${failure}`);
      assert.match(failure.message, named, JSON.stringify(change));
    }
    assert.equal(device.memory().bytes, before);
  }));

Deno.test("config.json: dynamic scaling is refused for a context in which it would depend on the length", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    await writeModel(folder, false);
    await writeConfig(folder, { rope_scaling: { type: "dynamic", factor: 2 } });
    await assert.rejects(Model.load(folder, { device, context: 65 }), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /give a context of at most 64/);
      return true;
    });
  }));
