/**
 * What weights are called in GGUF files and in Hugging Face's.
 *
 * @module
 */

const OUTSIDE: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  "lm_head": "output",
};

const INSIDE: Readonly<Record<string, string>> = {
  "input_layernorm": "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "post_attention_layernorm": "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** The tensor with what divides the rotary frequencies. */
export const ROPE_FREQS = "rope_freqs.weight";

/** `model.layers.0.mlp.up_proj.weight` as `blk.0.ffn_up.weight`. */
export function ggufNameOf(name: string): string {
  const stem = name.replace(/\.weight$/, "");
  const block = /^model\.layers\.(\d+)\.(.*)$/.exec(stem);
  return `${block ? `blk.${block[1]}.${INSIDE[block[2]]}` : OUTSIDE[stem]}.weight`;
}

const HF_OUTSIDE = turned(OUTSIDE);
const HF_INSIDE = turned(INSIDE);

/** The other way round; a name that no LLaMA has stays as it is. */
export function hfNameOf(name: string): string {
  const stem = name.replace(/\.weight$/, "");
  const block = /^blk\.(\d+)\.(.*)$/.exec(stem);
  const found = block ? HF_INSIDE.get(block[2]) : HF_OUTSIDE.get(stem);
  if (found === undefined || stem === name) return name;
  return block ? `model.layers.${block[1]}.${found}.weight` : `${found}.weight`;
}

function turned(names: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(names).map(([hf, gguf]) => [gguf, hf]));
}

/** Heads of a weight whose rows GGUF keeps as pairs (2i, 2i + 1): queries and keys. Undefined for all others. */
export function turnedHeads(name: string, config: { heads: number; kvHeads: number }): number | undefined {
  if (name.endsWith(".q_proj.weight")) return config.heads;
  return name.endsWith(".k_proj.weight") ? config.kvHeads : undefined;
}
