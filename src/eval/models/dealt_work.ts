/**
 * Work of an evaluation that the data ranks of a model share: each does every n-th part of it, and all know all results.
 *
 * @module
 */
import { deserialize, serialize } from "node:v8";
import type { Group } from "../../base/exchange.ts";
import { together } from "../../base/together.ts";
import { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { singleGroup } from "../../parallel/mod.ts";
import type { EvalModel } from "./eval_model.ts";

/** The ranks that share some work. */
export interface SharedWork {
  /** The ranks among which parts are dealt. */
  readonly group: Group;
  /** All ranks, of which the first one grades. */
  readonly world: Group;
  /** The ranks that hold one copy of the model and do each part together. */
  readonly copy: Group;
  /** Carries out this rank's parts, in which it waits for no other rank of the group. */
  own<T>(work: () => Promise<T>): Promise<T>;
}

/** The work of a process alone. */
const aloneWork: SharedWork = {
  group: singleGroup,
  world: singleGroup,
  copy: singleGroup,
  own: (work) => work(),
};

/** Returns the ranks that share the work on a model: its data ranks, or this process alone for any other object. */
export function sharedWorkOf(model: EvalModel, own = aloneWork.own): SharedWork {
  if (!(model instanceof Model)) return aloneWork;
  const { data: group, world, model: copy } = stateOf(model).ranks;
  return { group, world, copy, own };
}

/** Returns the number of items in the parts of this rank, of `total` items in parts of `size`. */
export function ownItems({ group }: SharedWork = aloneWork, total: number, size: number): number {
  let own = 0;
  for (let at = group.rank * size; at < total; at += group.size * size) own += Math.min(size, total - at);
  return own;
}

/**
 * Carries out those of `count` parts that fall to this rank, and returns the results of all parts in order.
 *
 * @throws the error of a part, on all ranks
 */
export async function dealParts<T>(
  { group, own }: SharedWork = aloneWork,
  count: number,
  label: string,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  await together(group, label, () =>
    own(async () => {
      for (let i = group.rank; i < count; i += group.size) results.push(await work(i));
    }));
  if (group.size === 1) return results;
  const bytes = new Uint8Array(serialize(results));
  const all = (await group.allToAll(Array.from({ length: group.size }, () => bytes), label))
    .map((other) => deserialize(other) as T[]);
  return Array.from({ length: count }, (_, i) => all[i % group.size][Math.floor(i / group.size)]);
}

/**
 * Lets the first rank do some work that the others need the result of.
 *
 * @throws the error of the work, on all ranks
 */
export async function doOnce<T>(
  { world, own }: SharedWork = aloneWork,
  label: string,
  work: () => Promise<T>,
): Promise<T> {
  if (world.size === 1) return await work();
  let result: T | undefined;
  await together(world, label, () =>
    own(async () => {
      if (world.rank === 0) result = await work();
    }));
  const bytes = world.rank === 0 ? new Uint8Array(serialize(result)) : undefined;
  return deserialize(await world.broadcast(bytes, 0, label)) as T;
}
