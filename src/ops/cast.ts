/**
 * Conversion between types of numbers, such as from the f32 weights to the f16 copy that kernels read.
 *
 *     y = x, rounded to the type of y
 *
 * where x and y are flat tensors of equal size. There is no backward.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, stored, type Tensor, vectors } from "../gpu/mod.ts";
import { bindingChunks } from "./binding_chunks.ts";
import source from "./cast.wgsl" with { type: "text" };

/** Records y = x for flat tensors of a multiple of 4 elements; halves are rounded to nearest. */
export function cast(r: Recorder, x: Tensor, y: Tensor): void {
  const made = kernel("cast", source, {}, vectors(4) + stored(4, { x, y }));
  for (const { start, size } of bindingChunks(r, x, 128)) {
    const cut = (t: Tensor) => t.view(t.name, [size], start);
    r.call(made, { x: cut(x), y: cut(y) }, { size: size / 4 }, grid2d(Math.ceil(size / 256)));
  }
}
