/**
 * A program of every collective with odd sizes, as a rank runs it; its result can be compared between kinds of groups.
 *
 * As a script it runs on the world of its launcher, and rank 0 prints the results of all ranks.
 *
 * @module
 */
import { gatherValues, type Group } from "../../../src/base/exchange.ts";
import { Random } from "../../../src/base/random.ts";
import { findLauncher } from "../../../src/parallel/launcher.ts";
import { openMpi } from "../../../src/parallel/mpi/open_mpi.ts";
import { openWorld } from "../../../src/parallel/mod.ts";

/** Returns the digest of bytes and numbers, so that long results can be compared to the last bit. */
async function digest(arrays: readonly (Uint8Array | Float32Array)[]): Promise<string> {
  const lengths = arrays.map(({ byteLength }) => byteLength);
  const parts = arrays.map(({ buffer, byteOffset, byteLength }) =>
    new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
  );
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(parts).bytes());
  return `${lengths}: ${new Uint8Array(hash).toHex().slice(0, 16)}`;
}

/** Numbers of all magnitudes, so that another order of adding gives other bits. */
function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => (random.uniform() - 0.5) * 10 ** random.below(8));
}

function bytes(count: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  return Uint8Array.from({ length: count }, () => random.below(256));
}

/** Runs every collective in `group` and returns what this rank got. */
async function collectives(group: Group, seed: number): Promise<unknown> {
  const { rank, size } = group;
  const results: Record<string, unknown> = {};
  for (const count of [0, 1, 3, 1001]) {
    results[`allGather ${count}`] = await digest([await group.allGather(bytes(count, seed + rank), "a")]);
    const own = numbers(count * size, seed + rank);
    const sum = await group.reduceScatter(own, "sum");
    const more = await group.reduceScatter(own, "more", sum);
    results[`reduceScatter ${count}`] = await digest([sum, more]);
    const parts = Array.from(
      { length: size },
      (_, to) => bytes((count * (rank + 2 * to)) % 2003, seed + rank + to),
    );
    results[`allToAll ${count}`] = await digest(await group.allToAll(parts, "rows"));
    const from = count % size;
    const told = await group.broadcast(rank === from ? bytes(count, seed) : undefined, from, "told");
    results[`broadcast ${count}`] = await digest([told]);
  }
  await group.barrier("here");
  const shared = new Float32Array(new SharedArrayBuffer(4 * 7 * size)).map((_, i) => i + rank);
  const onShared = new Float32Array(new SharedArrayBuffer(4 * 7 * size));
  onShared.set(shared);
  const onto = new Float32Array(new SharedArrayBuffer(4 * 7)).fill(0.1);
  results.shared = await digest([await group.reduceScatter(onShared, "shared", onto)]);
  const both = await Promise.all([group.allGather(Uint8Array.of(rank), "one"), group.barrier("two")]);
  results.inOrder = [...both[0]];
  results.counts = Object.fromEntries(group.log.counts);
  results.ended = group.log.newest.every(({ asked, begin, end }) => asked > 0 && begin! <= end!);
  return results;
}

/** Runs every collective in the world and in groups of every other rank, and returns the results of this rank. */
export async function allCollectives(world: Group): Promise<unknown> {
  const whole = await collectives(world, 100);
  const half = await world.split(world.rank % 2);
  const part = await collectives(half, 200);
  const reversed = await (await world.split(0)).allGather(Uint8Array.of(world.rank), "again");
  return { rank: world.rank, half: half.rank, whole, part, reversed: [...reversed] };
}

if (import.meta.main) {
  const [pieceBytes] = Deno.args;
  const world = pieceBytes
    ? await openMpi(findLauncher()!, { pieceBytes: Number(pieceBytes) })
    : await openWorld();
  const all = await gatherValues(world, await allCollectives(world), "results");
  if (world.rank === 0) console.log(JSON.stringify(all));
}
