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
 * import { Dataset, defineTask, Evaluator, Model, Tokenizer } from "@llamero/sdk";
 *
 * const colours = defineTask({
 *   name: "colours",
 *   kind: "choice",
 *   items: [{ thing: "snow", colour: "white" }, { thing: "coal", colour: "black" }],
 *   prompt: "The colour of {thing} is",
 *   options: () => ["white", "black"],
 *   answer: (item) => item.colour,
 * });
 * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * await (await new Evaluator(model).add(colours).run()).table().show();
 * ```
 *
 * @throws {ConfigError} for an unknown field or a wrong value
 */
export function defineTask<Item>(definition: TaskDefinition<Item>): Task {
  checkDefinition(definition);
  switch (definition?.kind) {
    case "choice":
      return choiceTask(definition);
    case "generate":
      return generateTask(definition);
    case "perplexity":
      return perplexityTask(definition);
  }
}
