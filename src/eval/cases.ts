/**
 * From the items of a task to the prompts that the model sees: the first `limit` items, each behind its few-shot
 * examples. Examples are drawn with the seed for every item anew, never the item itself (Brown et al. 2020), and
 * those that do not fit the context are dropped from the end.
 *
 * @module
 */
import { ConfigError, DataError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import type { TaskSource } from "./source.ts";
import type { TaskRun } from "./task_run.ts";

/** What every kind of task makes of an item. */
export interface Case {
  /** The prompt without examples. */
  prompt: string;
  /** The prompt with its right answer, as it is shown as an example of another item. */
  example: string;
}

/** A case with its examples in front. */
export type Ready<C extends Case> = C & {
  /** What the model sees. */
  context: string;
  /** Which items stand in it as examples, by their numbers from 0. */
  shots: number[];
  /** Examples that were asked for and did not fit. */
  dropped: number;
};

/** Items, or a function that reads them from the data the task was added with. */
export type TaskItems<Item> =
  | Iterable<Item>
  | AsyncIterable<Item>
  | ((source: TaskSource) => Iterable<Item> | AsyncIterable<Item>);

/** How a kind of task turns an item into a case; `wrong` makes the error that names the item. */
export type Convert<Item, C> = (item: Item, wrong: (problem: string) => DataError) => C;

/**
 * The cases of a run.
 *
 * @throws {DataError} when there are no items, or one of them cannot be asked
 * @throws {ConfigError} when there are not enough items to draw the examples from
 */
export async function readyCases<Item, C extends Case>(
  items: TaskItems<Item>,
  source: TaskSource,
  run: TaskRun,
  convert: Convert<Item, C>,
  fits: (item: C, context: string) => boolean,
): Promise<Ready<C>[]> {
  const limit = run.limit ?? Infinity, own = run.shots > 0 && source.shots === undefined;
  const cases = await readCases(items, source, own ? { ...run, limit: undefined } : run, convert);
  const pool = source.shots && run.shots > 0
    ? await readCases(items, source.shots, { ...run, limit: undefined }, convert)
    : cases;
  const random = new Random(run.seed).fork(run.name);
  return cases.slice(0, limit).map((item, i) => {
    const drawn = draw(item, pool, run, random.fork(String(i)));
    const written = (count: number) => [...drawn.slice(0, count).map((j) => pool[j].example), item.prompt];
    let count = drawn.length;
    while (count > 0 && !fits(item, written(count).join("\n\n"))) count--;
    const context = written(count).join("\n\n");
    return { ...item, context, shots: drawn.slice(0, count), dropped: drawn.length - count };
  });
}

async function readCases<Item, C extends Case>(
  items: TaskItems<Item>,
  source: TaskSource,
  { name, limit = Infinity, signal }: TaskRun,
  convert: Convert<Item, C>,
): Promise<C[]> {
  const cases: C[] = [];
  for await (const item of typeof items === "function" ? items(source) : items) {
    signal?.throwIfAborted();
    cases.push(convert(item, (problem) => new DataError(`"${name}", item ${cases.length}: ${problem}`)));
    if (cases.length >= limit) break;
  }
  if (cases.length > 0) return cases;
  throw new DataError(`Cannot evaluate "${name}": it has no items (an iterator is used up by its first run)`);
}

function draw(item: Case, pool: readonly Case[], { name, shots }: TaskRun, random: Random): number[] {
  if (shots === 0) return [];
  const others = [...pool.keys()].filter((j) => pool[j].prompt !== item.prompt);
  if (others.length >= shots) return random.shuffle(others).slice(0, shots);
  throw new ConfigError(
    `Cannot draw examples for "${name}": shots is ${shots}, but there are only ${others.length} other items`,
    { path: `${name}.shots`, value: shots },
  );
}
