/**
 * Prompts with few-shot examples for the first `limit` items of a task.
 *
 * Examples are drawn anew for every item with the seed, never the item itself (Brown et al. 2020), or are the first ones
 * of a set made for the task. Examples that do not fit the context are dropped from the end.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { DefinitionBase } from "./definition.ts";
import { promptOf } from "./prompt.ts";
import type { TaskRun } from "./task_run.ts";

/** An item as text. */
export interface TaskCase {
  /** The prompt without examples. */
  prompt: string;
  /** The prompt with its right answer, for use as an example of another item. */
  example: string;
  /** The reason why no answer is right; such an item counts as wrong and is no example. */
  unanswerable?: string;
}

/** The parts of an item that do not depend on the kind of its task. */
interface ItemFacts {
  /** The text before the examples. */
  header?: string;
  /** Group from which the examples come. */
  pool?: string;
  /** Names under which the item is counted as well. */
  groups: readonly string[];
}

type ItemCase<C extends TaskCase> = C & ItemFacts;

/** A case with its examples in front. */
export type PromptedCase<C extends TaskCase> = ItemCase<C> & {
  /** The whole text that the model sees: `prefix` and prompt. */
  context: string;
  /** Header and examples. */
  prefix: string;
  /** Indexes of the items that stand in it as examples, from 0. */
  shots: number[];
  /** Number of examples that did not fit. */
  dropped: number;
};

/** Makes an error that names an item, and records a remark on the item. */
export interface ItemProblems {
  /** Makes the error for an item that cannot be asked. */
  error(problem: string): DataError;
  /** Records that the item is odd, although it can be asked. */
  odd(problem: string): void;
}

/** Turns an item into a case; `problems` names the item in errors and remarks. */
export type Convert<Item, C> = (item: Item, problems: ItemProblems) => C;

/**
 * Reads the items of a run and puts examples before their prompts.
 *
 * @param fits tells if an item can be asked after `context`; examples are dropped until it does
 * @throws {DataError} when there are no items, or most of them cannot be asked
 * @throws {ConfigError} when there are not enough items to draw the examples from
 */
export async function promptedCases<Item, C extends TaskCase>(
  definition: DefinitionBase<Item>,
  source: TaskSource,
  run: TaskRun,
  convert: Convert<Item, C>,
  fits: (item: C, context: string) => boolean,
): Promise<PromptedCase<C>[]> {
  const { separator = "\n\n", exemplars, draw = "random" } = definition;
  const limit = run.limit ?? Infinity;
  const exampleSource = run.shots > 0 ? await source.shots() : undefined;
  const builtIn = exampleSource === undefined && exemplars !== undefined;
  const ownItems = run.shots > 0 && exampleSource === undefined && !builtIn;
  const everyItem = { ...run, limit: undefined };
  const cases = await readCases(definition, source, ownItems ? everyItem : run, convert, limit);
  const pool = exampleSource ? await readCases(definition, exampleSource, everyItem, convert) : cases;
  const random = new Random(run.seed).fork(run.name);
  const examples = builtIn ? exemplars : pool.map(({ example }) => example);
  return cases.slice(0, limit).map((item, i) => {
    const drawn = builtIn
      ? firstExemplars(exemplars, run)
      : drawExamples(item, pool, run, draw === "random" ? random.fork(String(i)) : undefined);
    const header = item.header === undefined ? [] : [item.header];
    const prefixOf = (count: number) =>
      [...header, ...drawn.slice(0, count).map((j) => examples[j])].map((text) => text + separator).join("");
    let count = drawn.length;
    while (count > 0 && !fits(item, prefixOf(count) + item.prompt)) count--;
    const prefix = prefixOf(count);
    const shots = drawn.slice(0, count);
    return { ...item, prefix, context: prefix + item.prompt, shots, dropped: drawn.length - count };
  });
}

/** Reads cases; of those after the first `asked` ones, which only serve as examples, the unanswerable do not count. */
async function readCases<Item, C extends TaskCase>(
  { items, header, example, pool, groups }: DefinitionBase<Item>,
  source: TaskSource,
  { name, limit = Infinity, signal }: TaskRun,
  convert: Convert<Item, C>,
  asked = 0,
): Promise<ItemCase<C>[]> {
  const cases: ItemCase<C>[] = [];
  const seen = new Set<string>();
  const from = source.odd.all.length;
  const isTest = source.role === "test";
  let n = 0;
  for await (const item of typeof items === "function" ? items(source) : items) {
    signal?.throwIfAborted();
    const place = source.placeOf(item);
    const index = n++;
    const text = (problem: string) => place.file === undefined ? `item ${index}: ${problem}` : problem;
    const problems: ItemProblems = {
      error: (problem) => new DataError(`"${name}", item ${index}: ${problem}`, place),
      odd: (problem) => isTest && source.odd.add(text(problem), "asked", place),
    };
    const found = source.usable((): ItemCase<C> => {
      const converted = convert(item, problems);
      return {
        ...converted,
        example: converted.unanswerable === undefined
          ? example?.(item) ?? converted.example
          : converted.example,
        header: header === undefined ? undefined : promptOf(header, item, problems.error),
        pool: pool?.(item),
        groups: groups?.(item) ?? [],
      };
    });
    if (found === undefined) continue;
    if (found.unanswerable !== undefined) {
      source.odd.add(text(found.unanswerable), cases.length < asked ? "wrong" : "not drawn", place);
    } else if (isTest && seen.has(found.example)) problems.odd("stands more than once");
    seen.add(found.example);
    cases.push(found);
    if (cases.length >= limit) break;
  }
  source.odd.check(name, cases.length, from);
  if (cases.length > 0) return cases;
  throw new DataError(`Cannot evaluate "${name}": it has no items (an iterator is used up by its first run)`);
}

/**
 * Chooses the examples of an item, by index: drawn with `random`, the first ones without it. An item with the same prompt
 * is never chosen.
 */
function drawExamples(
  item: ItemCase<TaskCase>,
  pool: readonly ItemCase<TaskCase>[],
  run: TaskRun,
  random?: Random,
): number[] {
  const seen = new Set<number>();
  const drawn: number[] = [];
  while (drawn.length < run.shots) {
    if (seen.size === pool.length) throw tooFewExamples(run, drawn.length);
    const j = random ? random.below(pool.length) : seen.size;
    const { prompt, pool: group, unanswerable } = pool[j];
    const fits = group === item.pool && prompt !== item.prompt && unanswerable === undefined;
    if (!seen.has(j) && fits) drawn.push(j);
    seen.add(j);
  }
  return drawn;
}

function firstExemplars(exemplars: readonly string[], run: TaskRun): number[] {
  if (exemplars.length < run.shots) throw tooFewExamples(run, exemplars.length);
  return Array.from({ length: run.shots }, (_, i) => i);
}

function tooFewExamples({ name, shots }: TaskRun, available: number): ConfigError {
  return new ConfigError(
    `Cannot draw examples for "${name}": shots is ${shots}, but there are only ${available} other items`,
    { path: `${name}.shots`, value: shots },
  );
}
