/**
 * A user's script outside the repository, which imports the package over http, trains and generates.
 *
 * @module
 */
import * as sdk from "@llamero/sdk";
import { ConfigError, Dataset, Evaluator, LlameroError, Model, Tokenizer, Trainer } from "@llamero/sdk";

for (const it of [Dataset, Tokenizer, Model, Trainer, Evaluator, LlameroError, ConfigError]) {
  if (typeof it !== "function") throw new TypeError(`an exported class is missing, found ${it}`);
}
console.log(`The package exports ${Object.keys(sdk).sort().join(" ")}`);

const corpus = Dataset.sample("moby-dick").take(2);
const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
const model = await Model.create({ dim: 32, layers: 1, heads: 2 }, { tokenizer, context: 32 });
const { history } = await new Trainer(model).pretrain(corpus, {
  steps: 12,
  batchTokens: 128,
  validation: false,
}).run();
const [first, last] = [history[0].loss, history.at(-1)!.loss];
console.log(`The loss fell from ${first.toFixed(2)} to ${last.toFixed(2)}: ${last < first}`);
const ids = await model.generate("Call me", { maxTokens: 5, temperature: 0 }).ids();
console.log(`It wrote ${ids.length > 0 ? "something" : "nothing"}`);
