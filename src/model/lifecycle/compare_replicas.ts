/**
 * Comparison of the weights that several ranks hold alike: all of them over data ranks, and those that are not divided over
 * model ranks.
 *
 * Ranks compare hashes of the bits that products read: first one of all weights, and where that differs one of each tensor.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Group, Ranks } from "../../base/exchange.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { drainArena } from "../weights/stream_weights.ts";

/** A tensor that must be equal on two ranks and is not. */
export interface DifferingReplica {
  /** Its name. */
  tensor: string;
  /** A rank of the world that holds it, and the first one that holds other numbers. */
  ranks: readonly [number, number];
}

/** Bytes of a hash. */
const hashBytes = 16;

/** A tensor and the hash of its bits. */
interface TensorHash {
  name: string;
  /** True for a tensor that every model rank holds whole. */
  whole: boolean;
  hash: Uint8Array;
}

/** Returns the first tensor of which ranks hold different numbers, the same on every rank; undefined where there is none. */
export async function differingReplica(
  model: ModelHandle,
  { world, model: { size: parts } }: Ranks,
): Promise<DifferingReplica | undefined> {
  if (world.size === 1) return undefined;
  const hashes = await hashesOf(stateOf(model));
  const common = hashes.filter(({ whole }) => whole);
  const summary = [hashes, common].map((list) => hashOf(list.map(({ hash }) => hash)));
  const told = await gatherHashes(world, summary, "hash of replicas");
  // Of all weights each rank is compared with the first that holds the same part, of common ones with rank 0.
  const isEqual = told.every(([all, whole], rank) =>
    same(all, told[rank % parts][0]) && same(whole, told[0][1])
  );
  if (isEqual) return undefined;
  const each = await gatherHashes(world, hashes.map(({ hash }) => hash), "hashes of tensors");
  for (const [i, { name, whole }] of hashes.entries()) {
    for (const [rank, own] of each.entries()) {
      const peer = whole ? 0 : rank % parts;
      if (!same(own[i], each[peer][i])) return { tensor: name, ranks: [peer, rank] };
    }
  }
}

/** Returns a hash of each tensor that this rank holds. */
async function hashesOf({ device, layout, packed, trained }: ModelState): Promise<TensorHash[]> {
  const hashes: TensorHash[] = [];
  for await (const { parameter, data } of drainArena(device, layout, packed ?? trained!)) {
    const hash = createHash("sha256");
    for await (const piece of data()) {
      hash.update(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    }
    const whole = !("part" in parameter && parameter.part);
    hashes.push({ name: parameter.name, whole, hash: new Uint8Array(hash.digest().subarray(0, hashBytes)) });
  }
  return hashes;
}

function hashOf(pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return new Uint8Array(hash.digest().subarray(0, hashBytes));
}

/** Returns the hashes of each rank, which are as many on all. */
async function gatherHashes(
  world: Group,
  own: readonly Uint8Array[],
  label: string,
): Promise<Uint8Array[][]> {
  const bytes = new Uint8Array(hashBytes * own.length);
  own.forEach((hash, i) => bytes.set(hash, hashBytes * i));
  const all = await world.allGather(bytes, label);
  const at = (i: number) => all.subarray(hashBytes * i, hashBytes * (i + 1));
  return Array.from({ length: world.size }, (_, rank) => own.map((_, i) => at(rank * own.length + i)));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
