/**
 * The layout of the weights: one flat array on the GPU, matrices first, since they take weight decay.
 *
 * A process that holds a part of the model (a shard) has rows of the matrices that are cut by their outputs, columns of those
 * cut by their inputs, and all of the tables and norms. What is cut stands first; the rest begins at a multiple of 4,096
 * elements, so that the sums of squares of the two are apart.
 *
 * Where the width of the model is a multiple of eight, the lines of every matrix are: rows and columns of zeros stand
 * behind the feed-forward width and the vocabulary where those are not. They stay zeros, since their gradients are zero;
 * checkpoints, and all that lists parameters, have the true shapes.
 *
 * Parts other than the paper's add to it (architecture/parts.ts): layer norms have a bias behind the weight, learned positions
 * a table behind that of the tokens, and an activation without a gate leaves one of the two matrices out.
 *
 * The query, key and value matrices follow one another and are one matrix to the kernels; the two gates of the
 * feed-forward block likewise. Checkpoints name each of them (Hugging Face's names and layout).
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { hasBias, isGated, positionOf } from "../architecture/parts.ts";
import {
  headDim,
  type HeldBlock,
  heldBlock,
  paddedLines,
  type Shard,
  wholeModel,
} from "../architecture/shard.ts";
import type { LayerWeights, LlamaWeights } from "../architecture/llama_weights.ts";
import type { Arena, ArenaRows } from "./arena.ts";
import { ArenaLayout } from "./arena_layout.ts";

/** The place of a held part in the tensor of a checkpoint. */
export interface HeldPart {
  /** Dimensions of the whole tensor. */
  shape: number[];
  /** First row that is held. */
  row: number;
  /** First column that is held. */
  col: number;
}

/** A tensor as checkpoints know it, or the part of it that is held. */
export interface Parameter {
  /** Hugging Face name, such as `model.layers.0.self_attn.q_proj.weight`. */
  name: string;
  /** Dimensions of what is held, [out, in] or [D]. */
  shape: number[];
  /** The place in the whole tensor, where only a part of it is held. */
  part?: HeldPart;
  /** First element in the arena. */
  start: number;
  /** Elements from one row to the next, where that is more than its columns. */
  stride?: number;
}

/** Returns rows `first` to `first + count - 1` of a parameter in its arena; default all. */
export function parameterRows(parameter: Parameter, first = 0, count?: number): ArenaRows {
  const { shape, start } = parameter;
  const cols = shape.at(-1)!;
  const stride = parameter.stride ?? cols;
  const rows = count ?? shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { start: start + first * stride, rows, cols, stride };
}

/** The name of the table of learned positions in checkpoints. */
export const positionsName = "model.embed_positions.weight";

/** The parameters of a flat array. */
export interface ParameterLayout {
  /** Parameters in the order in which they are listed. */
  readonly parameters: readonly Parameter[];
}

/** A parameter in a tensor of the kernels. */
export interface SlotPart {
  /** Its name. */
  name: string;
  /** Its rows. */
  rows: number;
  /** Its rows and those of zeros behind them. */
  paddedRows: number;
  /** Its place in the whole tensor, where only a part of that is held. */
  part?: HeldPart;
}

/** A tensor as kernels know it, before it is placed in the arena. */
interface UnplacedSlot {
  key: string;
  parts: SlotPart[];
  /** Columns of the parameters, or 0 for a vector. */
  cols: number;
  /** Columns with those of zeros behind them. */
  stride: number;
}

/** A tensor as kernels know it: one parameter, or several that stand one after another. */
export interface WeightSlot {
  /** Its name among the kernels' tensors, such as `0.qkv`. */
  key: string;
  /** The parameters that it consists of. */
  parts: SlotPart[];
  /** Columns of the parameters, or 0 for a vector. */
  cols: number;
  /** Dimensions with the rows and columns of zeros, [out, in] or [D]. */
  shape: number[];
  /** First element in the arena. */
  start: number;
}

