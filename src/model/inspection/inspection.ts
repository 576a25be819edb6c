/**
 * What was seen inside a model while it read a prompt, as numbers and as small pictures.
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
} from "../../display/mod.ts";
import { attentionWeights, meanAttention } from "./attention_map.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ActivationStatistics, GradientStatistics } from "./statistics.ts";

/** A token that the lens sees. */
export interface LensToken {
  /** Its id. */
  id: number;
  /** Its text as the vocabulary writes it; the id where the model has no tokenizer. */
  token: string;
  /** Its probability. */
  probability: number;
}

/** What the residual stream behind one layer would predict, were it the last (nostalgebraist 2020, "logit lens"). */
export interface Lens {
  /** The layer, from 0; undefined for the embedding. */
  layer?: number;
  /** For each position the most likely next tokens, best first. */
  positions: LensToken[][];
}

/** What the inspecting pass found. */
export interface Findings {
  /** Name of the model. */
  model: string;
  /** Its shape. */
  config: ModelConfig;
  /** The prompt, BOS included. */
  ids: Uint32Array;
  /** Its tokens as the vocabulary writes them. */
  tokens: string[];
  /** Queries, keys (rotated) and values of each layer, [T, (H + 2 KV) E]. */
  qkv: Float32Array[];
  /** Statistics of activations. */
  activations: ActivationStatistics[];
  /** The lens behind the embedding and behind each layer. */
  logitLens: Lens[];
  /** Mean loss of the prompt's tokens but the first, nats. */
  loss?: number;
  /** Statistics of gradients. */
  gradients?: GradientStatistics[];
}

/** A picture that shows itself. */
class Look extends Displayable {
  constructor(private readonly drawn: Picture) {
    super();
  }
  picture(): Picture {
    return this.drawn;
  }
}

/** Kinds of a block's matrices, by the end of their names, for the columns of the gradient picture. */
const kinds: [column: string, part: string][] = [
  ["query", "q_proj"],
  ["key", "k_proj"],
  ["value", "v_proj"],
  ["output", "o_proj"],
  ["gate", "gate_proj"],
  ["up", "up_proj"],
  ["down", "down_proj"],
];
const places = ["attention", "gate", "feedForward", "residual"] as const;

/** What `model.inspect(prompt)` gives. */
export class Inspection extends Displayable {
  /** The prompt, BOS included. */
  readonly ids: Uint32Array;
  /** Its tokens as the vocabulary writes them; ids where the model has no tokenizer. */
  readonly tokens: readonly string[];
  /** Activations over all positions: first the embedding, then each place of each layer. */
  readonly activations: readonly ActivationStatistics[];
  /** First behind the embedding, then behind each layer; the last entry is what the model predicts. */
  readonly logitLens: readonly Lens[];
  /** Gradients by parameter, where they were asked for. */
  readonly gradients?: readonly GradientStatistics[];
  /** Mean loss of the prompt's own tokens after the first, in nats, where gradients were asked for. */
  readonly loss?: number;
  #seen: Findings;

  /** Made by {@linkcode Model.inspect}. */
  constructor(seen: Findings) {
    super();
    this.#seen = seen;
    ({
      ids: this.ids,
      tokens: this.tokens,
      activations: this.activations,
      logitLens: this.logitLens,
      gradients: this.gradients,
      loss: this.loss,
    } = seen);
  }

  /**
   * Attention weights of a layer and head, both from 0; without `head` the mean over heads.
   *
   * @returns [T, T] row-major: how much position t looks at position s; rows sum to 1
   * @throws {ConfigError} for a layer or head that the model does not have
   */
  attention(layer: number, head?: number): Float32Array<ArrayBuffer> {
    const { config, qkv } = this.#seen;
    within("layer", layer, config.layers);
    if (head === undefined) return meanAttention(qkv[layer], config);
    within("head", head, config.heads);
    return attentionWeights(qkv[layer], config, head);
  }

