/**
 * A user's script: it lives outside the repository, imports the package over http and uses it.
 *
 * @module
 */
import * as sdk from "@llamero/sdk";
import { ConfigError, Dataset, Evaluator, LlameroError, Model, Tokenizer, Trainer } from "@llamero/sdk";

for (const it of [Dataset, Tokenizer, Model, Trainer, Evaluator, LlameroError, ConfigError]) {
  if (typeof it !== "function") throw new TypeError(`an exported class is missing, found ${it}`);
}
console.log(`The package exports ${Object.keys(sdk).sort().join(" ")}`);
