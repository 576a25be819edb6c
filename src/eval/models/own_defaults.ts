/**
 * A model whose texts depend on the options of the evaluation alone: settings in its generation_config.json, such as a
 * repetition penalty, are left out, so that scores of different models compare.
 *
 * @module
 */
import { Model } from "../../model/mod.ts";
import type { EvalModel } from "./eval_model.ts";

const own = { defaults: "own" } as const;

/** Returns a `Model` without the settings of its files; any other model as it is. */
export function withOwnDefaults(model: EvalModel): EvalModel {
  if (!(model instanceof Model)) return model;
  const { name, config, tokenizer } = model;
  const wrapped: EvalModel & Pick<Model, "chat"> = {
    name,
    config,
    tokenizer,
    scoreBatch: model.scoreBatch.bind(model),
    generate: (prompt, options) => model.generate(prompt, { ...options, ...own }),
    chat: (messages, options) => model.chat(messages, { ...options, ...own }),
    generateBatch: (prompts, options) => model.generateBatch(prompts, { ...options, ...own }),
    loss: model.loss.bind(model),
  };
  return wrapped;
}
