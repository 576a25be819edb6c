/**
 * The key-value cache of generation: keys and values of a row are computed once and kept.
 *
 * @module
 */
import { fold, kernel, type Recorder, stored, type Tensor } from "../gpu/mod.ts";
import source from "./cache.wgsl" with { type: "text" };

/**
 * Records the copy of columns `start` .. end of `x` [R, columns] into rows `slots` [R] of `cache` [T, columns - start].
 * Forward only.
 */
export function cacheRows(r: Recorder, x: Tensor, start: number, cache: Tensor, slots: Tensor): Tensor {
  const params = { rows: x.rows, cols: cache.cols, stride: x.cols, start };
  r.call(
    kernel("cache", source, {}, stored(1, { x, cache })),
    { x, slots, cache },
    params,
    fold(Math.ceil(x.rows * cache.cols / 64)),
  );
  return cache;
}
