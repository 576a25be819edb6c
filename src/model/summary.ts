/**
 * The summary of a model: a table of its parts.
 *
 * @module
 */
import { bytes, count, type Picture, table } from "../display/mod.ts";
import { countParameters, trainingFlop } from "./architecture/config.ts";
import { cachedPositionBytes } from "./generation/sequence_cache.ts";
import { activationName, hasBias, isGated, positionOf } from "./architecture/parts.ts";
import { type ModelHandle, type ModelState, stateOf } from "./model_state.ts";
import { packedBytes } from "./weights/packed_weights.ts";
import { headDim } from "./architecture/shard.ts";

/** The memory that a model takes before it does anything. */
export interface WeightBytes {
  /** Bytes of the weights that products read. */
  read: number;
  /** Bytes of weights in f32 beside them, of models of dtype "f16" that are trained. */
  trained: number;
  /** Bytes of the keys and values of a position, when it generates. */
  position: number;
}

/** Counts the memory that a model takes. */
export function weightBytes({ layout, dtype, trained }: ModelState): WeightBytes {
  return {
    read: packedBytes(layout, dtype),
    trained: trained && dtype !== "f32" ? packedBytes(layout, "f32") : 0,
    position: cachedPositionBytes(layout.config, layout.shard),
  };
}

/** Returns the parts of a model with their shapes and numbers of weights. */
export function summaryOf(model: ModelHandle): Picture {
  const c = model.config;
  const n = countParameters(c);
  const state = stateOf(model);
  const { read, trained, position } = weightBytes(state);
  const E = headDim(c);
  const matrices = isGated(c) ? 3 : 2;
  const vectors = (2 * c.layers + 1) * (hasBias(c) ? 2 : 1);
  const rows = [
    { part: "embedding", shape: `[${c.vocabSize}, ${c.dim}]`, parameters: c.vocabSize * c.dim },
    ...positionOf(c) === "learned"
      ? [{ part: "positions", shape: `[${c.context}, ${c.dim}]`, parameters: c.context * c.dim }]
      : [],
    {
      part: `${c.layers} x attention`,
      shape: `${c.heads} heads of ${E}, ${c.kvHeads} for keys`,
      parameters: c.layers * c.dim * E * 2 * (c.heads + c.kvHeads),
    },
    {
      part: `${c.layers} x ${activationName(c)}`,
      shape: `${matrices} x [${c.hidden}, ${c.dim}]`,
      parameters: c.layers * matrices * c.dim * c.hidden,
    },
    {
      part: hasBias(c) ? "layer norms, weight and bias" : "norms",
      shape: `${vectors} x [${c.dim}]`,
      parameters: vectors * c.dim,
    },
    {
      part: "output",
      shape: c.tieEmbeddings ? "the embedding" : `[${c.vocabSize}, ${c.dim}]`,
      parameters: c.tieEmbeddings ? 0 : c.vocabSize * c.dim,
    },
    { part: "all", shape: `context ${c.context}`, parameters: n.total },
  ];
  return table(rows, {
    title: `Model ${model.name}`,
    note: [
      `weights ${bytes(read)} in ${state.dtype}${
        trained ? `, ${bytes(trained)} in f32 to be trained` : ""
      }; ` +
      `keys and values ${bytes(position)} per position`,
      ...state.group.size > 1
        ? [`process ${state.group.rank + 1} of ${state.group.size} that hold the model`]
        : [],
      `${count(trainingFlop(c))} FLOP to train on a token; on ${model.device.adapter}`,
      ...positionOf(c) === "none" ? ["no positions: the causal mask alone orders the tokens"] : [],
      ...c.parts?.name === undefined ? [] : [`forward pass of its own: ${c.parts.name}`],
      ...state.notes,
    ].join("\n"),
  });
}
