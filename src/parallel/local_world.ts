/**
 * The world of ranks inside this process, where {@linkcode setLocalWorld} has set one up.
 *
 * @module
 */
import type { Group } from "../base/exchange.ts";

let find: () => Group | undefined = () => undefined;

/** Sets the function that returns the world of the code that runs. */
export function setLocalWorld(world: () => Group | undefined): void {
  find = world;
}

/** Returns the world of ranks in this process; undefined outside of one. */
export function localWorld(): Group | undefined {
  return find();
}
