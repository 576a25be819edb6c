/**
 * The makers of benchmark files: what they are given and what they write.
 *
 * @module
 */
import { Draw } from "../draw.ts";
import type { World } from "../world.ts";
import { type Fact, factsOf } from "../world/facts.ts";

/** Contents of a benchmark's files by path, in the folder of the benchmark. */
export type Files = Record<string, string>;

/** The things that the maker of a benchmark draws from. */
export interface Material {
  /** The world. */
  world: World;
  /** All its facts. */
  facts: readonly Fact[];
  /** The facts whose questions the sources never ask. */
  heldOut: readonly Fact[];
  /** The other facts, for examples in front of a question. */
  known: readonly Fact[];
  /** Number of items whose answer is chosen; fewer where there are not so many facts. */
  items: number;
  /** Number of items whose answer is written, which costs more. */
  written: number;
  /** The choices of this benchmark. */
  draw: Draw;
}

/** The maker of a benchmark. */
export type MakeBenchmark = (material: Material) => Files;

/** Returns the material of a benchmark. */
export function materialOf(world: World, name: string): Material {
  const facts = factsOf(world);
  const heldOut = facts.filter((fact) => fact.isHeldOut && fact.wrong.length >= 2);
  const known = facts.filter((fact) => !fact.isHeldOut && fact.wrong.length >= 2);
  const draw = new Draw(world.seed, `benchmark ${name}`);
  return {
    world,
    facts,
    heldOut: draw.shuffled(heldOut),
    known: draw.shuffled(known),
    items: world.small ? 48 : 100,
    written: world.small ? 12 : 32,
    draw,
  };
}

/** Returns the right answer among `count` options in random order, with its index. */
export function optionsOf(
  draw: Draw,
  right: string,
  wrong: readonly string[],
  count: number,
): { options: string[]; answer: number } {
  const options = draw.shuffled([
    right,
    ...draw.some([...new Set(wrong)].filter((other) => other !== right), count - 1),
  ]);
  return { options, answer: options.indexOf(right) };
}

/**
 * Returns `count` different items made one after another: one whose `question` was asked before is made anew, at most a
 * hundred times.
 */
export function times<T>(
  count: number,
  make: (i: number) => T,
  question: (item: T) => unknown = (item) => item,
): T[] {
  const asked = new Set<string>();
  const items: T[] = [];
  for (let failed = 0; items.length < count && failed < 100;) {
    const item = make(items.length);
    const key = JSON.stringify(question(item));
    failed = asked.has(key) ? failed + 1 : 0;
    if (failed === 0) items.push(item);
    asked.add(key);
  }
  return items;
}
