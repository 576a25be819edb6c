/**
 * Many texts: a fixed number of sequences on the GPU, each of which ends for its own reason and makes room for the next
 * prompt.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { throwIfAborted } from "../../base/together.ts";
import { interruptible, withProgress } from "../../display/mod.ts";
import { type ModelHandle, type Prompt, stateOf } from "../model_state.ts";
import { Continuation, type FinishReason } from "./continuation.ts";
import { Decoder } from "./decoder.ts";
import { chatIds, conversationOf, promptIds } from "./prompt_ids.ts";
import { type GenerateOptions, generateSchema, samplingSettings } from "./sampling_settings.ts";
import { cachedColumns } from "./sequence_cache.ts";
import { paddedLines } from "../architecture/shard.ts";

/** A text that was generated. */
export interface GeneratedText {
  /** The text, without the prompt; empty if the model has no tokenizer. */
  text: string;
  /** Its ids, without the end-of-sequence token. */
  ids: Uint32Array;
  /** The reason for its end. */
  finish: FinishReason;
}

/** Options of a generation of many texts. */
export interface BatchGenerateOptions extends Omit<GenerateOptions, "seed"> {
  /** Seed of the draws of each text (default 42), or one per prompt, which is how to draw several texts after one prompt. */
  seed?: number | readonly number[];
  /**
   * Texts at once, in multiples of eight (default 32; fewer if their caches do not fit). More are faster and take more
   * memory.
   */
  batch?: number;
  /** Takes each prompt as a message of the user, to be answered in the tokenizer's chat template (default false). */
  chat?: boolean;
  /** Called with each text as it ends, and the index of its prompt. */
  onText?: (index: number, text: GeneratedText) => void;
}

const batchGenerateSchema = optionsSchema<BatchGenerateOptions>("BatchGenerateOptions")(z.strictObject({
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
 * @returns the texts in the order of the prompts
 * @throws {ConfigError} for an unknown option, a prompt that is empty or too long, or seeds that do not match the prompts
 */
export async function generateTexts(
  model: ModelHandle,
  prompts: readonly Prompt[],
  options: BatchGenerateOptions,
): Promise<GeneratedText[]> {
  const { signal, batch, chat, onText, seed, ...given } = parseOptions(
    batchGenerateSchema,
    options,
    "generateBatch",
  );
  if (typeof seed !== "number" && seed.length !== prompts.length) {
    throw new ConfigError(
      `Cannot use generateBatch.seed: one for each of ${prompts.length} prompts is needed, there are ${seed.length}`,
      { path: "generateBatch.seed" },
    );
  }
  const sampling = samplingSettings(model, given);
  const encode = cachingEncoder(model, chat);
  const texts = prompts.map((prompt, i) => {
    const settings = { ...sampling, seed: typeof seed === "number" ? seed : seed[i] };
    return new Continuation(model, encode(prompt), settings, chat);
  });
  return await withProgress("generating", { total: texts.length, unit: "text" }, (progress) => {
    const onEnd: BatchGenerateOptions["onText"] = (index, text) => {
      progress.add();
      onText?.(index, text);
    };
    return interruptible(signal, (signal) => generateAll(model, texts, batch, onEnd, signal));
  });
}

/** Returns a function that gives the ids of a prompt and encodes each distinct text once. */
function cachingEncoder(model: ModelHandle, chat: boolean): (prompt: Prompt) => Uint32Array {
  const encoded = new Map<string, Uint32Array>();
  return (prompt) => {
    if (typeof prompt !== "string") return prompt;
    const ids = encoded.get(prompt) ??
      (chat ? chatIds(model, conversationOf(prompt)) : promptIds(model, prompt));
    encoded.set(prompt, ids);
    return ids;
  };
}

/** A text that is being generated as one of the decoder's sequences. */
interface GenerationSlot {
  /** Index of its prompt. */
  index: number;
  continuation: Continuation;
  pieces: string[];
}

async function generateAll(
  model: ModelHandle,
  continuations: readonly Continuation[],
  batch: number,
  onText: BatchGenerateOptions["onText"],
  signal?: AbortSignal,
): Promise<GeneratedText[]> {
  const texts: GeneratedText[] = new Array(continuations.length);
  if (continuations.length === 0) return texts;
  const length = Math.max(...continuations.map(({ maxLength }) => maxLength));
  const sequences = sequencesOf(model, batch, continuations.length, length);
  const decoder = new Decoder(model, sequences, length);
  const { group } = stateOf(model);
  const slots: (GenerationSlot | undefined)[] = new Array(sequences).fill(undefined);
  let next = 0;
  try {
    for (let unfinished = continuations.length; unfinished > 0;) {
      for (let i = 0; i < sequences && next < continuations.length; i++) {
        if (slots[i]) continue;
        await throwIfAborted(group, signal);
        const index = next++;
        const continuation = continuations[index];
        await decoder.start(i, continuation.prompt);
        slots[i] = { index, continuation, pieces: [] };
      }
      await throwIfAborted(group, signal);
      const logits = await decoder.next(slots.map((slot) => slot?.continuation.last));
      for (const [i, slot] of slots.entries()) {
        if (!slot) continue;
        slot.pieces.push(slot.continuation.take(logits[i]));
        if (slot.continuation.finish === undefined) continue;
        texts[slot.index] = textOf(slot, slot.continuation.finish);
        slots[i] = undefined;
        unfinished--;
        onText?.(slot.index, texts[slot.index]);
      }
    }
    return texts;
  } finally {
    decoder.dispose();
  }
}

function textOf({ continuation, pieces }: GenerationSlot, finish: FinishReason): GeneratedText {
  return { text: pieces.join("") + continuation.end(), ids: Uint32Array.from(continuation.ids), finish };
}

/**
 * Returns the number of sequences of the decoder: a multiple of eight, since the fast matrix product takes no fewer. The
 * kernels, and with them the last bits of a text, so do not depend on the number of prompts. A cache, or logits, too
 * large for one buffer or binding lower it.
 */
function sequencesOf(
  model: ModelHandle,
  batch: number,
  texts: number,
  length: number,
): number {
  const { config, shard } = stateOf(model).layout;
  const cacheBytes = Math.ceil(length / 8) * 8 * 4 * cachedColumns(config, shard);
  const bytes = Math.max(cacheBytes, 4 * paddedLines(config.vocabSize, config));
  const { maxBufferSize, maxStorageBufferBindingSize } = model.device.limits;
  const max = Math.max(1, Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / bytes));
  const wanted = Math.ceil(Math.min(batch, texts) / 8) * 8;
  return wanted <= max ? wanted : max >= 8 ? Math.floor(max / 8) * 8 : max;
}
