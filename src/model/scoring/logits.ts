/**
 * Logits at every position, for looking inside and for comparing with other implementations.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { Recorder } from "../../gpu/mod.ts";
import { matmul } from "../../ops/mod.ts";
import { Batch } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import type { ModelState } from "../model_state.ts";

/** Logits after each of `ids`: [T, V], row-major. */
export async function allLogits(model: ModelState, ids: ArrayLike<number>): Promise<Float32Array> {
  const { device, layout, angles, config, name } = model;
  const T = ids.length;
  if (T < 1 || T > config.context) {
    throw new ConfigError(
      `Cannot compute logits: between 1 and ${config.context} ids are needed, current count is ${T}`,
    );
  }
  const owner = `${name}: logits`;
  const batch = new Batch(device, owner, 1, T, config.vocabSize);
  try {
    const kept = batch.fill([{ ids }]);
    const r = new Recorder(device, "all", kept > 0);
    const weights = layout.views(model);
    const x = llama(r, weights, {
      tokens: batch.tokens,
      positions: batch.positions,
      spans: batch.spans,
      angles,
      batch: 1,
    }, config);
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
