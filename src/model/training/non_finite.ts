/**
 * The search for a gradient that is not finite, for the error of a run whose steps are skipped.
 *
 * @module
 */
import { gatherValues, type Group } from "../../base/exchange.ts";
import type { Device } from "../../gpu/mod.ts";
import type { Arena } from "../weights/arena.ts";
import { type ElementRange, overlap } from "../weights/owned_ranges.ts";
import { type ParameterLayout, parameterRows } from "../weights/weight_layout.ts";

/** Elements that are read at once: 16 MB. */
const piece = 4e6;

/**
 * Returns the first parameter with a gradient that is not finite, on any rank; undefined where all are finite. Every rank
 * calls it.
 *
 * @param held the elements whose sums this rank has
 */
export async function firstNonFinite(
  device: Device,
  { parameters }: ParameterLayout,
  gradients: Arena,
  held: readonly ElementRange[],
  world: Group,
): Promise<string | undefined> {
  const own = await firstOf(device, { parameters }, gradients, held);
  const all = await gatherValues(world, own ?? null, "not finite");
  const found = all.filter((index) => index !== null);
  return found.length ? parameters[Math.min(...found)].name : undefined;
}

/** Returns the index of the first such parameter among the held elements. */
async function firstOf(
  device: Device,
  { parameters }: ParameterLayout,
  gradients: Arena,
  held: readonly ElementRange[],
): Promise<number | undefined> {
  for (const [index, parameter] of parameters.entries()) {
    const { start, rows, stride } = parameterRows(parameter);
    for (const range of held) {
      const common = overlap(range, { start, size: rows * stride });
      if (!common) continue;
      for (let at = common.start; at < common.start + common.size; at += piece) {
        const cols = Math.min(piece, common.start + common.size - at);
        const [data] = await gradients.read(device, [{ start: at, rows: 1, cols, stride: cols }]);
        if (!data.every(Number.isFinite)) return index;
      }
    }
  }
  return undefined;
}
