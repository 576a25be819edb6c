/**
 * The summary of a model: a table of its parts.
 *
 * @module
 */
import { count, type Picture, table } from "../display/mod.ts";
import { countParameters, trainingFlop } from "./architecture/config.ts";
import { type ModelHandle, stateOf } from "./model_state.ts";

/** Returns the parts of a model with their shapes and numbers of weights. */
export function summaryOf(model: ModelHandle): Picture {
  const c = model.config;
  const n = countParameters(c);
  const E = c.dim / c.heads;
  const rows = [
    { part: "embedding", shape: `[${c.vocabSize}, ${c.dim}]`, parameters: c.vocabSize * c.dim },
    {
      part: `${c.layers} x attention`,
      shape: `${c.heads} heads of ${E}, ${c.kvHeads} for keys`,
      parameters: c.layers * c.dim * E * 2 * (c.heads + c.kvHeads),
    },
    {
      part: `${c.layers} x SwiGLU`,
      shape: `3 x [${c.hidden}, ${c.dim}]`,
      parameters: c.layers * 3 * c.dim * c.hidden,
    },
    { part: "norms", shape: `${2 * c.layers + 1} x [${c.dim}]`, parameters: (2 * c.layers + 1) * c.dim },
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
      `${count(trainingFlop(c))} FLOP to train on a token; on ${model.device.adapter}`,
      ...stateOf(model).notes,
    ].join(". "),
  });
}
