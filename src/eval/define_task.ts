/**
 * `defineTask` makes a task from its items, prompt and answers.
 *
 * @module
 */
import { choiceTask } from "./scoring/choice.ts";
import { generateTask } from "./scoring/generate.ts";
import { perplexityTask } from "./scoring/perplexity.ts";
import type { TaskDefinition } from "./tasks/definition.ts";
import { checkDefinition } from "./tasks/definition_schema.ts";
import type { Task } from "./tasks/task.ts";

/**
 * Makes a task from its definition.
 *
 * ```ts
 * import { defineTask, Evaluator } from "@llamero/sdk/eval";
 *
 * const colours = defineTask({
 *   name: "colours",
 *   kind: "choice",
 *   items: [{ thing: "snow", colour: "white" }, { thing: "coal", colour: "black" }],
 *   prompt: "The colour of {thing} is",
 *   options: () => ["white", "black"],
 *   answer: (item) => item.colour,
 * });
 * console.log(new Evaluator().add(colours));
 * ```
 *
 * @throws {ConfigError} for an unknown field or a wrong value
 */
export function defineTask<Item>(definition: TaskDefinition<Item>): Task {
  checkDefinition(definition);
  switch (definition.kind) {
    case "choice":
      return choiceTask(definition);
    case "generate":
      return generateTask(definition);
    case "perplexity":
      return perplexityTask(definition);
  }
}
