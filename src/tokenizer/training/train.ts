/**
 * Training of a vocabulary with the settings of LLaMA's SentencePiece model [paper 2.1].
 *
 * Those are byte-pair encoding, numbers split into digits, and bytes for rare characters.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, DataError } from "../../base/errors.ts";
import { hashUniform } from "../../base/random.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { interruptible } from "../../display/interrupt.ts";
import { type Progress, withProgress } from "../../display/progress.ts";
import { YieldTimer } from "../../base/event_loop.ts";
import { PairTable } from "./pair_table.ts";
import { BOS, byteNames, EOS, layOut, type Piece, UNKNOWN } from "../llama/pieces.ts";
import { eachWord, normalise, ownCopy, SPACE } from "../llama/pretokenize.ts";
import { stringsOf, type Texts } from "../texts.ts";
import { alphabetOf, unitsOf } from "./units.ts";

/** Progress of the training of a tokenizer. */
export interface TrainProgress {
  /** Phase: `read` counts words, `merge` learns pieces. */
  phase: "read" | "merge";
  /** Number of documents read, or of pieces in the vocabulary. */
  done: number;
  /** Number of pieces at the end; undefined while reading. */
  total?: number;
}

/** Options of {@linkcode Tokenizer.train}. */
export interface TrainOptions {
  /** Number of ids, with bytes and special tokens. Default 32000 [released model]. */
  vocabSize?: number;
  /** `split` (default [paper 2.1]) makes every digit a token; `join` lets numbers become pieces. */
  digits?: "split" | "join";
  /** Encodes characters without a piece as UTF-8 bytes (default true [paper 2.1]), else as `<unk>`. */
  byteFallback?: boolean;
  /** Further special tokens, such as `<|im_start|>`, with the last ids. `<pad>` becomes the padding token. */
  special?: readonly string[];
  /** Share of all character occurrences whose characters become pieces. Default 0.99995 [released model]. */
  characterCoverage?: number;
  /** Length of the longest piece, in characters. Default 16 [released model]. */
  maxPieceLength?: number;
  /** Keeps every piece within one Unicode script. Default true [released model]. */
  splitScripts?: boolean;
  /**
   * The unit that gets a space in front: a `line` (default [SentencePiece]), or a whole `text`, as in `encode`. The
   * latter suits texts with hard line breaks (1 % fewer tokens on such a book).
   */
  by?: "line" | "text";
  /** Share of the documents to learn from, chosen by `seed`. Default 1: all. */
  sample?: number;
  /** Seed of the choice of documents. Default 42. */
  seed?: number;
  /**
   * Stops the training; the promise rejects with the signal's reason. Without a signal, a notebook's Stop button stops
   * it with an `AbortError`.
   */
  signal?: AbortSignal;
  /** Called at most about ten times per second. */
  onProgress?: (progress: TrainProgress) => void;
}

const PATH = "Tokenizer.train";
const RESERVED = new Set([UNKNOWN, BOS, EOS, ...byteNames()]);

const specialToken = z.string()
  .refine((token) => [...token].length > 1, "a special token must have at least two characters")
  .refine((token) => token.trim() !== "", "a special token must not be blank")
  .refine((token) => token.isWellFormed(), "a special token must be well-formed Unicode")
  .refine((token) => !RESERVED.has(token), "this token exists already");

const schema = optionsSchema<TrainOptions>("TrainOptions")(z.strictObject({
  vocabSize: z.int().min(4).max(2 ** 20).default(32000),
  digits: z.enum(["split", "join"]).default("split"),
  byteFallback: z.boolean().default(true),
  special: z.array(specialToken).refine((all) => new Set(all).size === all.length, "a token is named twice")
    .default([]),
  characterCoverage: z.number().gt(0).max(1).default(0.99995),
  maxPieceLength: z.int().min(1).max(512).default(16),
  splitScripts: z.boolean().default(true),
  by: z.enum(["line", "text"]).default("line"),
  sample: z.number().gt(0).max(1).default(1),
  seed: z.int().default(42),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z.custom<(progress: TrainProgress) => void>((value) => typeof value === "function").optional(),
}));

type Settings = z.output<typeof schema>;

/**
 * Learns the pieces of a vocabulary. The result does not depend on the order of the documents.
 *
 * @throws {ConfigError} for an unknown option, or a `vocabSize` too small for the alphabet or too large for the corpus
 * (the message names the limit)
 * @throws {DataError} for an empty corpus or a record without a text
 */
