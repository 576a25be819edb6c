/**
 * Prompts: a template such as `Question: {goal}\nAnswer:`, filled from the fields of an item, or a function.
 *
 * @module
 */
import type { DataError } from "../../base/errors.ts";
import type { Pair } from "../models/eval_model.ts";

/**
 * A template in which `{field}` stands for the item's field of that name, or a function of the item. Reports print a
 * template as it is.
 */
export type TaskPrompt<Item> = string | ((item: Item) => string);

/**
 * Returns the prompt of `item`.
 *
 * @throws {DataError} made by `itemError`, when a field of the template is missing
 */
export function promptOf<Item>(
  prompt: TaskPrompt<Item>,
  item: Item,
  itemError: (problem: string) => DataError,
): string {
  if (typeof prompt === "function") return prompt(item);
  return prompt.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = (item as Record<string, unknown> | null)?.[field];
    if (typeof value === "string" || typeof value === "number") return String(value);
    throw itemError(`the prompt needs the field ${field}, a text or a number`);
  });
}

/** Returns the prompt as protocols keep it: the template, or the source text of the function. */
export function promptText(prompt: TaskPrompt<never>): string {
  return String(prompt);
}

/** Puts a space in front of a continuation, except after an empty prompt. */
export function continued(prompt: string, continuation: string): Pair {
  return [prompt, prompt === "" ? continuation : ` ${continuation}`];
}
