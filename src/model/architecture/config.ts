/**
 * The shape of a LLaMA, the paper's four sizes (Table 2), and six sizes for teaching.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { nearest, optionsSchema, parseOptions } from "../../base/schema.ts";
import type { ChosenParts, ModelConfig, ModelParts, ModelShape, OwnForward } from "./model_config.ts";
import { hasBias, isGated, partsSchema, positionOf, resolveParts } from "./parts.ts";
import { ropeScalingSchema } from "./rope_scaling.ts";
import { headDim, paddedLines } from "./shard.ts";

export type { ModelConfig, ModelShape } from "./model_config.ts";

const count = z.int().min(1);
const shapeSchema = optionsSchema<ModelShape>("ModelShape")(z.strictObject({
  dim: count,
  layers: count,
  heads: count,
  kvHeads: count.optional(),
  hidden: count.optional(),
  vocabSize: count.optional(),
  context: count.optional(),
  normEps: z.number().positive().optional(),
  ropeTheta: z.number().positive().optional(),
  ropeScaling: ropeScalingSchema.optional(),
  tieEmbeddings: z.boolean().optional(),
  parts: partsSchema.optional(),
}));

/** A size that has a name. */
export interface Preset extends ModelShape {
  /** Peak learning rate: the paper's; for teaching sizes [ours]. */
  learningRate: number;
  /** Tokens per batch: 4M in the paper; for teaching sizes [ours]. */
  batchTokens: number;
}

/** The sizes by name: 7B to 65B are Table 2; the teaching sizes [ours] count their weights without embeddings. */
export const presets: Readonly<Record<string, Preset>> = {
  nano: { dim: 64, layers: 4, heads: 4, hidden: 192, context: 128, learningRate: 5e-3, batchTokens: 4096 },
  "1M": { dim: 128, layers: 5, heads: 4, hidden: 384, context: 256, learningRate: 3e-3, batchTokens: 8192 },
  "5M": { dim: 256, layers: 6, heads: 8, hidden: 704, context: 256, learningRate: 1e-3, batchTokens: 16384 },
  "15M": {
    dim: 384,
    layers: 8,
    heads: 6,
    hidden: 1024,
    context: 512,
    learningRate: 1e-3,
    batchTokens: 32768,
  },
  "50M": {
    dim: 640,
    layers: 10,
    heads: 10,
    hidden: 1728,
    context: 1024,
    learningRate: 6e-4,
    batchTokens: 131072,
  },
  "110M": {
    dim: 768,
    layers: 16,
    heads: 12,
    hidden: 2048,
    context: 1024,
    learningRate: 6e-4,
    batchTokens: 262144,
  },
  "7B": { dim: 4096, layers: 32, heads: 32, hidden: 11008, learningRate: 3e-4, batchTokens: 4194304 },
  "13B": { dim: 5120, layers: 40, heads: 40, hidden: 13824, learningRate: 3e-4, batchTokens: 4194304 },
  "33B": { dim: 6656, layers: 60, heads: 52, hidden: 17920, learningRate: 1.5e-4, batchTokens: 4194304 },
  "65B": {
    dim: 8192,
    layers: 80,
    heads: 64,
    hidden: 22016,
    normEps: 1e-5,
    learningRate: 1.5e-4,
    batchTokens: 4194304,
  },
};

/**
 * Returns the full configuration of a preset or a shape.
 *
 * @throws {ConfigError} for an unknown preset, an unknown key, or numbers that do not fit together
 */
export function resolveConfig(
  source: string | ModelShape,
  overrides: { vocabSize?: number; context?: number; parts?: ModelParts | OwnForward | ChosenParts } = {},
): ModelConfig {
  const shape = parseOptions(shapeSchema, typeof source === "string" ? presetShape(source) : source, "Model");
  const { dim, heads, kvHeads = heads } = shape;
  const parts = resolveParts(overrides.parts ?? shape.parts);
  const ownHidden = typeof source === "string" && !isGated({ parts }) ? undefined : shape.hidden; // a preset's is the gate's
  const config: ModelConfig = {
    dim,
    layers: shape.layers,
    heads,
    kvHeads,
    hidden: ownHidden ?? defaultHidden(dim, isGated({ parts })),
    vocabSize: overrides.vocabSize ?? shape.vocabSize ?? 32000,
    context: overrides.context ?? shape.context ?? 2048,
    normEps: shape.normEps ?? 1e-6,
    ropeTheta: shape.ropeTheta ?? 10000,
    tieEmbeddings: shape.tieEmbeddings ?? false,
    ...(shape.ropeScaling && { ropeScaling: shape.ropeScaling }),
    ...(parts && { parts }),
  };
  checkConfig(config);
  return config;
}

