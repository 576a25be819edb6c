/**
 * The way back from weights in f32 that are divided over ranks to all of them on every rank.
 *
 * @module
 */
import type { Ranks } from "../../../base/exchange.ts";
import { together } from "../../../base/together.ts";
import { type ModelHandle, stateOf } from "../../model_state.ts";
import { gatherRange } from "./divided_arenas.ts";

/** Elements that travel at once: 16 MB. [ours] */
const piece = 2 ** 22;

/**
 * Gives every rank all weights in f32 of a model of halves whose updates were divided over ranks, for a stage that needs them
 * whole: one that trains adapters, or divides nothing. Every data rank calls it; where nothing is divided it does nothing.
 *
 * @throws {DeviceError} where they do not fit the device of a rank; the others throw a `RankError`
 */
export async function wholeWeights(model: ModelHandle, { data }: Pick<Ranks, "data">): Promise<void> {
  const state = stateOf(model);
  const { device, master } = state;
  if (!master) return;
  const label = "weights in f32";
  const whole = await together(data, label, () => state.allocateWhole());
  for (let start = 0; start < whole.size; start += piece) {
    const size = Math.min(piece, whole.size - start);
    const numbers = await gatherRange(device, master, data, { start, size }, label);
    whole.write(device, { start, rows: 1, cols: size, stride: size }, numbers);
  }
  await state.adoptWhole(whole);
}