export async function learnPieces(texts: Texts, options: TrainOptions = {}): Promise<Piece[]> {
  const settings = parseOptions(schema, options, PATH);
  return await interruptible(settings.signal, (signal) => learn(texts, settings, new YieldTimer({ signal })));
}

async function learn(texts: Texts, settings: Settings, timer: YieldTimer): Promise<Piece[]> {
  const reading = { unit: "document" };
  const words = await withProgress("tokenizer: counting words", reading, (progress) => {
    return countWords(texts, settings, timer, progress);
  });
  const merging = { total: settings.vocabSize, unit: "piece" };
  return await withProgress("tokenizer: learning pieces", merging, (progress) => {
    return merge(words, settings, timer, progress);
  });
}

/** Learns the pieces of counted words. */
async function merge(
  words: Map<string, number>,
  settings: Settings,
  timer: YieldTimer,
  progress: Progress,
): Promise<Piece[]> {
  const characters = await alphabetOf(words, settings.characterCoverage, !settings.byteFallback, timer);
  if (characters.every((char) => char === SPACE)) {
    throw new DataError(
      "Cannot train a tokenizer: the corpus is empty, pass at least one text that is not blank",
    );
  }
  const pieces = roomFor(characters.length, settings);
  const splits = { splitDigits: settings.digits === "split", splitScripts: settings.splitScripts };
  const units = await unitsOf(words, characters, splits, timer);
  const reserved = new Set([...RESERVED, ...settings.special]);
  const table = await PairTable.of(units, { maxPieceLength: settings.maxPieceLength, reserved }, timer);
  const learned: string[] = [];
  while (learned.length < pieces) {
    const piece = table.learn();
    if (piece === undefined) throw tooSmall(settings.vocabSize - pieces + learned.length, settings);
    learned.push(piece);
    progress.set(settings.vocabSize - pieces + learned.length);
    if (timer.due()) await report(timer, settings, "merge", progress.done);
  }
  return layOut({ bytes: settings.byteFallback, learned, characters, special: settings.special });
}

async function countWords(
  texts: Texts,
  settings: Settings,
  timer: YieldTimer,
  progress: Progress,
): Promise<Map<string, number>> {
  const indices = new Map<string, number>();
  const counts: number[] = [];
  const add = (word: string) => {
    const index = indices.get(word);
    if (index !== undefined) counts[index]++;
    else indices.set(ownCopy(word), counts.push(1) - 1);
  };
  let documents = 0;
  for await (const text of stringsOf(texts, "train a tokenizer")) {
    const chosen = settings.sample === 1 || hashUniform(settings.seed, String(documents)) < settings.sample;
    if (chosen) addSentences(text, settings.by, add);
    progress.set(++documents);
    if (timer.due()) await report(timer, settings, "read", documents);
  }
  const words = new Map<string, number>();
  for (const [raw, index] of indices) {
    const word = normalise(raw);
    words.set(word, (words.get(word) ?? 0) + counts[index]);
  }
  return words;
}

/** Adds the words of a text, by lines or whole; a line break between lines is added as a character of the corpus. */
function addSentences(text: string, by: "line" | "text", add: (word: string) => void): void {
  if (by === "text") return eachWord(text, false, add);
  text.split("\n").forEach((line, i) => {
    if (i > 0) add("\n");
    eachWord(line, false, add);
  });
}

/** Returns the number of pieces to learn: `vocabSize` less the fixed part of the vocabulary. */
function roomFor(characters: number, { vocabSize, byteFallback, special }: Settings): number {
  const fixed = 3 + (byteFallback ? 256 : 0) + special.length + characters;
  if (vocabSize >= fixed) return vocabSize - fixed;
  throw new ConfigError(
    `Cannot train a tokenizer: vocabSize must be at least ${fixed} for the ${characters} characters of this corpus, ` +
      `current value is ${vocabSize}`,
    { path: `${PATH}.vocabSize`, value: vocabSize },
  );
}

function tooSmall(maxSize: number, { vocabSize }: Settings): ConfigError {
  return new ConfigError(
    `Cannot train a tokenizer: vocabSize must be at most ${maxSize}, the largest possible for this corpus, ` +
      `current value is ${vocabSize}`,
    { path: `${PATH}.vocabSize`, value: vocabSize },
  );
}

async function report(
  timer: YieldTimer,
  settings: Settings,
  phase: TrainProgress["phase"],
  done: number,
): Promise<void> {
  settings.onProgress?.({ phase, done, ...(phase === "merge" && { total: settings.vocabSize }) });
  await timer.yieldToEventLoop();
}
