/**
 * Models as the paper's authors released them: params.json, tokenizer.model, and `consolidated.00.pth` or several.
 *
 * Each of several files is the shard of one GPU of their tensor-parallel group. Queries, keys, values, W1, W3 and the
 * output matrix are split by rows; Wo and W2 by columns; the embedding table by columns (LLaMA, Llama 2) or rows (Llama
 * 3); norms are whole in each.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, FormatError } from "../../base/errors.ts";
import { type FileMatrix, stackColumns, stackRows } from "../../formats/tensors/matrix.ts";
import { openTorchFile, type TorchFile } from "../../formats/tensors/torch_file.ts";
import { Tokenizer } from "../../tokenizer/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { refuseForeignFields } from "./foreign_fields.ts";
import { checkDownload, isFile, readJson } from "./json_files.ts";
import { needlessFactor } from "./check_fit.ts";
import { toHalfPairs } from "../weights/rope_rows.ts";
import { checkedConfig, matricesDiffer, type WeightSource } from "../weights/weight_source.ts";

/** The file that identifies this format. */
export const PARAMS = "params.json";

const TABLE = "model.embed_tokens.weight";
const OUTPUT = "lm_head.weight";

/** Tokens of Llama 3 that end a message, and with it a text, besides EOS. */
const TURN_ENDS = ["<|eom_id|>", "<|eot_id|>"];

const length = z.int().min(1);
const positive = z.number().positive();
const schema = z.looseObject({
  dim: length,
  n_layers: length,
  n_heads: length,
  n_kv_heads: length.optional(),
  norm_eps: positive,
  rope_theta: positive.default(10000),
  vocab_size: z.int().default(-1),
  use_scaled_rope: z.boolean().default(false),
  rope_scaling_factor: z.number().min(1).nullish(),
  rope_high_freq_factor: positive.nullish(),
  max_seq_len: length.default(2048),
});

/**
 * Factors of the rotary scaling of the released models, by width and number of blocks: Llama 3.2 of 1B and 3B, Llama 3.1 of
 * 8B, 70B and 405B. Their params.json says only that the frequencies are scaled.
 */
const FACTORS: Readonly<Record<string, number>> = {
  "2048 16": 32,
  "3072 28": 32,
  "4096 32": 8,
  "8192 80": 8,
  "16384 126": 8,
};

/** The weights of a block: their names in Hugging Face's layout, and their split. */
const BLOCK_WEIGHTS: Readonly<Record<string, [name: string, split: "rows" | "columns" | "none"]>> = {
  "attention_norm": ["input_layernorm", "none"],
  "attention.wq": ["self_attn.q_proj", "rows"],
  "attention.wk": ["self_attn.k_proj", "rows"],
  "attention.wv": ["self_attn.v_proj", "rows"],
  "attention.wo": ["self_attn.o_proj", "columns"],
  "ffn_norm": ["post_attention_layernorm", "none"],
  "feed_forward.w1": ["mlp.gate_proj", "rows"],
  "feed_forward.w3": ["mlp.up_proj", "rows"],
  "feed_forward.w2": ["mlp.down_proj", "columns"],
};

/**
 * Opens a folder of the original release. The context is params.json's `max_seq_len`, or the paper's 2,048, since the
 * released files lack it.
 *
 * @param ropeFactor the factor of the rotary scaling, for a model whose params.json and sizes do not tell
 * @throws {FormatError} naming the file and what is wrong with it
 * @throws {ConfigError} for a `ropeFactor` that is missing, or has no use
 */
export async function openMetaRelease(folder: string, ropeFactor?: number): Promise<WeightSource> {
  const file = `${folder}/${PARAMS}`;
  const json = await readJson(file);
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new FormatError(`${path.join(".")}: ${message}`, { file });
  }
  const shards: TorchFile[] = [];
  const close = () => shards.forEach((shard) => shard.close());
  try {
    refuseForeignFields({ ...json as object, max_position_embeddings: parsed.data.max_seq_len }, (reason) => {
      throw new FormatError(`not a model this package can run: ${reason}`, { file });
    });
    for (const name of await consolidatedNames(folder)) {
      await checkDownload(`${folder}/${name}`);
      shards.push(await openTorchFile(`${folder}/${name}`));
    }
    const merged = merge(shards, parsed.data.dim);
    const shape = configOf(parsed.data, merged, file, ropeFactor);
    const tied = !await matricesDiffer(merged.get(TABLE), merged.get(OUTPUT));
    const config = { ...shape, tieEmbeddings: tied };
    const tensors = new Map([...merged].map(([name, matrix]) => [name, toHalfPairs(name, matrix, config)]));
    return { file, config, tensors, tokenizer, close };
  } catch (error) {
    close();
    throw error;
  }

  async function tokenizer(): Promise<Tokenizer | undefined> {
    const path = `${folder}/tokenizer.model`;
    if (!await isFile(path)) return undefined;
    await checkDownload(path);
    const loaded = await Tokenizer.load(path);
    return loaded.withEosIds(TURN_ENDS.flatMap((token) => loaded.idOf(token) ?? []));
  }
}

