/**
 * The fixed recipe of the model that the notebooks look into, and its place in the cache.
 *
 * @module
 */
import type { Dataset } from "@llamero/sdk";
import { cacheHome, digest } from "../../src/base/cache.ts";

/** Chapters of Moby Dick that the model learns from; the 14 that follow are held out. */
const chapters = 121;

/** The recipe. A change of it gives the model another folder. */
export const recipe = {
  sample: "moby-dick",
  text: "lines of a paragraph joined",
  vocabSize: 1024,
  shape: { dim: 192, layers: 4, heads: 6 },
  context: 128,
  training: {
    steps: 2000,
    batchTokens: 512,
    learningRate: 2.5e-3,
    minLearningRate: 2.5e-5,
    warmup: 100,
  },
} as const;

/** The text that the model learns from, and the held-out rest. */
export interface Texts {
  /** Chapters to learn from. */
  train: Dataset;
  /** Chapters that are never trained on. */
  heldOut: Dataset;
}

/**
 * Cuts a `book` of 135 chapters into the two texts of the recipe. The lines of a paragraph are joined: where a printed line
 * ends cannot be known, and a model that must guess it predicts a line end at every word.
 */
export function textsOf(book: Dataset): Texts {
  const joined = book.map(
    (chapter) => ({ ...chapter, text: chapter.text.replace(/(?<=\S) *\n(?=\S)/g, " ") }),
    {
      name: "join the lines of a paragraph",
    },
  );
  return { train: joined.take(chapters), heldOut: joined.skip(chapters) };
}

/** Returns the path of the trained model in the cache; the folder is there only once the model is whole. */
export async function modelFolder(): Promise<string> {
  return `${cacheHome()}/models/notebook-${await digest(JSON.stringify({ ...recipe, chapters }), 12)}`;
}

/** Returns true where a file or folder of that path exists. */
export async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
