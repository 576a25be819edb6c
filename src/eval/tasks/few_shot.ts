/**
 * From the items of a task to the prompts that the model sees: the first `limit` items, each behind its few-shot
 * examples. Examples are drawn with the seed for every item anew, never the item itself (Brown et al. 2020), or are
 * the first ones of a set made for it; those that do not fit the context are dropped from the end.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import type { DefinitionBase } from "./definition.ts";
import { promptOf } from "./prompt.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { TaskRun } from "./task_run.ts";

/** What every kind of task makes of an item. */
export interface Case {
  /** The prompt without examples. */
  prompt: string;
  /** The prompt with its right answer, as it is shown as an example of another item. */
  example: string;
}

/** What the definition of a task says of any item. */
interface About {
  /** What stands before the examples. */
  header?: string;
  /** Examples come from items with the same one. */
  pool?: string;
  /** Names under which the item counts too. */
  groups: readonly string[];
}

/** A case with its examples in front. */
export type Ready<C extends Case> = C & About & {
  /** What the model sees. */
  context: string;
  /** What stands in front of the prompt: header and examples. */
  before: string;
  /** Which items stand in it as examples, by their numbers from 0. */
  shots: number[];
  /** Examples that were asked for and did not fit. */
  dropped: number;
};

/** How a kind of task turns an item into a case; `wrong` makes the error that names the item. */
export type Convert<Item, C> = (item: Item, wrong: (problem: string) => DataError) => C;

/**
 * The cases of a run.
 *
 * @throws {DataError} when there are no items, or one of them cannot be asked
 * @throws {ConfigError} when there are not enough items to draw the examples from
 */
export async function readyCases<Item, C extends Case>(
  definition: DefinitionBase<Item>,
  source: TaskSource,
  run: TaskRun,
  convert: Convert<Item, C>,
  fits: (item: C, context: string) => boolean,
): Promise<Ready<C>[]> {
  const { separator = "\n\n", exemplars, draw = "random" } = definition;
  const limit = run.limit ?? Infinity;
  const other = run.shots > 0 ? await source.shots() : undefined;
  const builtIn = other === undefined && exemplars !== undefined;
  const own = run.shots > 0 && other === undefined && !builtIn;
  const cases = await readCases(definition, source, own ? { ...run, limit: undefined } : run, convert);
  const pool = other ? await readCases(definition, other, { ...run, limit: undefined }, convert) : cases;
  const random = new Random(run.seed).fork(run.name);
  const shown = builtIn ? exemplars : pool.map(({ example }) => example);
  return cases.slice(0, limit).map((item, i) => {
    const drawn = builtIn
      ? first(exemplars, run)
      : drawShots(item, pool, run, draw === "random" ? random.fork(String(i)) : undefined);
    const head = item.header === undefined ? [] : [item.header];
    const written = (count: number) =>
      [...head, ...drawn.slice(0, count).map((j) => shown[j])].map((text) => text + separator).join("");
    let count = drawn.length;
    while (count > 0 && !fits(item, written(count) + item.prompt)) count--;
    const before = written(count);
    const shots = drawn.slice(0, count);
    return { ...item, before, context: before + item.prompt, shots, dropped: drawn.length - count };
  });
}

async function readCases<Item, C extends Case>(
  { items, header, example, pool, groups }: DefinitionBase<Item>,
  source: TaskSource,
  { name, limit = Infinity, signal }: TaskRun,
  convert: Convert<Item, C>,
): Promise<(C & About)[]> {
  const cases: (C & About)[] = [];
  for await (const item of typeof items === "function" ? items(source) : items) {
    signal?.throwIfAborted();
    const wrong = (problem: string) => new DataError(`"${name}", item ${cases.length}: ${problem}`);
    const made = convert(item, wrong);
    cases.push({
      ...made,
      example: example?.(item) ?? made.example,
      header: header === undefined ? undefined : promptOf(header, item, wrong),
      pool: pool?.(item),
      groups: groups?.(item) ?? [],
    });
    if (cases.length >= limit) break;
  }
  if (cases.length > 0) return cases;
  throw new DataError(`Cannot evaluate "${name}": it has no items (an iterator is used up by its first run)`);
}

/** Numbers of the examples: drawn where there is a generator, else the first ones; never of an item like this one. */
function drawShots(
  item: Case & About,
  pool: readonly (Case & About)[],
  run: TaskRun,
  random?: Random,
): number[] {
  const seen = new Set<number>();
  const drawn: number[] = [];
  while (drawn.length < run.shots) {
    if (seen.size === pool.length) throw tooFew(run, drawn.length);
    const j = random ? random.below(pool.length) : seen.size;
    if (!seen.has(j) && pool[j].pool === item.pool && pool[j].prompt !== item.prompt) drawn.push(j);
    seen.add(j);
  }
  return drawn;
}

/** The places of the first examples of a built-in list. */
function first(exemplars: readonly string[], run: TaskRun): number[] {
  if (exemplars.length < run.shots) throw tooFew(run, exemplars.length);
  return Array.from({ length: run.shots }, (_, i) => i);
}

function tooFew({ name, shots }: TaskRun, there: number): ConfigError {
  return new ConfigError(
    `Cannot draw examples for "${name}": shots is ${shots}, but there are only ${there} other items`,
    { path: `${name}.shots`, value: shots },
  );
}
