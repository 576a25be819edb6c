/**
 * Llamero: the LLaMA recipe (Touvron et al. 2023) as five objects over WebGPU.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
 *
 * const corpus = Dataset.sample("moby-dick");
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 2048 });
 * const model = await Model.create("1M", { tokenizer, context: 128 });
 * await new Trainer(model).pretrain(corpus, { steps: 300, batchTokens: 1024 }).run();
 * console.log(await model.generate("Call me").text());
 * ```
 *
 * @module
 */
import { armInterrupt } from "./src/display/mod.ts";

export {
  ConfigError,
  DataError,
  DeviceError,
  FormatError,
  LlameroError,
  NumericsError,
} from "./src/base/errors.ts";
export { Dataset } from "./src/data/mod.ts";
export { Tokenizer } from "./src/tokenizer/mod.ts";
export { Model } from "./src/model/mod.ts";
export { Trainer } from "./src/train/mod.ts";
export { defineTask, Evaluator } from "./src/eval/mod.ts";

export type * from "./src/data/mod.ts";
export type * from "./src/tokenizer/mod.ts";
export type * from "./src/model/mod.ts";
export type * from "./src/train/mod.ts";
export type * from "./src/eval/mod.ts";
export type { PeriodicEvaluationOptions } from "./src/train/mod.ts"; // of a training run; an Evaluator's own is in /eval

armInterrupt();
