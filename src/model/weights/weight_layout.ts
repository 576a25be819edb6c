/**
 * The weights: one flat arena on the GPU, matrices first (they take weight decay), each tensor on a 256-byte border,
 * also where the arena is of halves.
 *
 * Query, key and value matrices stand one after another and are one matrix to the kernels, and so do the two gates of
 * the feed-forward block; checkpoints see them under their own names (Hugging Face's, in its layout).
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { type Device, Tensor } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { LayerWeights } from "../architecture/llama_weights.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";

/** A tensor as checkpoints know it. */
export interface Parameter {
  /** Hugging Face name, such as `model.layers.0.self_attn.q_proj.weight`. */
  name: string;
  /** Dimensions, [out, in] or [D]. */
  shape: number[];
  /** First element in the arena. */
  start: number;
}

/** Named places in a flat array. */
export interface ParameterLayout {
  /** Parameters in the order in which they are listed. */
  readonly parameters: readonly Parameter[];
}

/** A tensor as kernels know it, before it has its place. */
interface Entry {
  key: string;
  parts: { name: string; rows: number }[];
  /** Columns, or 0 for a vector. */
  cols: number;
}

/** A tensor as kernels know it: one parameter, or several that stand one after another. */
export interface WeightSlot {
  /** Its name here, such as `0.qkv`. */
  key: string;
  /** The parameters, and the rows of each. */
  parts: { name: string; rows: number }[];
  /** Dimensions, [out, in] or [D]. */
  shape: number[];
  /** First element in the arena. */
  start: number;
}

/** Where the weights are. */
export interface WeightArenas {
  /** The master, f32. */
  readonly arena: Tensor;
  /** A copy in f16 that the products read, of models of that dtype. */
  readonly halfWeights?: Tensor;
}

/** The order of the arena: matrices, then vectors. */
function entries(c: ModelConfig): { matrices: Entry[]; vectors: Entry[] } {
  const E = c.dim / c.heads;
  const matrices: Entry[] = [];
  const vectors: Entry[] = [];
  const matrix = (key: string, cols: number, ...parts: [string, number][]) =>
    matrices.push({ key, cols, parts: parts.map(([name, rows]) => ({ name: `${name}.weight`, rows })) });
  const vector = (key: string, name: string) =>
    vectors.push({ key, cols: 0, parts: [{ name: `${name}.weight`, rows: c.dim }] });
  matrix("embedding", c.dim, ["model.embed_tokens", c.vocabSize]);
  for (let l = 0; l < c.layers; l++) {
    const at = `model.layers.${l}`;
    const attention = `${at}.self_attn`;
    const kv = c.kvHeads * E;
    matrix(`${l}.qkv`, c.dim, [`${attention}.q_proj`, c.heads * E], [`${attention}.k_proj`, kv], [
      `${attention}.v_proj`,
      kv,
    ]);
    matrix(`${l}.wo`, c.heads * E, [`${attention}.o_proj`, c.dim]);
    matrix(`${l}.w13`, c.dim, [`${at}.mlp.gate_proj`, c.hidden], [`${at}.mlp.up_proj`, c.hidden]);
    matrix(`${l}.w2`, c.hidden, [`${at}.mlp.down_proj`, c.dim]);
    vector(`${l}.attentionNorm`, `${at}.input_layernorm`);
    vector(`${l}.ffnNorm`, `${at}.post_attention_layernorm`);
  }
  vector("norm", "model.norm");
  if (!c.tieEmbeddings) matrix("output", c.dim, ["lm_head", c.vocabSize]);
  return { matrices, vectors };
}

/** Where every tensor stands. */
export class WeightLayout implements ParameterLayout {
  /** Parameters in the order of a Hugging Face checkpoint. */
  readonly parameters: Parameter[] = [];
  /** Elements of the arena, a multiple of 128. */
  readonly size: number;
  /** Elements at its front that take weight decay. */
  readonly decayed: number;
  /** The tensors of the kernels in the order of the arena. */
  readonly slots: WeightSlot[] = [];

  /** Lays out a configuration. */
  constructor(readonly config: ModelConfig) {
    const { matrices, vectors } = entries(config);
    let at = 0;
    let decayed = 0;
    for (const { key, parts, cols } of [...matrices, ...vectors]) {
      const rows = parts.reduce((sum, part) => sum + part.rows, 0);
      this.slots.push({ key, parts, shape: cols ? [rows, cols] : [rows], start: at });
      let start = at;
      for (const part of parts) {
        const shape = cols ? [part.rows, cols] : [part.rows];
        this.parameters.push({ name: part.name, shape, start });
        start += shape.reduce((a, b) => a * b, 1);
      }
      at = Math.ceil(start / 128) * 128;
      if (cols) decayed = at;
    }
    this.size = at;
    this.decayed = decayed;
    this.parameters.sort((a, b) => order(a.name) - order(b.name));
  }

