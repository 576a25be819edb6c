/**
 * All weights of a model, copied to host memory and replaced from there.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";
import { withProgress } from "../../display/mod.ts";
import { heldWeights, type ModelHandle, stateOf } from "../model_state.ts";
import { gatherParts } from "../ranks/gather_parts.ts";
import { type NamedWeights, readParameters, writeParameters } from "../weights/named_weights.ts";

/**
 * Copies all weights to host memory, by Hugging Face's names and in its shapes. Processes that hold a model together, or divide
 * its weights in f32, call it together, and each gets the whole weights.
 */
export async function copyParameters(model: ModelHandle): Promise<NamedWeights> {
  const state = stateOf(model);
  return await withProgress(`copying the weights of ${state.name}`, {}, async () => {
    if (state.master) {
      const { collectEverywhere } = await lazily(() => import("../ranks/collect.ts"));
      return await collectEverywhere(state.ranks, heldWeights(state));
    }
    const { device, layout, store, group } = state;
    return await gatherParts(group, layout, await readParameters(device, layout, store));
  });
}

/** A name, and an array of a shape. */
type NamedArray = [string, { shape: number[]; data: Float32Array }];

/**
 * Replaces all weights, given by Hugging Face's names.
 *
 * @throws {FormatError} for a weight that is missing or has another number of elements; none is replaced then
 */
export function replaceParameters(model: ModelHandle, named: ReadonlyMap<string, Float32Array>): void {
  const state = stateOf(model);
  const shaped = state.layout.parameters.flatMap(({ name, shape, part }) => {
    const data = named.get(name);
    return data ? [[name, { shape: part?.shape ?? shape, data }] as NamedArray] : [];
  });
  writeParameters(state.device, state.layout, state.store, shaped);
  state.pack();
}
