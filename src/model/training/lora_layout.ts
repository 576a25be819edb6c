/**
 * The layout of the adapters of low-rank adaptation.
 *
 * One arena holds every A and B in the form of checkpoints (a thin B, [out, r]); gradients and moments have the same
 * layout. A second array holds every B as the products read it: the wide B of a kernels' matrix, with the thin B's of its
 * parts as blocks. A third holds the frozen weights of every adapted matrix.
 *
 * @module
 */
import { ArenaLayout } from "../weights/arena_layout.ts";
import type { AdaptedBlock } from "../../ops/mod.ts";
import { countParameters, trainingFlop } from "../architecture/config.ts";
import type { Parameter, ParameterLayout, WeightLayout, WeightSlot } from "../weights/weight_layout.ts";
import type { LoraSettings, LoraTarget } from "./lora_options.ts";

/** A matrix of the kernels with at least one adapted part; n is the number of those parts, r the rank. */
export interface AdaptedSlot {
  /** The matrix among the weights. */
  slot: WeightSlot;
  /** [n r, in] the A's in the arena. */
  a: { start: number; shape: [number, number] };
  /** [out, n r] the wide B. */
  b: { start: number; shape: [number, number] };
  /** The blocks of the wide B: `thin` counts from the start of {@linkcode thin}, `wide` from the start of the wide B. */
  blocks: AdaptedBlock[];
  /** The thin B's in the arena. */
  thin: { start: number; size: number };
  /** First element of its frozen copy. */
  frozen: number;
}

/** The place of every adapter and of every frozen weight. */
export class AdapterLayout implements ParameterLayout {
  /** A and B of each part under PEFT's names, in the order of the arena. */
  readonly parameters: Parameter[] = [];
  /** The places of the A's and the thin B's. */
  readonly places: ArenaLayout = new ArenaLayout();
  /** The places of the wide B's. */
  readonly wide: ArenaLayout = new ArenaLayout();
  /** The frozen weights under their own names, and the places of their matrices. */
  readonly frozen: { parameters: Parameter[]; places: ArenaLayout } = {
    parameters: [],
    places: new ArenaLayout(),
  };
  /** The adapted matrices. */
  readonly slots: AdaptedSlot[];

  /** Lays out the adapters of a model. */
  constructor(readonly weights: WeightLayout, readonly settings: LoraSettings) {
    this.slots = weights.slots.flatMap((slot) => {
      return slot.parts.some(({ name }) => this.#adapts(name)) ? [this.#place(slot)] : [];
    });
  }

  /** Elements that take weight decay: all. */
  get decayed(): number {
    return this.places.size;
  }

  /** Number of weights that are trained, without the unused elements between them. */
  get trainable(): number {
    return this.parameters.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
  }

  /** Floating-point operations that adapters add per token: four products, forward and backward, per matrix. */
  get flopPerToken(): number {
    return this.slots.reduce((sum, { slot, a }) => {
      const rows = slot.parts.reduce((sum, part) => sum + part.rows, 0);
      return sum + 4 * a.shape[0] * (slot.cols + rows);
    }, 0);
  }

  #adapts(name: string): boolean {
    const target = /\.(\w+)\.weight$/.exec(name)?.[1] as LoraTarget;
    return name.startsWith("model.layers.") && this.settings.targets.includes(target);
  }

  #place(slot: WeightSlot): AdaptedSlot {
    const { rank } = this.settings;
    const [out, cols] = slot.shape;
    const blocks: AdaptedBlock[] = [];
    const stride = cols > slot.cols ? { stride: cols } : {};
    const adaptedParts = slot.parts.filter(({ name }) => this.#adapts(name));
    const wide = adaptedParts.length * rank;
    const a = {
      start: this.places.place(`${slot.key}.a`, [wide, cols]),
      shape: [wide, cols] as [number, number],
    };
    const thinSize = adaptedParts.reduce((sum, part) => sum + part.rows * rank, 0);
    const thin = { start: this.places.place(`${slot.key}.b`, [thinSize]), size: 0 };
    const frozen = this.frozen.places.place(slot.key, slot.shape);
    let firstRow = 0;
    for (const { name, rows, paddedRows } of slot.parts) {
      const nth = adaptedParts.findIndex((part) => part.name === name);
      const start = frozen + firstRow * cols;
      this.frozen.parameters.push({ name, shape: [rows, slot.cols], start, ...stride });
      if (nth >= 0) {
        const stem = `base_model.model.${name.replace(/\.weight$/, "")}`;
        blocks.push({ rows, rank, thin: thin.size, wide: firstRow * wide + nth * rank });
        this.parameters.push(
          {
            name: `${stem}.lora_A.weight`,
            shape: [rank, slot.cols],
            start: a.start + nth * rank * cols,
            ...stride,
          },
          { name: `${stem}.lora_B.weight`, shape: [rows, rank], start: thin.start + thin.size },
        );
        thin.size += rows * rank;
      }
      firstRow += paddedRows;
    }
    const b = {
      start: this.wide.place(`${slot.key}.wide`, [out, wide]),
      shape: [out, wide] as [number, number],
    };
    return { slot, a, b, blocks, thin, frozen };
  }
}

/**
 * Returns the floating-point operations of training adapters on one token: 4 N + 12 L D T, the full count without the
 * gradients of the weights, and the adapters' own products. The merge, 2 n r in out per adapted matrix and update, is not
 * counted.
 */
export function loraFlop(weights: WeightLayout, settings: LoraSettings, context: number): number {
  const { config } = weights;
  const weightGradients = 2 * countParameters(config).matrix;
  return trainingFlop(config, context) - weightGradients + new AdapterLayout(weights, settings).flopPerToken;
}
