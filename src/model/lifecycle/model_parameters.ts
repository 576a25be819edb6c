/**
 * All weights of a model, copied to host memory and replaced from there.
 *
 * @module
 */
import { type ModelHandle, stateOf } from "../model_state.ts";
import { type NamedWeights, readParameters, writeParameters } from "../weights/named_weights.ts";

/** Copies all weights to host memory, by Hugging Face's names and in its shapes. */
export function copyParameters(model: ModelHandle): Promise<NamedWeights> {
  const { device, layout, store } = stateOf(model);
  return readParameters(device, layout, store);
}

/**
 * Replaces all weights, given by Hugging Face's names.
 *
 * @throws {FormatError} for a weight that is missing or has another number of elements; none is replaced then
 */
export function replaceParameters(model: ModelHandle, named: ReadonlyMap<string, Float32Array>): void {
  const state = stateOf(model);
  const shaped = state.layout.parameters.flatMap(({ name, shape }) => {
    const data = named.get(name);
    return data ? [[name, { shape, data }] as [string, { shape: number[]; data: Float32Array }]] : [];
  });
  writeParameters(state.device, state.layout, state.store, shaped);
  state.pack();
}