/** The weights of a model in the formats that it holds, at least one. */
export interface ModelWeights {
  /** The weights in f32: of models of dtype "f32", and of models of dtype "f16" that are trained. */
  readonly trained?: Arena;
  /** The weights that products read, of models of another dtype than "f32". */
  readonly packed?: { view(slot: WeightSlot): Tensor };
}

/** The tensors in groups, each in the order of the arena. */
interface UnplacedSlots {
  /** Matrices of the blocks, which a shard holds a part of. */
  cut: UnplacedSlot[];
  /** The tables of the vocabulary and of learned positions. */
  tables: UnplacedSlot[];
  /** Norms and their biases. */
  vectors: UnplacedSlot[];
}

/** Lists the tensors that a shard of a configuration holds. */
function unplacedSlots(c: ModelConfig, shard: Shard): UnplacedSlots {
  const slots: UnplacedSlots = { cut: [], tables: [], vectors: [] };
  const held = heldBlock(c, shard);
  const vector = (key: string, name: string) => slots.vectors.push({ key, ...oneMatrix(name, c.dim, 0) });
  const norm = (key: string, name: string) => {
    vector(key, `${name}.weight`);
    if (hasBias(c)) vector(`${key}Bias`, `${name}.bias`);
  };
  const table = (key: string, name: string, rows: number, paddedRows?: number) =>
    slots.tables.push({ key, ...oneMatrix(name, rows, c.dim, paddedRows) });
  const vocabulary = (key: string, name: string) =>
    table(key, name, c.vocabSize, paddedLines(c.vocabSize, c));
  vocabulary("embedding", "model.embed_tokens.weight");
  if (positionOf(c) === "learned") table("positions", positionsName, c.context);
  for (let l = 0; l < c.layers; l++) {
    slots.cut.push(...blockMatrices(c, held, shard, l));
    norm(`${l}.attentionNorm`, `model.layers.${l}.input_layernorm`);
    norm(`${l}.ffnNorm`, `model.layers.${l}.post_attention_layernorm`);
  }
  norm("norm", "model.norm");
  if (!c.tieEmbeddings) vocabulary("output", "lm_head.weight");
  return slots;
}

function oneMatrix(
  name: string,
  rows: number,
  cols: number,
  paddedRows = rows,
): Omit<UnplacedSlot, "key"> {
  return { parts: [{ name, rows, paddedRows }], cols, stride: cols };
}

/** Lists the matrices of block `l`: qkv and w13 are cut by rows, wo and w2 by columns. */
function blockMatrices(c: ModelConfig, held: HeldBlock, { rank, of }: Shard, l: number): UnplacedSlot[] {
  const E = headDim(c);
  const [attention, mlp] = [`model.layers.${l}.self_attn`, `model.layers.${l}.mlp`];
  const partOf = (shape: number[], row: number, col: number) => of > 1 ? { part: { shape, row, col } } : {};
  const heads = (name: string, whole: number, rows: number): SlotPart => ({
    name: `${attention}.${name}.weight`,
    rows,
    paddedRows: rows,
    ...partOf([whole * E, c.dim], rank * rows, 0),
  });
  const lines = (name: string): SlotPart => ({
    name: `${mlp}.${name}.weight`,
    rows: held.lines,
    paddedRows: held.paddedLines,
    ...partOf([c.hidden, c.dim], held.firstLine, 0),
  });
  const columns = (name: string, whole: number, col: number): SlotPart => ({
    name: `${name}.weight`,
    rows: c.dim,
    paddedRows: c.dim,
    ...partOf([c.dim, whole], 0, col),
  });
  const kv = held.kvHeads * E;
  const out = held.heads * E;
  return [
    {
      key: `${l}.qkv`,
      parts: [heads("q_proj", c.heads, out), heads("k_proj", c.kvHeads, kv), heads("v_proj", c.kvHeads, kv)],
      cols: c.dim,
      stride: c.dim,
    },
    {
      key: `${l}.wo`,
      parts: [columns(`${attention}.o_proj`, c.heads * E, rank * out)],
      cols: out,
      stride: out,
    },
    {
      key: `${l}.w13`,
      parts: [...isGated(c) ? [lines("gate_proj")] : [], lines("up_proj")],
      cols: c.dim,
      stride: c.dim,
    },
    {
      key: `${l}.w2`,
      parts: [columns(`${mlp}.down_proj`, c.hidden, held.firstLine)],
      cols: held.lines,
      stride: held.paddedLines,
    },
  ];
}