async function consolidatedNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (/^consolidated\.\d\d\.pth$/.test(name)) names.push(name);
  }
  names.sort();
  const gap = names.findIndex((name, i) => name !== `consolidated.${String(i).padStart(2, "0")}.pth`);
  if (names.length > 0 && gap < 0) return names;
  const missing = `consolidated.${String(Math.max(0, gap)).padStart(2, "0")}.pth`;
  throw new FormatError("no such file: is the download complete?", { file: `${folder}/${missing}` });
}

/** Joins the shards of every tensor. Returns the tensors by their names in Hugging Face's layout. */
function merge(shards: readonly TorchFile[], dim: number): Map<string, FileMatrix> {
  const merged = new Map<string, FileMatrix>();
  for (const [name, first] of shards[0].tensors) {
    const [hf, split] = nameAndSplit(name, first, dim);
    const parts = shards.map(({ tensors }) => tensors.get(name));
    const wrong = shards.findIndex((_, i) => !fits(first, parts[i]));
    if (wrong >= 0) {
      const file = [...shards[wrong].tensors.values()][0]?.file;
      throw new FormatError(`tensor ${name} is missing, or not shaped as in the first shard`, { file });
    }
    const all = parts as FileMatrix[];
    const whole = split === "rows" ? stackRows(all) : split === "columns" ? stackColumns(all) : first;
    merged.set(hf, whole);
  }
  return merged;
}

function fits({ shape }: FileMatrix, other: FileMatrix | undefined): boolean {
  return other !== undefined && other.shape.join() === shape.join();
}

/** Returns a tensor's name in Hugging Face's layout, and its split; vectors are never split. */
function nameAndSplit(
  name: string,
  { shape }: FileMatrix,
  dim: number,
): [string, "rows" | "columns" | "none"] {
  const stem = name.replace(/\.weight$/, "");
  const block = /^layers\.(\d+)\.(.*)$/.exec(stem);
  const inside = block && Object.hasOwn(BLOCK_WEIGHTS, block[2]) ? BLOCK_WEIGHTS[block[2]] : undefined;
  if (block && inside) {
    return [`model.layers.${block[1]}.${inside[0]}.weight`, shape.length === 2 ? inside[1] : "none"];
  }
  const isVector = shape.length !== 2;
  if (stem === "tok_embeddings") {
    return ["model.embed_tokens.weight", isVector ? "none" : shape[1] === dim ? "rows" : "columns"];
  }
  if (stem === "output") return ["lm_head.weight", isVector ? "none" : "rows"];
  return [stem === "norm" ? "model.norm.weight" : name, "none"];
}

function configOf(
  p: z.output<typeof schema>,
  tensors: ReadonlyMap<string, FileMatrix>,
  file: string,
  ropeFactor?: number,
): ModelConfig {
  const rows = (name: string) => {
    const matrix = tensors.get(name);
    if (matrix?.shape.length === 2) return matrix.shape[0];
    throw new FormatError(`tensor ${name} is missing or no matrix`, { file });
  };
  const vocabSize = rows(TABLE);
  if (p.vocab_size > 0 && p.vocab_size !== vocabSize) {
    throw new FormatError(`vocab_size is ${p.vocab_size}, the table has ${vocabSize} rows`, { file });
  }
  const factor = factorOf(p, file, ropeFactor);
  return checkedConfig({
    dim: p.dim,
    layers: p.n_layers,
    heads: p.n_heads,
    kvHeads: p.n_kv_heads ?? p.n_heads,
    hidden: rows("model.layers.0.mlp.gate_proj.weight"),
    vocabSize,
    context: p.max_seq_len,
    normEps: p.norm_eps,
    ropeTheta: p.rope_theta,
    tieEmbeddings: false,
    ...(factor && {
      ropeScaling: {
        factor,
        lowFrequencyFactor: 1,
        highFrequencyFactor: p.rope_high_freq_factor ?? 4,
        originalContext: 8192,
      },
    }),
  }, file);
}

/** Returns the factor of the rotary scaling; undefined for a model without scaling. */
function factorOf(p: z.output<typeof schema>, file: string, given?: number): number | undefined {
  if (!p.use_scaled_rope) {
    if (given !== undefined) throw needlessFactor(`${file} says that the rotary frequencies are not scaled`);
    return undefined;
  }
  const stated = p.rope_scaling_factor ?? undefined;
  const known = stated ?? FACTORS[`${p.dim} ${p.n_layers}`];
  if (stated !== undefined && given !== undefined && given !== stated) {
    throw needlessFactor(`${file} says that it is ${stated}`);
  }
  if (given ?? known) return given ?? known;
  throw new ConfigError(
    `${file}: Cannot know the factor of the rotary scaling: the file says use_scaled_rope, and the sizes are not those ` +
      "of a released model. Give Model.load(..., { ropeFactor }): 8 as in Llama 3.1, 32 as in Llama 3.2 of 1B and 3B",
    { path: "Model.load.ropeFactor" },
  );
}
