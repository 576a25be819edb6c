/**
 * Prompts: a template such as `Question: {goal}\nAnswer:` that is filled from the fields of an item, or a function.
 *
 * @module
 */
import type { DataError } from "../../base/errors.ts";
import type { Pair } from "../models/eval_model.ts";

/** The prompt of an item. A template prints itself with the score; in one, `{field}` is the item's field. */
export type TaskPrompt<Item> = string | ((item: Item) => string);

/** The prompt of `item`. */
export function promptOf<Item>(
  prompt: TaskPrompt<Item>,
  item: Item,
  wrong: (problem: string) => DataError,
): string {
  if (typeof prompt === "function") return prompt(item);
  return prompt.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = (item as Record<string, unknown> | null)?.[field];
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw wrong(`the prompt needs the field ${field}, a text or a number`);
  });
}

/** The prompt as a record keeps it: the template, or the source text of the function. */
export function promptText(prompt: TaskPrompt<never>): string {
  return String(prompt);
}

/** The continuation of `prompt` with the space that parts them; none after an empty prompt. */
export function continued(prompt: string, continuation: string): Pair {
  return [prompt, prompt === "" ? continuation : ` ${continuation}`];
}