/** The place of every weight in the arena. */
export class WeightLayout implements ParameterLayout {
  /** Parameters in the order of a Hugging Face checkpoint. */
  readonly parameters: Parameter[] = [];
  /** The places of the kernels' tensors. */
  readonly places: ArenaLayout = new ArenaLayout();
  /** Elements that take weight decay; they come first. */
  readonly decayed: number;
  /**
   * First element of the tensors that every process of a model has, a multiple of 4,096: those before it are cut. Undefined
   * where the layout is that of a whole model.
   */
  readonly replicated?: number;
  /** The tensors of the kernels in the order of the arena. */
  readonly slots: WeightSlot[] = [];
  /** True where lines of zeros stand behind the feed-forward width or the vocabulary. */
  readonly padded: boolean;

  /** Lays out a configuration, or the part of it that a shard holds. */
  constructor(readonly config: ModelConfig, readonly shard: Shard = wholeModel) {
    this.padded = [config.hidden, config.vocabSize].some((lines) => paddedLines(lines, config) > lines);
    const { cut, tables, vectors } = unplacedSlots(config, shard);
    if (shard.of > 1) {
      for (const slot of cut) this.#place(slot);
      this.replicated = this.places.border();
      for (const slot of tables) this.#place(slot);
    } else {
      const [embedding, ...output] = tables;
      for (const slot of [embedding, ...cut, ...output]) this.#place(slot);
    }
    this.decayed = this.places.size;
    for (const slot of vectors) this.#place(slot);
    this.parameters.sort((a, b) => order(a.name) - order(b.name));
  }

  #place({ key, parts, cols, stride }: UnplacedSlot): void {
    const rows = parts.reduce((sum, part) => sum + part.paddedRows, 0);
    const shape = stride ? [rows, stride] : [rows];
    let start = this.places.place(key, shape);
    this.slots.push({ key, parts, cols, shape, start });
    for (const { name, rows, paddedRows, part } of parts) {
      const shape = stride ? [rows, cols] : [rows];
      this.parameters.push({
        name,
        shape,
        start,
        ...stride > cols && { stride },
        ...part && { part },
      });
      start += paddedRows * Math.max(1, stride);
    }
  }

  /**
   * Returns the tensors of the forward pass: those of `packed` if the model has them, else views of the weights in f32.
   * With `gradients`, an arena of this layout, each view names the place where its gradient is summed.
   */
  views({ trained, packed }: ModelWeights, gradients?: Arena): LlamaWeights {
    const slots = new Map(this.slots.map((slot) => [slot.key, slot]));
    const view = (key: string): Tensor => {
      const slot = slots.get(key)!;
      const { shape, start } = slot;
      const tensor = packed ? packed.view(slot) : trained!.view(key, shape, start);
      if (gradients) tensor.gradSum = gradients.view(`d${key}`, shape, start);
      return tensor;
    };
    const bias = (norm: string) => slots.has(`${norm}Bias`) ? view(`${norm}Bias`) : undefined;
    const layer = (l: number): LayerWeights => ({
      attentionNorm: view(`${l}.attentionNorm`),
      attentionNormBias: bias(`${l}.attentionNorm`),
      qkv: view(`${l}.qkv`),
      wo: view(`${l}.wo`),
      ffnNorm: view(`${l}.ffnNorm`),
      ffnNormBias: bias(`${l}.ffnNorm`),
      w13: view(`${l}.w13`),
      w2: view(`${l}.w2`),
    });
    const embedding = view("embedding");
    const layers = Array.from({ length: this.config.layers }, (_, l) => layer(l));
    return {
      embedding,
      positions: slots.has("positions") ? view("positions") : undefined,
      layers,
      norm: view("norm"),
      normBias: bias("norm"),
      output: this.config.tieEmbeddings ? embedding : view("output"),
    };
  }
}

/** Returns a parameter's rank in the order of checkpoints: embedding, blocks, last norm, output. */
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
