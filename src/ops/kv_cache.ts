/**
 * The key-value cache of generation: keys and values of a row are computed once and kept.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, stored, type Tensor } from "../gpu/mod.ts";
import source from "./kv_cache.wgsl" with { type: "text" };

/**
 * Records the copy of columns `start` .. end of `x` [batch * queries, columns] into `cache` [batch * keys, columns - start],
 * row r to place `slots[r]` of its sequence's keys. Forward only.
 */
export function cacheRows(
  r: Recorder,
  x: Tensor,
  start: number,
  cache: Tensor,
  slots: Tensor,
  batch = 1,
): Tensor {
  const sizes = { rows: x.rows, queries: x.rows / batch, keys: cache.rows / batch };
  const params = { ...sizes, cols: cache.cols, stride: x.cols, start };
  const made = kernel("cache", source, {}, stored(1, { x, cache }));
  r.call(made, { x, slots, cache }, params, grid2d(Math.ceil(x.rows * cache.cols / 64)));
  return cache;
}
