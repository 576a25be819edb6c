/**
 * Weights of a model of halves that are divided over ranks: each rank updates its own part in f32, and all hold the halves.
 *
 * @module
 */
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import { cast } from "../../ops/mod.ts";
import type { Arena } from "./arena.ts";
import type { OwnedArena } from "./owned_arena.ts";
import { defaultBucketSize, type ElementRange, type RankPlace } from "./owned_ranges.ts";
import type { PackedWeights } from "./packed_weights.ts";
import type { ParameterStore } from "./stream_weights.ts";
import type { WeightLayout } from "./weight_layout.ts";

/** The place of a rank among those over which an arena is divided. */
export interface OwnedPlace {
  /** Rank and number of ranks. */
  place: RankPlace;
  /** Elements of a bucket (default: 64 MiB of f32). */
  bucketSize?: number;
}

/** A flat tensor and the element of the arena at which it begins. */
export interface FlatPiece {
  /** First element. */
  start: number;
  /** Its elements. */
  tensor: Tensor;
}

/** Returns the elements of a range of an arena, or of arrays that lie as it does, one flat tensor per buffer. */
export function flatPieces(
  flat: (start: number, size: number) => readonly Tensor[],
  { start, size }: ElementRange,
): FlatPiece[] {
  let next = start;
  return flat(start, size).map((tensor) => {
    const piece = { start: next, tensor };
    next += tensor.size;
    return piece;
  });
}

/**
 * Cuts lists of pieces at the borders of all, as far as all of them reach: the tensors of each part stand in the order of the
 * lists. The pieces of a list lie one behind another.
 */
export function alignPieces(...lists: readonly FlatPiece[][]): (ElementRange & { tensors: Tensor[] })[] {
  if (lists.some((list) => list.length === 0)) return [];
  const first = Math.max(...lists.map(([{ start }]) => start));
  const end = Math.min(...lists.map((list) => list.at(-1)!.start + list.at(-1)!.tensor.size));
  const borders = new Set([first, ...lists.flatMap((list) => list.map(({ start }) => start))]);
  const starts = [...borders].filter((start) => start >= first && start < end).sort((a, b) => a - b);
  return starts.map((start, i) => {
    const size = (starts[i + 1] ?? end) - start;
    const tensors = lists.map((list) => {
      const { start: from, tensor } = list.findLast((piece) => piece.start <= start)!;
      return tensor.view(tensor.name, [size], start - from);
    });
    return { start, size, tensors };
  });
}

/** The forms in which a model of halves holds its weights. */
interface DividedWeights {
  /** The own part in f32. */
  master: OwnedArena;
  /** All in f32, where the model has them. */
  trained?: Arena;
  /** All as products read them: matrices in halves, norms in f32. */
  packed: PackedWeights;
}

/** Records the copy of the own part out of all weights in f32, or out of the halves and norms where there are none. */
export function recordDivision(
  r: Recorder,
  layout: WeightLayout,
  { master, trained, packed }: DividedWeights,
): void {
  for (const range of master.ranges) {
    const own = master.parts(range);
    const from = trained
      ? flatPieces((start, size) => trained.flat("weights", start, size), range)
      : flatPieces((start, size) => packed.halves("halves", start, size), range);
    for (const { tensors: [to, source] } of alignPieces(own, from)) cast(r, source, to);
  }
  if (trained) return;
  for (const slot of layout.slots.filter(({ shape }) => shape.length === 1)) {
    const whole = { start: slot.start, size: Math.ceil(slot.shape[0] / 128) * 128 };
    const norm = flatPieces(() => packed.norm(slot), whole);
    for (const piece of master.parts(whole)) {
      for (const { tensors: [to, source] } of alignPieces([piece], norm)) cast(r, source, to);
    }
  }
}

/** Records the rounding of the own part to halves. Norms are not among them. */
export function recordRounding(r: Recorder, master: OwnedArena, packed: PackedWeights): void {
  for (const range of master.ranges) {
    const halves = flatPieces((start, size) => packed.halves("halves", start, size), range);
    for (const { tensors: [own, half] } of alignPieces(master.parts(range), halves)) cast(r, own, half);
  }
}

/** Returns true for an arena that is divided in this way. */
export function samePlace(arena: OwnedArena, { place, bucketSize = defaultBucketSize }: OwnedPlace): boolean {
  return arena.place.rank === place.rank && arena.place.size === place.size &&
    arena.bucketSize === bucketSize;
}

/** Returns the store of divided weights: it writes the halves and the own part in f32, and reads the halves. */
export function dividedStore(master: OwnedArena, packed: PackedWeights): ParameterStore {
  return {
    write: (device, rows, data) => {
      packed.write(device, rows, data);
      master.write(device, rows, data);
    },
    read: (device, wanted) => packed.read(device, wanted),
  };
}
