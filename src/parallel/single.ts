/**
 * The group of one rank: a process that works alone. Nothing is sent, and no library is opened.
 *
 * @module
 */
import { CollectiveLog } from "../base/collective_log.ts";
import type { Bytes, Group, Ranks } from "../base/exchange.ts";
import { addInOrder } from "./ordered_sum.ts";

/** A group of one rank. */
class SingleGroup implements Group {
  readonly rank = 0;
  readonly size = 1;
  readonly log: CollectiveLog = new CollectiveLog();

  allGather(own: Bytes): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(new Uint8Array(own));
  }

  reduceScatter(
    values: Float32Array<ArrayBufferLike>,
    _label: string,
    onto?: Float32Array<ArrayBufferLike>,
  ): Promise<Float32Array<ArrayBuffer>> {
    return Promise.resolve(addInOrder([values], onto));
  }

  allToAll(parts: readonly Bytes[]): Promise<Uint8Array<ArrayBuffer>[]> {
    return Promise.resolve([new Uint8Array(parts[0])]);
  }

  broadcast(bytes: Bytes | undefined): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(new Uint8Array(bytes!));
  }

  barrier(): Promise<void> {
    return Promise.resolve();
  }

  split(): Promise<Group> {
    return Promise.resolve(this);
  }

  fail(): void {}
}

/** The group of a process that works alone. */
export const singleGroup: Group = new SingleGroup();

/** The groups of a process that works alone. */
export const singleRanks: Ranks = { world: singleGroup, data: singleGroup, model: singleGroup };