  /**
   * The attention of a layer as a picture: one head with its tokens, or all heads small. Rows are the positions that
   * look, columns those looked at; darker is more. Long prompts show their `last` tokens (24).
   */
  attentionMap(which: { layer: number; head?: number; last?: number }): Displayable {
    const { layer, head, last = 24 } = which;
    const all = head === undefined;
    const heads = all ? Array.from({ length: this.#seen.config.heads }, (_, h) => h) : [head];
    const panels = heads.map((h) => this.#triangle(`head ${h}`, this.attention(layer, h), last));
    return new Look(heatMap({
      title: `Attention, layer ${layer}${all ? "" : `, head ${head}`}${this.#cut(last)}`,
      rows: this.tokens.slice(-last),
      columns: all ? undefined : this.tokens.slice(-last),
      panels,
      most: 1,
      alt: heads.map((h) => this.#strongest(layer, h)).join(" "),
    }));
  }

  /** The logit lens as a picture: the likeliest next token behind each layer, deepest on top, for the `last` positions (8). */
  lens(options: { last?: number } = {}): Displayable {
    const last = options.last ?? 8;
    const layers = this.logitLens.toReversed();
    const best = layers.map(({ positions }) => positions.slice(-last).map(([token]) => token));
    return new Look(heatMap({
      title: `Logit lens: the next token after each layer${this.#cut(last)}`,
      rows: layers.map(({ layer }) => layer === undefined ? "embedding" : `layer ${layer}`),
      columns: this.tokens.slice(-last),
      panels: [{
        title: "",
        values: best.map((row) => row.map(({ probability }) => probability)),
        texts: best.map((row) => row.map(({ token }) => token)),
      }],
      most: 1,
    }));
  }

  /** Activations, and gradients where they were asked for, layer by layer. */
  statistics(): Displayable {
    const { layers } = this.#seen.config;
    const rows = Array.from({ length: layers }, (_, l) => `layer ${l}`);
    const grid = (
      title: string,
      columns: readonly string[],
      value: (l: number, c: number) => number,
      format = short,
    ) => {
      const values = rows.map((_, l) => columns.map((_, c) => value(l, c)));
      const texts = values.map((row) => row.map((x) => format(x)));
      return heatMap({ title, rows, columns: [...columns], panels: [{ title: "", values, texts }] });
    };
    const at = (l: number, c: number) =>
      this.activations.find(({ layer, place }) => layer === l && place === places[c])!;
    const pictures = [
      grid("Activations: standard deviation", places, (l, c) => at(l, c).std),
      grid("Activations: largest absolute value", places, (l, c) => at(l, c).largest),
      grid("Activations: share near zero", places, (l, c) => at(l, c).nearZero, (x) => percent(x)),
    ];
    if (this.gradients) {
      const by = new Map(this.gradients.map((g) => [g.name, g]));
      const names = kinds.map(([name]) => name);
      const of = (l: number, c: number) =>
        [...by.values()].find(({ name }) =>
          name.startsWith(`model.layers.${l}.`) && name.includes(kinds[c][1])
        )!;
      pictures.push(
        grid("Gradients: norm", names, (l, c) => of(l, c).norm),
        grid("Gradients: norm / norm of the weights", names, (l, c) => of(l, c).ratio),
      );
    }
    return new Look(join(...pictures));
  }

  /** The lens, and the mean attention of every layer. */
  picture(): Picture {
    const { config, model } = this.#seen;
    const last = 12;
    const panels = Array.from(
      { length: config.layers },
      (_, l) => this.#triangle(`layer ${l}`, this.attention(l), last),
    );
    const loss = this.loss === undefined ? "" : `, loss ${number(this.loss)} nats per token`;
    const facts =
      `Inside ${model}: ${this.ids.length} tokens, ${config.layers} layers of ${config.heads} heads${loss}`;
    const maps = {
      title: `Attention, mean over heads${this.#cut(last)}`,
      rows: this.tokens.slice(-last),
      panels,
      most: 1,
    };
    return join({ text: facts }, this.lens().picture(), heatMap(maps));
  }

  /** The numbers as plain data; attention is left out, see {@linkcode Inspection.attention}. */
  toJSON(): Omit<Findings, "qkv" | "config" | "ids"> & { ids: number[] } {
    const { qkv: _, config: __, ids, ...rest } = this.#seen;
    return { ...rest, ids: [...ids] };
  }

  /** The last rows and columns of a map, blank where a position cannot look. */
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

  /** Where the last position looks, for those who cannot see the picture. */
  #strongest(layer: number, head: number): string {
    const T = this.ids.length;
    const row = this.attention(layer, head).subarray((T - 1) * T);
    const most = Math.max(...row);
    return `Head ${head}: the last token looks most at "${this.tokens[row.indexOf(most)]}" (${
      percent(most, 0)
    }).`;
  }

  #cut(last: number): string {
    return this.ids.length > last ? `, last ${last} of ${this.ids.length} tokens` : "";
  }
}

function short(x: number): string {
  return number(x, 3);
}

function within(what: string, value: number, count: number): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  throw new ConfigError(
    `Cannot show attention: ${what} must be between 0 and ${count - 1}, current value is ${value}`,
  );
}
