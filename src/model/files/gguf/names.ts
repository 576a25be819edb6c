/**
 * The names of weights in GGUF files and in Hugging Face's.
 *
 * @module
 */

/** GGUF names of the weights outside the blocks, by their Hugging Face names. */
const MODEL_NAMES: Readonly<Record<string, string>> = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  "lm_head": "output",
};

/** GGUF names of the weights of a block, by their Hugging Face names. */
const BLOCK_NAMES: Readonly<Record<string, string>> = {
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

/** The tensor of the divisors of the rotary frequencies. */
export const ROPE_FREQS = "rope_freqs.weight";

/** Tensors that no parameter of a model is made of: divisors, and the frequencies in files of 2023. */
export const DERIVED = /^rope_freqs\.weight$|\.attn_rot_embd(\.weight)?$/;

/** Returns the GGUF name of a weight: `blk.0.ffn_up.weight` for `model.layers.0.mlp.up_proj.weight`. */
export function ggufNameOf(name: string): string {
  const stem = name.replace(/\.weight$/, "");
  const block = /^model\.layers\.(\d+)\.(.*)$/.exec(stem);
  return `${block ? `blk.${block[1]}.${BLOCK_NAMES[block[2]]}` : MODEL_NAMES[stem]}.weight`;
}

const HF_MODEL_NAMES = inverted(MODEL_NAMES);
const HF_BLOCK_NAMES = inverted(BLOCK_NAMES);

/** Returns the Hugging Face name of a GGUF tensor; undefined for one that no LLaMA here has. */
export function hfNameOf(name: string): string | undefined {
  const stem = name.replace(/\.weight$/, "");
  if (stem === name) return undefined;
  const block = /^blk\.(\d+)\.(.*)$/.exec(stem);
  const found = block ? HF_BLOCK_NAMES.get(block[2]) : HF_MODEL_NAMES.get(stem);
  if (found === undefined) return undefined;
  return block ? `model.layers.${block[1]}.${found}.weight` : `${found}.weight`;
}

function inverted(names: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(names).map(([hf, gguf]) => [gguf, hf]));
}
