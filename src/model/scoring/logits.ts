/**
 * Logits at every position, to look inside a model and to compare it with other implementations.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { wrongArgument } from "../../base/schema.ts";
import { type Progress, withProgress } from "../../display/mod.ts";
import { restrided } from "../../formats/tensors/matrix.ts";
import { Recorder, type Tensor } from "../../gpu/mod.ts";
import { alignedRows, matmul, rowsOf } from "../../ops/mod.ts";
import { Batch } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import { runProgram } from "../exchange_rows.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";

/**
 * Computes the logits after each of `ids`: [T, V], row-major.
 *
 * @throws {ConfigError} for no ids, or more than the context
 * @throws {DataError} for an id outside the vocabulary
 */
export async function allLogits(model: ModelHandle, ids: ArrayLike<number>): Promise<Float32Array> {
  const state = stateOf(model);
  const { context } = state.config;
  if (typeof ids !== "object" || ids === null) throw wrongArgument("model.logits", "a list of ids", ids);
  const total = ids.length;
  if (total < 1 || total > context) {
    throw new ConfigError(
      `Cannot compute logits: between 1 and ${context} ids are needed, current count is ${total}`,
    );
  }
  return await withProgress("computing logits", { total, unit: "position" }, (progress) => {
    return logitsOf(state, ids, progress);
  });
}

async function logitsOf(
  state: ModelState,
  ids: ArrayLike<number>,
  progress: Progress,
): Promise<Float32Array> {
  const { device, layout, angles, config, name } = state;
  const owner = `${name}: logits`;
  const batch = new Batch(device, owner, 1, ids.length, config.vocabSize);
  try {
    batch.fill([{ ids }]);
    const r = new Recorder(device, "all", false);
    const weights = layout.views(state);
    const { tokens, positions, spans } = batch;
    const input = { tokens, positions, spans, angles, batch: 1, shard: layout.shard };
    const x = llama(r, weights, input, config);
    const program = await r.compile(owner, [x]);
    try {
      await runProgram(program, state.group);
      return await outputLogits(state, owner, x, weights.output, progress);
    } finally {
      program.dispose();
    }
  } finally {
    batch.dispose();
  }
}

/** Upper limit of the bytes of logits on the GPU at once. [ours] */
const maxChunkBytes = 256 * 2 ** 20;

/**
 * Computes the logits [T, V] of `x` [T, D], normalised activations that a program keeps, by the output matrix. They are
 * read back in chunks of rows, since those of a long text and a large vocabulary exceed any buffer.
 */
export async function outputLogits(
  { device, config: { vocabSize } }: ModelState,
  owner: string,
  x: Tensor,
  output: Tensor,
  progress?: Progress,
): Promise<Float32Array> {
  const [T, V] = [x.rows, output.rows];
  const unit = alignedRows(x);
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const bytes = Math.min(maxChunkBytes, maxBufferSize, maxStorageBufferBindingSize);
  const step = Math.max(1, Math.floor(bytes / (4 * V * unit))) * unit;
  const all = new Float32Array(T * vocabSize);
  for (let first = 0; first < T; first += step) {
    const rows = Math.min(step, T - first);
    const r = new Recorder(device, "all", false);
    const logits = r.tensor("logits", [rows, V]);
    matmul(r, "nt", rowsOf(x, { first, rows }), output, logits, false, T);
    const program = await r.compile(owner, [logits]);
    try {
      program.replay();
      const [bytes] = await device.read([logits.range()]);
      all.set(restrided(new Float32Array(bytes), V, vocabSize), first * vocabSize);
      progress?.set(first + rows);
    } finally {
      program.dispose();
    }
  }
  return all;
}
