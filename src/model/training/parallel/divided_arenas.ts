/**
 * Arenas of which every rank holds a part, read by all ranks together.
 *
 * @module
 */
import type { Group } from "../../../base/exchange.ts";
import type { Device } from "../../../gpu/mod.ts";
import { restrided } from "../../../formats/tensors/matrix.ts";
import type { ModelState } from "../../model_state.ts";
import { type ElementRange, overlap } from "../../weights/owned_ranges.ts";
import type { OwnedArena } from "../../weights/owned_arena.ts";
import type { ParameterStore } from "../../weights/stream_weights.ts";

/** Returns a store that reads rows of a divided arena on all ranks, which ask for the same rows in the same order. */
export function gatheringStore(arena: OwnedArena, group: Group, label: string): ParameterStore {
  return {
    write: (device, rows, data) => arena.write(device, rows, data),
    read: async (device, wanted) => {
      const found: Float32Array<ArrayBuffer>[] = [];
      for (const { start, rows, cols, stride } of wanted) {
        const whole = await gatherRange(device, arena, group, { start, size: rows * stride }, label);
        found.push(restrided(whole, stride, cols));
      }
      return found;
    },
  };
}

/** Reads a range of a divided arena on all ranks. */
export async function gatherRange(
  device: Device,
  arena: OwnedArena,
  group: Group,
  range: ElementRange,
  label: string,
): Promise<Float32Array<ArrayBuffer>> {
  return await (await askForRange(device, arena, group, range, label))();
}

/** Reads the own part of a range and asks for those of the others; the returned function waits for them. */
async function askForRange(
  device: Device,
  arena: OwnedArena,
  group: Group,
  range: ElementRange,
  label: string,
): Promise<() => Promise<Float32Array<ArrayBuffer>>> {
  const read = await arena.read(device, range.start, range.size);
  if (arena.place.size === 1) return () => Promise.resolve(read);
  const own = packParts(read, partsOf(arena, arena.place.rank, range), range.start);
  const bytes = new Uint8Array(own.buffer);
  const asked = group.allToAll(Array.from({ length: group.size }, () => bytes), label);
  asked.catch(() => {}); // whoever awaits the range is told
  return async () => {
    (await asked).forEach((found, rank) => {
      const numbers = new Float32Array(found.buffer, found.byteOffset, found.byteLength / 4);
      let from = 0;
      for (const { start, size } of partsOf(arena, rank, range)) {
        read.set(numbers.subarray(from, from += size), start - range.start);
      }
    });
    return read;
  };
}

function partsOf(arena: OwnedArena, rank: number, range: ElementRange): ElementRange[] {
  return arena.rangesOf(rank).flatMap((own) => overlap(own, range) ?? []);
}

/** Joins the parts of what was read from `first` on. */
function packParts(
  read: Float32Array<ArrayBuffer>,
  parts: readonly ElementRange[],
  first: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(parts.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { start, size } of parts) {
    out.set(read.subarray(start - first, start - first + size), at);
    at += size;
  }
  return out;
}

/**
 * Asks for the norms of a model of halves whose weights in f32 are divided over ranks; the returned function waits for them
 * and copies them to the GPU.
 */
export async function askForNorms(
  model: ModelState,
  master: OwnedArena,
  group: Group,
): Promise<() => Promise<void>> {
  const { device, layout, packed } = model;
  const norms = layout.slots.filter(({ shape }) => shape.length === 1);
  const start = Math.min(...norms.map(({ start }) => start));
  const end = Math.max(...norms.map(({ start, shape }) => start + shape[0]));
  const asked = await askForRange(device, master, group, { start, size: end - start }, "norms");
  return async () => {
    const numbers = await asked();
    if (model.disposed) return;
    for (const { start: at, shape: [size] } of norms) {
      const rows = { start: at, rows: 1, cols: size, stride: size };
      packed!.write(device, rows, numbers.slice(at - start, at - start + size));
    }
  };
}
