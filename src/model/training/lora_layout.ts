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
import { ConfigError } from "../../base/errors.ts";
import { countParameters, type ModelConfig, trainingFlop } from "../architecture/config.ts";
import { activationName, isGated } from "../architecture/parts.ts";
import type {
  HeldPart,
  Parameter,
  ParameterLayout,
  WeightLayout,
  WeightSlot,
} from "../weights/weight_layout.ts";
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
  /** A and B of each part under PEFT's names, in the order of the matrices. */
  readonly parameters: Parameter[] = [];
  /** The places of the A's and the thin B's. */
  readonly places: ArenaLayout = new ArenaLayout();
  /**
   * First element of the adapters that every process of a model has: the A of a matrix that is cut by rows, and the B of one
   * that is cut by columns. Undefined where the weights are those of a whole model.
   */
  readonly replicated?: number;
  /** The places of the wide B's. */
  readonly wide: ArenaLayout = new ArenaLayout();
  /** The frozen weights under their own names, and the places of their matrices. */
  readonly frozen: { parameters: Parameter[]; places: ArenaLayout } = {
    parameters: [],
    places: new ArenaLayout(),
  };
  /** The adapted matrices. */
  readonly slots: AdaptedSlot[];

  /**
   * Lays out the adapters of a model, or of the part of it that a shard holds.
   *
   * @throws {ConfigError} for the target `gate_proj` in a model whose activation has no gate
   */
  constructor(readonly weights: WeightLayout, readonly settings: LoraSettings) {
    if (settings.targets.includes("gate_proj") && !isGated(weights.config)) throw missingGate(weights.config);
    const slots = weights.slots.filter((slot) => slot.parts.some(({ name }) => this.#adapts(name)));
    const starts = new Map(slots.map((slot) => [slot, { a: 0, b: 0 }]));
    const place = (slot: WeightSlot, which: "a" | "b") =>
      starts.get(slot)![which] = this.places.place(`${slot.key}.${which}`, this.#shapes(slot)[which]);
    if (weights.shard.of === 1) {
      for (const slot of slots) for (const which of ["a", "b"] as const) place(slot, which);
    } else {
      for (const slot of slots) place(slot, isCutByRows(slot) ? "b" : "a");
      this.replicated = this.places.border();
      for (const slot of slots) place(slot, isCutByRows(slot) ? "a" : "b");
    }
    this.slots = slots.map((slot) => this.#describe(slot, starts.get(slot)!));
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

  /** Returns the shapes of the A's and of the thin B's; lines of zeros make them equally long on all processes. */
  #shapes({ parts, shape: [, cols] }: WeightSlot): { a: [number, number]; b: [number] } {
    const adapted = parts.filter(({ name }) => this.#adapts(name));
    const rows = adapted.reduce((sum, { rows, paddedRows, part }) => sum + (part ? paddedRows : rows), 0);
    return { a: [adapted.length * this.settings.rank, cols], b: [rows * this.settings.rank] };
  }

  /** Places the wide B and the frozen copy of a matrix, and lists its adapters. */
  #describe(slot: WeightSlot, starts: { a: number; b: number }): AdaptedSlot {
    const { rank } = this.settings;
    const [out, cols] = slot.shape;
    const blocks: AdaptedBlock[] = [];
    const stride = cols > slot.cols ? { stride: cols } : {};
    const adaptedParts = slot.parts.filter(({ name }) => this.#adapts(name));
    const a = { start: starts.a, shape: this.#shapes(slot).a };
    const thin = { start: starts.b, size: 0 };
    const frozen = this.frozen.places.place(slot.key, slot.shape);
    const wide = a.shape[0];
    let firstRow = 0;
    for (const { name, rows, paddedRows, part } of slot.parts) {
      const nth = adaptedParts.findIndex((part) => part.name === name);
      const start = frozen + firstRow * cols;
      this.frozen.parameters.push({ name, shape: [rows, slot.cols], start, ...stride, ...part && { part } });
      if (nth >= 0) {
        const stem = `base_model.model.${name.replace(/\.weight$/, "")}`;
        const [partA, partB] = adapterParts(slot, part, rank);
        blocks.push({ rows, rank, thin: thin.size, wide: firstRow * wide + nth * rank });
        this.parameters.push(
          {
            name: `${stem}.lora_A.weight`,
            shape: [rank, slot.cols],
            start: a.start + nth * rank * cols,
            ...stride,
            ...partA,
          },
          {
            name: `${stem}.lora_B.weight`,
            shape: [rows, rank],
            start: thin.start + thin.size,
            ...partB,
          },
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

function missingGate(config: ModelConfig): ConfigError {
  return new ConfigError(
    `Cannot adapt gate_proj: the activation ${
      activationName(config)
    } of the model has no gate, leave it out of lora.targets`,
    { path: "lora.targets", value: "gate_proj" },
  );
}

/** Returns true for a matrix of which a shard holds rows. */
function isCutByRows({ parts, cols }: WeightSlot): boolean {
  return parts[0].part?.shape[1] === cols;
}

/** Returns the places of A and B in the whole ones, as far as they are cut. */
function adapterParts(
  slot: WeightSlot,
  part: HeldPart | undefined,
  rank: number,
): [{ part?: HeldPart }, { part?: HeldPart }] {
  if (!part) return [{}, {}];
  const { shape: [rows, cols], row, col } = part;
  return isCutByRows(slot)
    ? [{}, { part: { shape: [rows, rank], row, col: 0 } }]
    : [{ part: { shape: [rank, cols], row: 0, col } }, {}];
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
