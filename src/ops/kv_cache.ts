/**
 * The key-value cache of generation, which keeps the keys and values of earlier rows.
 *
 *     cache_b,slot(r) = x_r,start:
 *
 * where x is [B T, C], sequence b of row r is floor(r / T), and cache is [B S, C - start]. There is no backward.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, stored, type Tensor } from "../gpu/mod.ts";
import source from "./kv_cache.wgsl" with { type: "text" };

/**
 * Records the copy of columns `start` .. C - 1 of `x` [B T, C] into `cache` [B S, C - start]: row r goes to row `slots[r]`
 * of its sequence. `slots` is [B T] u32. Returns the cache.
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
