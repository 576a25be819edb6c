/**
 * Logits at every position, to look inside a model and to compare it with other implementations.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { Recorder } from "../../gpu/mod.ts";
import { matmul } from "../../ops/mod.ts";
import { Batch } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";

/**
 * Computes the logits after each of `ids`: [T, V], row-major.
 *
 * @throws {ConfigError} for no ids, or more than the context
 * @throws {DataError} for an id outside the vocabulary
 */
export async function allLogits(model: ModelHandle, ids: ArrayLike<number>): Promise<Float32Array> {
  const state = stateOf(model);
  const { device, layout, angles, config, name } = state;
  const T = ids.length;
  if (T < 1 || T > config.context) {
    throw new ConfigError(
      `Cannot compute logits: between 1 and ${config.context} ids are needed, current count is ${T}`,
    );
  }
  const owner = `${name}: logits`;
  const batch = new Batch(device, owner, 1, T, config.vocabSize);
  try {
    batch.fill([{ ids }]);
    const r = new Recorder(device, "all", false);
    const weights = layout.views(state);
    const { tokens, positions, spans } = batch;
    const x = llama(r, weights, { tokens, positions, spans, angles, batch: 1 }, config);
    const logits = r.tensor("logits", [T, config.vocabSize]);
    matmul(r, "nt", x, weights.output, logits);
    const program = await r.compile(owner, [logits]);
    try {
      program.replay();
      return new Float32Array((await device.read([logits.range()]))[0]);
    } finally {
      program.dispose();
    }
  } finally {
    batch.dispose();
  }
}
