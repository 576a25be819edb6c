/**
 * Model folders in Hugging Face's layout: config.json, model.safetensors, generation_config.json.
 *
 * @module
 */
import { z } from "zod";
import { FormatError } from "../base/errors.ts";
import { openSafetensors, writeAtomically, writeSafetensors } from "../formats/mod.ts";
import { checkConfig, type ModelConfig } from "./config.ts";
import type { Parameter } from "./weights.ts";

const hfConfig = z.looseObject({
  model_type: z.string().default("llama"),
  vocab_size: z.int().min(1),
  hidden_size: z.int().min(1),
  intermediate_size: z.int().min(1),
  num_hidden_layers: z.int().min(1),
  num_attention_heads: z.int().min(1),
  num_key_value_heads: z.int().min(1).optional(),
  head_dim: z.int().min(1).nullish(),
  max_position_embeddings: z.int().min(1).default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_parameters: z.looseObject({
    rope_theta: z.number().positive().optional(),
    rope_type: z.string().optional(),
  }).nullish(),
  rope_scaling: z.unknown().optional(),
  hidden_act: z.string().default("silu"),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
});

/** Reads a JSON file of a model folder. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new FormatError("no such file: is this a model folder?", { file: path, cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`not valid JSON: ${(cause as Error).message}`, { file: path, cause });
  }
}

/** Reads config.json of a LLaMA-shaped model; anything else is refused with the reason. */
export async function readConfig(folder: string): Promise<ModelConfig> {
  const file = `${folder}/config.json`, parsed = hfConfig.safeParse(await readJson(file));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new FormatError(`${path.join(".")}: ${message}`, { file });
  }
  const c = parsed.data,
    refuse = (reason: string): never => {
      throw new FormatError(`not a model this package can run: ${reason}`, { file });
    };
  if (c.model_type !== "llama") refuse(`model_type is "${c.model_type}", "llama" is needed`);
  if (c.hidden_act !== "silu") refuse(`hidden_act is "${c.hidden_act}", "silu" is needed`);
  if (c.attention_bias || c.mlp_bias) refuse("linear layers have biases");
  if (c.rope_scaling || (c.rope_parameters?.rope_type ?? "default") !== "default") {
    refuse("rotary scaling is not supported yet");
  }
  if (c.head_dim && c.head_dim * c.num_attention_heads !== c.hidden_size) {
    refuse(`head_dim ${c.head_dim} times heads is not hidden_size`);
  }
  const config: ModelConfig = {
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
  };
  try {
    checkConfig(config);
  } catch (cause) {
    throw new FormatError((cause as Error).message, { file, cause });
  }
  return config;
}

/** The configuration as Hugging Face writes it. */
export function hfConfigOf(c: ModelConfig, ids: { bos: number; eos: number }): Record<string, unknown> {
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
    rope_scaling: null,
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

/** Writes a text file aside and renames it: a reader sees the old one or the new one. */
export function writeText(path: string, text: string): Promise<void> {
  return writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
}

/** Writes config.json, generation_config.json and model.safetensors; `values` come in the order of `parameters`. */
export async function writeModelFiles(
  folder: string,
  config: ModelConfig,
  ids: { bos: number; eos: number },
  parameters: readonly Parameter[],
  values: AsyncIterable<[string, Float32Array]>,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const layout = parameters.map(({ name, shape }) => ({ name, shape })), shapes = layout.values();
  const entries = (async function* () {
    for await (const [name, data] of values) yield { name, shape: shapes.next().value!.shape, data };
  })();
  await writeSafetensors(`${folder}/model.safetensors`, entries, { metadata: { format: "pt" }, layout });
  const generation = {
    bos_token_id: ids.bos,
    eos_token_id: ids.eos,
    do_sample: true,
    temperature: 0.8,
    top_p: 0.95,
  };
  await writeText(`${folder}/config.json`, JSON.stringify(hfConfigOf(config, ids), null, 2) + "\n");
  await writeText(`${folder}/generation_config.json`, JSON.stringify(generation, null, 2) + "\n");
}

/** The tensors of a model folder, one at a time; several files where an index names them. */
export async function* readModelTensors(
  folder: string,
): AsyncGenerator<{ name: string; shape: readonly number[]; data: Float32Array; file: string }> {
  for (const file of await tensorFiles(folder)) {
    using opened = await openSafetensors(file);
    for (const [name, { shape }] of opened.tensors) {
      const data = await opened.read(name);
      if (!(data instanceof Float32Array)) {
        throw new FormatError(`tensor ${name} does not hold floating-point numbers`, { file });
      }
      yield { name, shape, data, file };
    }
  }
}

async function tensorFiles(folder: string): Promise<string[]> {
  const index = `${folder}/model.safetensors.index.json`;
  const shards = await Deno.stat(index).then(() => true, () => false);
  if (!shards) return [`${folder}/model.safetensors`];
  const parsed = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[\w.-]+$/)) }).safeParse(
    await readJson(index),
  );
  if (!parsed.success) {
    throw new FormatError("weight_map is missing or names files outside the folder", { file: index });
  }
  return [...new Set(Object.values(parsed.data.weight_map))].map((name) => `${folder}/${name}`);
}
