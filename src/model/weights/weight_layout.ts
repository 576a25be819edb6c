/**
 * The layout of the weights: one flat array on the GPU, matrices first, since they take weight decay.
 *
 * Where the width of the model is a multiple of eight, the lines of every matrix are: rows and columns of zeros stand
 * behind the feed-forward width and the vocabulary where those are not. They stay zeros, since their gradients are zero;
 * checkpoints, and all that lists parameters, have the true shapes.
 *
 * The query, key and value matrices follow one another and are one matrix to the kernels; the two gates of the
 * feed-forward block likewise. Checkpoints name each of them (Hugging Face's names and layout).
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import { type ModelConfig, paddedLines } from "../architecture/config.ts";
import type { LayerWeights, LlamaWeights } from "../architecture/llama_weights.ts";
import type { Arena, ArenaRows } from "./arena.ts";
import { ArenaLayout } from "./arena_layout.ts";

/** A tensor as checkpoints know it. */
export interface Parameter {
  /** Hugging Face name, such as `model.layers.0.self_attn.q_proj.weight`. */
  name: string;
  /** Dimensions, [out, in] or [D]. */
  shape: number[];
  /** First element in the arena. */
  start: number;
  /** Elements from one row to the next, where that is more than its columns. */
  stride?: number;
  /** The place of these rows and columns in the tensor, of which this process holds no more. */
  part?: { shape: number[]; row: number; col: number };
}

/** Returns rows `first` to `first + count - 1` of a parameter in its arena; default all. */
export function parameterRows(parameter: Parameter, first = 0, count?: number): ArenaRows {
  const { shape, start } = parameter;
  const cols = shape.at(-1)!;
  const stride = parameter.stride ?? cols;
  const rows = count ?? shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { start: start + first * stride, rows, cols, stride };
}

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
}

/** A tensor as kernels know it, before it is placed in the arena. */
interface UnplacedSlot {
  key: string;
  parts: SlotPart[];
  /** Columns of the parameters, or 0 for a vector. */
  cols: number;
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

/** Lists the tensors in the order of the arena: matrices, then vectors. */
function unplacedSlots(c: ModelConfig): { matrices: UnplacedSlot[]; vectors: UnplacedSlot[] } {
  const E = c.dim / c.heads;
  const matrices: UnplacedSlot[] = [];
  const vectors: UnplacedSlot[] = [];
  const matrix = (key: string, cols: number, ...parts: [string, number, number?][]) =>
    matrices.push({
      key,
      cols,
      parts: parts.map(([name, rows, paddedRows = rows]) => ({ name: `${name}.weight`, rows, paddedRows })),
    });
  const vector = (key: string, name: string) =>
    vectors.push({ key, cols: 0, parts: [{ name: `${name}.weight`, rows: c.dim, paddedRows: c.dim }] });
  const hidden = paddedLines(c.hidden, c);
  const vocabSize = paddedLines(c.vocabSize, c);
  matrix("embedding", c.dim, ["model.embed_tokens", c.vocabSize, vocabSize]);
  for (let l = 0; l < c.layers; l++) {
    const at = `model.layers.${l}`;
    const attention = `${at}.self_attn`;
    const kv = c.kvHeads * E;
    matrix(`${l}.qkv`, c.dim, [`${attention}.q_proj`, c.heads * E], [`${attention}.k_proj`, kv], [
      `${attention}.v_proj`,
      kv,
    ]);
    matrix(`${l}.wo`, c.heads * E, [`${attention}.o_proj`, c.dim]);
    matrix(`${l}.w13`, c.dim, [`${at}.mlp.gate_proj`, c.hidden, hidden], [
      `${at}.mlp.up_proj`,
      c.hidden,
      hidden,
    ]);
    matrix(`${l}.w2`, c.hidden, [`${at}.mlp.down_proj`, c.dim]);
    vector(`${l}.attentionNorm`, `${at}.input_layernorm`);
    vector(`${l}.ffnNorm`, `${at}.post_attention_layernorm`);
  }
  vector("norm", "model.norm");
  if (!c.tieEmbeddings) matrix("output", c.dim, ["lm_head", c.vocabSize, vocabSize]);
  return { matrices, vectors };
}

/** The place of every weight in the arena. */
export class WeightLayout implements ParameterLayout {
  /** Parameters in the order of a Hugging Face checkpoint. */
  readonly parameters: Parameter[] = [];
  /** The places of the kernels' tensors. */
  readonly places: ArenaLayout = new ArenaLayout();
  /** Elements that take weight decay; they come first. */
  readonly decayed: number;
  /** The tensors of the kernels in the order of the arena. */
  readonly slots: WeightSlot[] = [];
  /** True where lines of zeros stand behind the feed-forward width or the vocabulary. */
  readonly padded: boolean;

  /** Lays out a configuration. */
  constructor(readonly config: ModelConfig) {
    const { matrices, vectors } = unplacedSlots(config);
    this.padded = [config.hidden, config.vocabSize].some((lines) => paddedLines(lines, config) > lines);
    let decayed = 0;
    for (const { key, parts, cols } of [...matrices, ...vectors]) {
      const rows = parts.reduce((sum, part) => sum + part.paddedRows, 0);
      const stride = paddedLines(cols, config);
      const shape = cols ? [rows, stride] : [rows];
      let start = this.places.place(key, shape);
      this.slots.push({ key, parts, cols, shape, start });
      for (const { name, rows, paddedRows } of parts) {
        const shape = cols ? [rows, cols] : [rows];
        this.parameters.push({ name, shape, start, ...stride > cols && { stride } });
        start += paddedRows * Math.max(1, stride);
      }
      if (cols) decayed = this.places.size;
    }
    this.decayed = decayed;
    this.parameters.sort((a, b) => order(a.name) - order(b.name));
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
