/**
 * Finds the model that a notebook looks into: that of `deno task notebook-model`, else the quickstart's, else a new one.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
import { isThere, modelFolder, recipe, textsOf } from "./recipe.ts";

/** A model that was saved before. */
interface SavedModel {
  /** Folder of the model. */
  folder: string;
  /** A sentence that says which model it is. */
  about: string;
}

/** The folder in which the quickstart saves its model. */
const quickstartFolder = fileURLToPath(new URL("../../out/quickstart/model", import.meta.url));

/** The advice for whoever has another model than that of the recipe. */
const advice = "`deno task notebook-model` trains a better one, once, in about 6 minutes on two CPU cores.";

/** Returns the best model that is saved on this machine; undefined where there is none. */
export async function savedModel(quickstart = quickstartFolder): Promise<SavedModel | undefined> {
  const folder = await modelFolder();
  if (await isThere(folder)) {
    return { folder, about: "The model of `deno task notebook-model`." };
  }
  if (!await isThere(quickstart)) return undefined;
  return { folder: quickstart, about: `The quickstart's model. ${advice}` };
}

/** Returns the best model that is saved, or one that is trained for half a minute, and a sentence about it. */
export async function notebookModel(): Promise<{ model: Model; about: string }> {
  const saved = await savedModel();
  const name = "looking glass";
  if (saved) return { model: await Model.load(saved.folder, { name }), about: saved.about };
  const { train } = textsOf(Dataset.sample(recipe.sample));
  const tokenizer = await Tokenizer.train(train, { vocabSize: 512 });
  const model = await Model.create({ dim: 64, layers: 4, heads: 4 }, { tokenizer, context: 64, name });
  await new Trainer(model).pretrain(train, { steps: 150, batchTokens: 1024, learningRate: 4e-3, warmup: 15 })
    .run();
  return { model, about: `A model trained just now, for 150 steps. ${advice}` };
}
