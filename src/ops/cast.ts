/**
 * Conversion between types of numbers, such as from the f32 weights to the f16 copy that kernels read.
 *
 *     y = x, rounded to the type of y
 *
 * where x and y are flat tensors of equal size. There is no backward. Halves are packed, two in a word, where the device
 * has no shader-f16.
 *
 * @module
 */
import {
  grid2d,
  isPacked,
  kernel,
  type Recorder,
  stored,
  type Tensor,
  vectors,
  weightReaders,
} from "../gpu/mod.ts";
import { bindingChunks } from "./binding_chunks.ts";
import source from "./cast.wgsl" with { type: "text" };

/** WGSL that rounds a Vec to two words of packed halves. */
const packedWriter = `alias y_t = vec2<u32>;
fn y_of(v: Vec) -> y_t { return vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw)); }
`;

/** Returns WGSL that rounds a Vec to the type of \`y\`. */
const writer = (y: Tensor) => stored(4, { y }) + "fn y_of(v: Vec) -> y_t { return y_t(v); }\n";

/** Records y = x for flat tensors of a multiple of 4 elements; halves are rounded to nearest. */
export function cast(r: Recorder, x: Tensor, y: Tensor): void {
  const prelude = vectors(4) + weightReaders(r.device, 4, { x }) +
    (isPacked(r.device, y) ? packedWriter : writer(y));
  const made = kernel("cast", source, {}, prelude);
  for (const { start, size } of bindingChunks(r, x, 128)) {
    const cut = (t: Tensor) => t.view(t.name, [size], start);
    r.call(made, { x: cut(x), y: cut(y) }, { size: size / 4 }, grid2d(Math.ceil(size / 256)));
  }
}
