/**
 * Many texts: a fixed number of rows on the GPU, each with a text of its own that ends for its own reason; a row that is
 * free takes the next prompt.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { interruptible } from "../../display/mod.ts";
import {
  Continuation,
  type FinishReason,
  type GenerateOptions,
  generateSchema,
  type SamplingSettings,
} from "./continuation.ts";
import { Decoder } from "./decoder.ts";
import type { Prompt } from "../model_state.ts";
import type { ModelState } from "../model_state.ts";

/** A text that was generated. */
export interface GeneratedText {
  /** The text, without the prompt; empty where the model has no tokenizer. */
  text: string;
  /** Its ids, without the end-of-sequence token. */
  ids: Uint32Array;
  /** Why it ended. */
  finish: FinishReason;
}

/** How to generate many texts. */
export interface BatchGenerateOptions extends Omit<GenerateOptions, "seed"> {
  /** Seed of the draws of each text (default 42), or one for each prompt: the way to draw several after one prompt. */
  seed?: number | readonly number[];
  /** Texts at once (default 32, fewer where their caches do not fit), in whole eights: more is faster and takes more memory. */
  batch?: number;
  /** Each prompt is the words of a user, answered by the tokenizer's chat template. */
  chat?: boolean;
  /** Told each text as it ends, with the number of its prompt. */
  onText?: (index: number, text: GeneratedText) => void;
}

const options = optionsSchema<BatchGenerateOptions>()(z.strictObject({
  ...generateSchema.shape,
  seed: z.union([z.int(), z.array(z.int()).readonly()]).default(42),
  batch: z.int().min(1).default(32),
  chat: z.boolean().default(false),
  onText: z.custom<BatchGenerateOptions["onText"]>((f) => typeof f === "function", "expected a function")
    .optional(),
}));

/**
 * Generates a text after each prompt.
 *
 * @throws {ConfigError} for an unknown option, a prompt that is empty or too long, or seeds that do not match the prompts
 */
export async function generateTexts(
  model: ModelState,
  prompts: readonly Prompt[],
  given: BatchGenerateOptions,
): Promise<GeneratedText[]> {
  const { signal, batch, chat, onText, seed, ...drawing } = parseOptions(options, given, "generateBatch");
  if (typeof seed !== "number" && seed.length !== prompts.length) {
    throw new ConfigError(
      `Cannot use generateBatch.seed: one for each of ${prompts.length} prompts is needed, there are ${seed.length}`,
      { path: "generateBatch.seed" },
    );
  }
  const encode = encoder(model, chat);
  const texts = prompts.map((prompt, i) => {
    const own: SamplingSettings = { ...drawing, seed: typeof seed === "number" ? seed : seed[i] };
    return new Continuation(model, encode(prompt), own, chat);
  });
  return await interruptible(signal, (signal) => run(model, texts, batch, onText, signal));
}

/** Ids of a prompt; each distinct text is encoded once. */
function encoder(model: ModelState, chat: boolean): (prompt: Prompt) => Uint32Array {
  const known = new Map<string, Uint32Array>();
  const fresh = (text: string) => {
    const tokenizer = model.needTokenizer("generate from text");
    if (!chat) return tokenizer.encode(text, { bos: true });
    return tokenizer.chat([{ role: "user", content: text }], { generationPrompt: true }).ids;
  };
  return (prompt) => {
    if (typeof prompt !== "string") return prompt;
    const ids = known.get(prompt) ?? fresh(prompt);
    known.set(prompt, ids);
    return ids;
  };
}

interface Row {
  index: number;
  text: Continuation;
  pieces: string[];
}

async function run(
  model: ModelState,
  texts: readonly Continuation[],
  batch: number,
  onText: BatchGenerateOptions["onText"],
  signal?: AbortSignal,
): Promise<GeneratedText[]> {
  const done: GeneratedText[] = new Array(texts.length);
  if (texts.length === 0) return done;
  const length = Math.max(...texts.map((text) => text.length));
  const count = rowsFor(model, batch, texts.length, length);
  const decoder = new Decoder(model, count, length);
  const rows: (Row | undefined)[] = new Array(count).fill(undefined);
  let next = 0;
  try {
    for (let left = texts.length; left > 0;) {
      for (let row = 0; row < count && next < texts.length; row++) {
        if (rows[row]) continue;
        signal?.throwIfAborted();
        const index = next++;
        const text = texts[index];
        await decoder.start(row, text.prompt);
        rows[row] = { index, text, pieces: [] };
      }
      signal?.throwIfAborted();
      const logits = await decoder.next(rows.map((row) => row?.text.last));
      for (const [i, row] of rows.entries()) {
        if (!row) continue;
        row.pieces.push(row.text.take(logits[i]));
        if (row.text.finish === undefined) continue;
        done[row.index] = ended(row, row.text.finish);
        rows[i] = undefined;
        left--;
        onText?.(row.index, done[row.index]);
      }
    }
    return done;
  } finally {
    decoder.dispose();
  }
}

function ended({ text, pieces }: Row, finish: FinishReason): GeneratedText {
  return { text: pieces.join("") + text.end(), ids: Uint32Array.from(text.ids), finish };
}

/**
 * Rows of the program: whole eights, since the fast product of matrices takes no fewer and the kernels, and with them the
 * last bits of a text, must not depend on how many prompts there are; but not more than one binding of the cache holds.
 */
function rowsFor({ config, device }: ModelState, wanted: number, texts: number, length: number): number {
  const { dim, heads, kvHeads } = config;
  const row = Math.ceil(length / 8) * 8 * 2 * kvHeads * dim / heads * 4;
  const most = Math.max(1, Math.floor(device.limits.maxStorageBufferBindingSize / row));
  const rows = Math.ceil(Math.min(wanted, texts) / 8) * 8;
  return rows <= most ? rows : most >= 8 ? Math.floor(most / 8) * 8 : most;
}