  /**
   * The tensors of the forward pass as views of the arenas: matrices of the working copy where there is one, vectors of
   * the master. With `gradients` each knows where its gradient is summed.
   */
  views({ arena, halfWeights: working }: WeightArenas, gradients?: Tensor): LlamaWeights {
    const slots = new Map(this.slots.map((slot) => [slot.key, slot]));
    const view = (key: string): Tensor => {
      const { shape, start } = slots.get(key)!;
      const from = shape.length > 1 ? working ?? arena : arena;
      const tensor = from.view(key, shape, start);
      if (gradients) tensor.gradSum = gradients.view(`d${key}`, shape, start);
      return tensor;
    };
    const layer = (l: number): LayerWeights => ({
      attentionNorm: view(`${l}.attentionNorm`),
      qkv: view(`${l}.qkv`),
      wo: view(`${l}.wo`),
      ffnNorm: view(`${l}.ffnNorm`),
      w13: view(`${l}.w13`),
      w2: view(`${l}.w2`),
    });
    const embedding = view("embedding");
    const layers = Array.from({ length: this.config.layers }, (_, l) => layer(l));
    return {
      embedding,
      layers,
      norm: view("norm"),
      output: this.config.tieEmbeddings ? embedding : view("output"),
    };
  }
}

/** Embeddings, blocks, last norm, output: the order in which checkpoints list them. */
function order(name: string): number {
  const block = name.match(/^model\.layers\.(\d+)\.(.*)/);
  if (!block) return name.startsWith("model.embed") ? -1 : name.startsWith("model.norm") ? 1e9 : 1e9 + 1;
  const inside = [
    "input",
    "self_attn.q",
    "self_attn.k",
    "self_attn.v",
    "self_attn.o",
    "post",
    "mlp.gate",
    "mlp.up",
    "mlp.down",
  ];
  return Number(block[1]) * 16 + inside.findIndex((part) => block[2].startsWith(part));
}

/** A flat f32 array of the layout's size on the GPU. */
export function makeArena(device: Device, owner: string, size: number): Tensor {
  const buffer = device.buffer(owner, size * 4);
  return new Tensor(owner, [size], "f32", { name: owner, bytes: size * 4, buffer, offset: 0 });
}

/** Copies named arrays into an arena. Every parameter must be there in its shape, and nothing else. */
export function writeParameters(
  device: Device,
  layout: ParameterLayout,
  arena: Tensor,
  named: Iterable<[string, { shape: readonly number[]; data: Float32Array }]>,
  file?: string,
): void {
  const places = new Map(layout.parameters.map((parameter) => [parameter.name, parameter]));
  const missing = new Set(places.keys());
  const { buffer, offset } = arena.range();
  for (const [name, { shape, data }] of named) {
    const parameter = places.get(name);
    if (!parameter) throw new FormatError(`tensor ${name} has no place in this model`, { file });
    if (shape.join() !== parameter.shape.join()) {
      throw new FormatError(
        `tensor ${name} is [${shape.join(", ")}], the config asks for [${parameter.shape.join(", ")}]`,
        { file },
      );
    }
    missing.delete(name);
    device.write(buffer, data as Float32Array<ArrayBuffer>, offset + parameter.start * 4);
  }
  const [first] = missing;
  if (first) throw new FormatError(`tensor ${first} is missing`, { file });
}

/** Bytes read back at once, so that a wait serves many small tensors and host memory stays low. */
const readAtOnce = 64e6;

/** The parameters of an arena as named copies, one after another. */
export async function* eachParameter(
  device: Device,
  layout: ParameterLayout,
  arena: Tensor,
): AsyncGenerator<[string, Float32Array<ArrayBuffer>]> {
  const { buffer, offset } = arena.range();
  const { parameters } = layout;
  const ranges = parameters.map(({ shape, start }) => ({
    buffer,
    offset: offset + start * 4,
    bytes: shape.reduce((a, b) => a * b, 1) * 4,
  }));
  for (let i = 0; i < ranges.length;) {
    let end = i;
    let total = 0;
    do total += ranges[end++].bytes; while (end < ranges.length && total + ranges[end].bytes <= readAtOnce);
    for (const data of await device.read(ranges.slice(i, end))) {
      yield [parameters[i++].name, new Float32Array(data)];
    }
  }
}

/** Reads all parameters of an arena. */
export async function readParameters(
  device: Device,
  layout: ParameterLayout,
  arena: Tensor,
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  const result = new Map<string, Float32Array<ArrayBuffer>>();
  for await (const [name, data] of eachParameter(device, layout, arena)) result.set(name, data);
  return result;
}
