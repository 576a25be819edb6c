/**
 * The result of an inspection: attention, activations, the logit lens and gradients, as numbers and as pictures.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import {
  Displayable,
  heatMap,
  type HeatPanel,
  join,
  number,
  percent,
  type Picture,
  plural,
} from "../../display/mod.ts";
import { attentionWeights, meanAttention } from "./attention_map.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ActivationStatistics, GradientStatistics } from "./statistics.ts";

/** A token that the logit lens predicts. */
export interface LensToken {
  /** Its id. */
  id: number;
  /** Its text as the vocabulary writes it; the id if the model has no tokenizer. */
  token: string;
  /** Its probability. */
  probability: number;
}

/** The prediction of the residual stream after one layer, as if it were the last (nostalgebraist 2020, "logit lens"). */
export interface Lens {
  /** The layer, from 0; undefined for the embedding. */
  layer?: number;
  /** The most likely next tokens per position, most likely first. */
  positions: LensToken[][];
}

/** The numbers of an inspection. */
export interface Findings {
  /** Name of the model. */
  model: string;
  /** Its shape. */
  config: ModelConfig;
  /** The prompt, BOS included. */
  ids: Uint32Array;
  /** Its tokens as the vocabulary writes them. */
  tokens: string[];
  /** [T, (H + 2 KV) E] rotated queries and keys, and values, of each layer. */
  qkv: Float32Array[];
  /** Statistics of activations. */
  activations: ActivationStatistics[];
  /** The lens after the embedding and after each layer. */
  logitLens: Lens[];
  /** Mean loss of the prompt's tokens after the first, in nats; undefined without gradients. */
  loss?: number;
  /** Statistics of gradients; undefined unless they were asked for. */
  gradients?: GradientStatistics[];
}

/** A picture that shows itself. */
class Shown extends Displayable {
  readonly #picture: Picture;

  constructor(picture: Picture) {
    super();
    this.#picture = picture;
  }

  picture(): Picture {
    return this.#picture;
  }
}

/** The columns of the gradient picture: the matrices of a block, and the part of the name that tells them. */
const gradientColumns: [column: string, namePart: string][] = [
  ["query", "q_proj"],
  ["key", "k_proj"],
  ["value", "v_proj"],
  ["output", "o_proj"],
  ["gate", "gate_proj"],
  ["up", "up_proj"],
  ["down", "down_proj"],
];
/** The columns of the activation pictures. */
const places = ["attention", "gate", "feedForward", "residual"] as const;

/** The inside of a model while it read a prompt; `model.inspect(prompt)` returns one. */
export class Inspection extends Displayable {
  /** The prompt, BOS included. */
  readonly ids: Uint32Array;
  /** Its tokens as the vocabulary writes them; ids if the model has no tokenizer. */
  readonly tokens: readonly string[];
  /** Activations over all positions: first the embedding, then each place of each layer. */
  readonly activations: readonly ActivationStatistics[];
  /** The lens after the embedding, then after each layer; the last entry is the model's prediction. */
  readonly logitLens: readonly Lens[];
  /** Gradients by parameter; undefined unless they were asked for. */
  readonly gradients?: readonly GradientStatistics[];
  /** Mean loss of the prompt's own tokens after the first, in nats; undefined unless gradients were asked for. */
  readonly loss?: number;
  readonly #findings: Findings;

  /** Wraps the numbers; use `model.inspect`. */
  constructor(findings: Findings) {
    super();
    this.#findings = findings;
    ({
      ids: this.ids,
      tokens: this.tokens,
      activations: this.activations,
      logitLens: this.logitLens,
      gradients: this.gradients,
      loss: this.loss,
    } = findings);
  }

  /**
   * Computes the attention weights of a layer and head, both from 0; without `head` the mean over heads.
   *
   * @returns [T, T] row-major: the weight of position s for position t; rows sum to 1
   * @throws {ConfigError} for a layer or head that the model does not have
   */
  attention(layer: number, head?: number): Float32Array<ArrayBuffer> {
    const { config, qkv } = this.#findings;
    requireIndex("layer", layer, config.layers);
    if (head === undefined) return meanAttention(qkv[layer], config);
    requireIndex("head", head, config.heads);
    return attentionWeights(qkv[layer], config, head);
  }