/** Returns the feed-forward width that gives two matrices, or three with a gate, about 8 D^2 weights. */
function defaultHidden(dim: number, gated: boolean): number {
  if (!gated) return 4 * dim;
  const multiple = dim < 4096 ? 64 : 256;
  return Math.ceil(Math.floor(8 * dim / 3) / multiple) * multiple;
}

function presetShape(name: string): ModelShape {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) {
    const names = Object.keys(presets);
    const near = nearest(name, names);
    const hint = near ? `did you mean "${near}"?` : `presets are ${names.join(", ")}`;
    throw new ConfigError(`Cannot make a model: unknown preset "${name}", ${hint}`, {
      path: "Model.preset",
      value: name,
    });
  }
  const { learningRate: _rate, batchTokens: _batch, ...shape } = preset;
  return shape;
}

/**
 * Refuses numbers that do not fit together.
 *
 * @throws {ConfigError} naming the field
 */
export function checkConfig(c: ModelConfig): void {
  const refuse = (path: string, message: string, value: unknown) => {
    throw new ConfigError(`Cannot make a model: ${message}`, { path: `Model.${path}`, value });
  };
  if (c.dim % c.heads) {
    refuse("heads", `dim must be a multiple of heads, current values are ${c.dim} and ${c.heads}`, c.heads);
  }
  if (headDim(c) % 2) {
    refuse(
      "heads",
      `a head must hold an even number of numbers, current value is ${headDim(c)}`,
      c.heads,
    );
  }
  if (c.heads % c.kvHeads) {
    refuse(
      "kvHeads",
      `heads must be a multiple of kvHeads, current values are ${c.heads} and ${c.kvHeads}`,
      c.kvHeads,
    );
  }
  const lines = paddedLines(c.hidden, c);
  if (typeof c.parts?.activation === "object" && lines > c.hidden) {
    const message = `it must be a multiple of 8 for an activation of your own, current value is ${c.hidden}`;
    refuse("hidden", message, c.hidden); // lines of zeros behind the width have to stay zeros
  }
  if (c.ropeScaling && positionOf(c) !== "rope") {
    const message = `it is for parts.position "rope", current value of that is "${positionOf(c)}"`;
    refuse("ropeScaling", message, c.ropeScaling);
  }
  if (c.ropeScaling?.type === "dynamic" && c.context > c.ropeScaling.originalContext) {
    const { originalContext } = c.ropeScaling;
    refuse(
      "context",
      `dynamic rotary scaling changes with the length of texts beyond ${originalContext} tokens, ` +
        `give a context of at most ${originalContext}`,
      c.context,
    );
  }
}

/** Numbers of weights by part. */
export interface ParameterCount {
  /** Embedding table, the table of learned positions if there is one, and, unless tied, the output matrix. */
  embeddings: number;
  /** Everything else. */
  blocks: number;
  /** All weights. */
  total: number;
  /** Weights that enter a matrix product, the N of 6 N: the blocks' matrices and the output matrix, not the tables. */
  matrix: number;
}

/** Counts the weights of a configuration. */
export function countParameters(c: ModelConfig): ParameterCount {
  const feedForward = (isGated(c) ? 3 : 2) * c.dim * c.hidden;
  const matrices = c.layers * (c.dim * headDim(c) * (2 * c.heads + 2 * c.kvHeads) + feedForward);
  const norms = (2 * c.layers + 1) * c.dim * (hasBias(c) ? 2 : 1);
  const table = c.vocabSize * c.dim;
  const positions = positionOf(c) === "learned" ? c.context * c.dim : 0;
  const embeddings = (c.tieEmbeddings ? table : 2 * table) + positions;
  const blocks = matrices + norms;
  return { embeddings, blocks, total: embeddings + blocks, matrix: matrices + table };
}

/** Returns the floating-point operations of training on one token: 6 N + 12 L D T (Chowdhery et al. 2022, appendix B). */
export function trainingFlop(c: ModelConfig, context: number = c.context): number {
  return 6 * countParameters(c).matrix + 12 * c.layers * c.dim * context;
}
