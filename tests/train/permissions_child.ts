/**
 * A training script for a test of its permissions: data, tokenizer, pretraining, instruction tuning, save, load, text.
 *
 * @module
 */
import { Dataset, Model, Tokenizer, Trainer } from "../../mod.ts";

const [data, runs] = Deno.args;
const corpus = Dataset.text(`${data}/*.txt`);
const tokenizer = await Tokenizer.train(corpus, { vocabSize: 290 });
const model = await Model.create("nano", { tokenizer, context: 64 });
const result = await new Trainer(model, { checkpoint: `${runs}/run` })
  .pretrain(corpus, { steps: 2, batchTokens: 128 })
  .instruct(Dataset.jsonl(`${data}/chat.jsonl`).conversations(), { steps: 1, batchTokens: 128 })
  .run({ display: false });
await model.save(`${runs}/model`);
using again = await Model.load(`${runs}/model`);
const text = await again.generate("The", { maxTokens: 3, temperature: 0 }).text();
console.log(JSON.stringify({ status: result.status, steps: result.history.length, text: typeof text }));
Deno.exit(0); // the GPU's threads would keep the process