  /**
   * Draws the attention of a layer: one head with its tokens, or all heads small. Rows are queries, columns are keys;
   * the stronger the colour, the more, up to the largest weight shown. Long prompts show their `last` tokens (24).
   */
  attentionMap(options: { layer: number; head?: number; last?: number }): Displayable {
    const { layer, head, last = 24 } = options;
    const allHeads = head === undefined;
    const heads = allHeads ? Array.from({ length: this.#findings.config.heads }, (_, h) => h) : [head];
    const panels = heads.map((h) => this.#triangle(`head ${h}`, this.attention(layer, h), last));
    return new Shown(heatMap({
      title: `Attention, layer ${layer}${allHeads ? "" : `, head ${head}`}${this.#truncation(last)}`,
      rows: this.tokens.slice(-last),
      columns: allHeads ? undefined : this.tokens.slice(-last),
      panels,
      format: (weight) => percent(weight),
      alt: heads.map((h) => this.#strongest(layer, h)).join(" "),
    }));
  }

  /** Draws the logit lens: the most likely next token after each layer, deepest on top, for the `last` positions (8). */
  lens(options: { last?: number } = {}): Displayable {
    const last = options.last ?? 8;
    const layers = this.logitLens.toReversed();
    const best = layers.map(({ positions }) => positions.slice(-last).map(([token]) => token));
    return new Shown(heatMap({
      title: `Logit lens: the next token after each layer${this.#truncation(last)}`,
      rows: layers.map(({ layer }) => layer === undefined ? "embedding" : `layer ${layer}`),
      columns: this.tokens.slice(-last),
      panels: [{
        title: "",
        values: best.map((row) => row.map(({ probability }) => probability)),
        texts: best.map((row) => row.map(({ token }) => token)),
      }],
      most: 1,
      format: (share) => percent(share, 0),
    }));
  }

  /** Draws the statistics of activations, and of gradients if they were asked for, layer by layer. */
  statistics(): Displayable {
    const { layers } = this.#findings.config;
    const rows = Array.from({ length: layers }, (_, l) => `layer ${l}`);
    const grid = (
      title: string,
      columns: readonly string[],
      value: (l: number, c: number) => number,
      format = short,
    ) => {
      const values = rows.map((_, l) => columns.map((_, c) => value(l, c)));
      const texts = values.map((row) => row.map((x) => format(x)));
      return heatMap({ title, rows, columns: [...columns], panels: [{ title: "", values, texts }], format });
    };
    const at = (l: number, c: number) =>
      this.activations.find(({ layer, place }) => layer === l && place === places[c])!;
    const pictures = [
      grid("Activations: standard deviation", places, (l, c) => at(l, c).std),
      grid("Activations: largest absolute value", places, (l, c) => at(l, c).largest),
      grid("Activations: share near zero", places, (l, c) => at(l, c).nearZero, (x) => percent(x)),
    ];
    if (this.gradients) {
      const { gradients } = this;
      const names = gradientColumns.map(([name]) => name);
      const of = (l: number, c: number) =>
        gradients.find(({ name }) =>
          name.startsWith(`model.layers.${l}.`) && name.includes(gradientColumns[c][1])
        )!;
      pictures.push(
        grid("Gradients: norm", names, (l, c) => of(l, c).norm),
        grid("Gradients: norm / norm of the weights", names, (l, c) => of(l, c).ratio),
      );
    }
    return new Shown(join(...pictures));
  }

  /** The logit lens, and the mean attention of every layer. */
  picture(): Picture {
    const { config, model } = this.#findings;
    const last = 12;
    const panels = Array.from(
      { length: config.layers },
      (_, l) => this.#triangle(`layer ${l}`, this.attention(l), last),
    );
    const loss = this.loss === undefined ? "" : `, loss ${number(this.loss)} nats per token`;
    const facts = `Inside ${model}: ${plural(this.ids.length, "token")}, ${
      plural(config.layers, "layer")
    } of ${plural(config.heads, "head")}${loss}`;
    const maps = {
      title: `Attention, mean over heads${this.#truncation(last)}`,
      rows: this.tokens.slice(-last),
      panels,
      format: (weight: number) => percent(weight),
    };
    return join({ text: facts }, this.lens().picture(), heatMap(maps));
  }

  /** The numbers as plain data, without attention: see {@linkcode Inspection.attention}. */
  toJSON(): Omit<Findings, "qkv" | "config" | "ids"> & { ids: number[] } {
    const { qkv: _, config: __, ids, ...rest } = this.#findings;
    return { ...rest, ids: [...ids] };
  }

  /** Returns the last rows and columns of an attention map; keys after the query are blank. */
  #triangle(title: string, map: Float32Array, last: number): HeatPanel {
    const T = this.ids.length;
    const n = Math.min(T, last);
    const from = T - n;
    const cell = (t: number, s: number) => s > t ? NaN : map[(from + t) * T + from + s];
    return {
      title,
      values: Array.from({ length: n }, (_, t) => Array.from({ length: n }, (_, s) => cell(t, s))),
    };
  }

  /** Returns the strongest key of the last position in words, for readers who cannot see the picture. */
  #strongest(layer: number, head: number): string {
    const T = this.ids.length;
    const row = this.attention(layer, head).subarray((T - 1) * T);
    const max = Math.max(...row);
    return `Head ${head}: the last token attends most to "${this.tokens[row.indexOf(max)]}" (${
      percent(max, 0)
    }).`;
  }

  #truncation(last: number): string {
    return this.ids.length > last ? `, last ${last} of ${this.ids.length} tokens` : "";
  }
}

function short(x: number): string {
  return number(x, 3);
}

/** Refuses an index outside 0 to count - 1. */
function requireIndex(what: string, value: number, count: number): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  throw new ConfigError(
    `Cannot show attention: ${what} must be between 0 and ${count - 1}, current value is ${value}`,
  );
}
