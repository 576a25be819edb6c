/**
 * N-gram models with interpolated Kneser-Ney smoothing, as baselines of neural models and for CCNet's perplexity
 * filter.
 *
 * Sources: Kneser and Ney 1995; Chen and Goodman 1999.
 *
 *     p(w | h) = max(c(h w) - d, 0) / c(h) + d n(h) / c(h) p'(w | h')
 *
 * where h' is h without its first token, n(h) the number of distinct tokens seen after h, and p' counts the distinct
 * contexts of w instead of its occurrences. The unigram is interpolated with the uniform distribution, so that every
 * token has a probability; the probabilities after any context sum to 1. d = n1 / (n1 + 2 n2) of each order.
 *
 * @module
 */
import type { Encoder } from "../../base/encoder.ts";
import { ConfigError, DataError, FormatError } from "../../base/errors.ts";
import { YieldTimer } from "../../base/event_loop.ts";
import { type Job, jobOf, type Make } from "../../base/job.ts";
import { withProgress } from "../../display/progress.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { plainLine } from "../text/normalize.ts";
import { hashOf } from "../plan/fingerprint.ts";
import { CountTable, type SharedTable } from "./ngram_counts.ts";

/** The tables of one order. */
interface Order {
  /** Counts of (context, token): occurrences for the highest order, distinct contexts for lower ones. */
  grams: CountTable;
  /** Sums of those counts by context. */
  totals: CountTable;
  /** Numbers of distinct tokens by context. */
  followers: CountTable;
  /** The discount d. */
  discount: number;
}

/** Texts to learn from: strings, or records with a `text`, such as a `Dataset`. */
export type TrainingTexts = Iterable<string | { text: string }> | AsyncIterable<string | { text: string }>;

/** Options of a model of texts. */
export interface TextModelOptions {
  /** Tokenizer of the texts. */
  tokenizer: Encoder;
  /** Length of the longest counted sequence; default 5, as in CCNet. */
  order?: number;
}

/** An n-gram model over ids below `vocabSize`. */
export class NgramModel {
  #orders: Order[];
  #tokenizer?: Encoder;

  private constructor(
    /** Length of the longest counted sequence: 1 for unigrams, 2 for bigrams. */
    readonly order: number,
    /** Number of ids. */
    readonly vocabSize: number,
    orders: Order[],
    tokenizer?: Encoder,
  ) {
    this.#orders = orders;
    this.#tokenizer = tokenizer;
  }

  /**
   * Trains a model on sequences of ids.
   *
   * @throws {ConfigError} for an `order` below 1
   * @throws {DataError} when the sequences are empty
   */
  static train(
    sequences: Iterable<ArrayLike<number>>,
    options: { order: number; vocabSize: number },
  ): NgramModel {
    const { order, vocabSize } = options;
    const orders = emptyOrders(order);
    for (const ids of sequences) count(orders, ids);
    return new NgramModel(order, vocabSize, finished(orders));
  }

  /**
   * Trains a model on texts, each normalised to one line as in CCNet (lower case, no accents, digits as 0), between
   * BOS and EOS. Such a model has `perplexity`.
   *
   * @throws {ConfigError} for an `order` below 1
   * @throws {DataError} when there are no texts
   */
  static async trainOn(
    texts: TrainingTexts,
    { tokenizer, order = 5 }: TextModelOptions,
  ): Promise<NgramModel> {
    const orders = emptyOrders(order);
    const timer = new YieldTimer();
    await withProgress(`counting sequences of ${order} tokens`, { unit: "text" }, async (progress) => {
      for await (const item of texts) {
        const text = typeof item === "string" ? item : item.text;
        count(orders, sentence(text, tokenizer, order));
        progress.add();
        if (timer.due()) await timer.yieldToEventLoop();
      }
    });
    return new NgramModel(order, tokenizer.vocabSize, finished(orders), tokenizer);
  }

  /** Returns log p(ids[at] | the tokens before it), in nats. */
  logProb(ids: ArrayLike<number>, at: number): number {
    let p = 1 / this.vocabSize;
    let low = 0;
    let high = 0;
    for (let n = 0; n < this.order && n <= at; n++) {
      if (n > 0) [low, high] = [mixLow(low, ids[at - n]), mixHigh(high, ids[at - n])];
      const { grams, totals, followers, discount } = this.#orders[n];
      const total = totals.get(low, high);
      if (total === 0) continue;
      const own = Math.max(grams.get(tokenLow(low, ids[at]), tokenHigh(high, ids[at])) - discount, 0);
      p = own / total + discount * followers.get(low, high) / total * p;
    }
    return Math.log(p);
  }

  /**
   * Returns the perplexity of a text per token, with its EOS; it is low for text like the training text.
   *
   * @throws {ConfigError} when the model has no tokenizer, because it was trained on ids or loaded without one
   */
  perplexity(text: string): number {
    if (!this.#tokenizer) {
      throw new ConfigError(
        "Cannot measure the perplexity of a text: the model has no tokenizer; make it with NgramModel.trainOn or load it " +
          "with { tokenizer }",
      );
    }
    const ids = sentence(text, this.#tokenizer, this.order);
    const from = this.order - 1;
    let sum = 0;
    for (let at = from; at < ids.length; at++) sum -= this.logProb(ids, at);
    return Math.exp(sum / (ids.length - from));
  }

  /** Hash of everything that a probability depends on. */
  get fingerprint(): string {
    return hashOf([
      this.order,
      this.vocabSize,
      this.#tokenizer?.fingerprint,
      this.#orders.map(({ grams }) => sorted(grams)),
    ]);
  }

  /** Returns the job that makes this model in a worker, on shared tables; undefined when its tokenizer has no job. */
  job(): Job | undefined {
    const tokenizer = this.#tokenizer?.job?.();
    const { order, vocabSize } = this;
    if (!tokenizer) return undefined;
    const orders = this.#orders.map(({ grams, totals, followers, discount }) => ({
      tables: [grams, totals, followers].map((table) => table.shared()),
      discount,
    }));
    return jobOf(import.meta.url, { order, vocabSize, orders, tokenizer } satisfies ModelData, modelFromJob);
  }

  /** Makes a model from the data of a job. */
  static fromData({ order, vocabSize, orders }: ModelData, tokenizer: Encoder): NgramModel {
    const own = orders.map(({ tables, discount }): Order => {
      const [grams, totals, followers] = tables.map((table) => CountTable.sharing(table));
      return { grams, totals, followers, discount };
    });
    return new NgramModel(order, vocabSize, own, tokenizer);
  }

  /** Writes the model to a file. */
  async save(path: string): Promise<void> {
    const tables = this.#orders.flatMap(({ grams, totals, followers }) => [grams, totals, followers]).map((
      table,
    ) => table.entries());
    const { order, vocabSize } = this;
    const tokenizer = this.#tokenizer?.fingerprint;
    const head = new TextEncoder().encode(
      JSON.stringify({ order, vocabSize, tokenizer, sizes: tables.map(({ length }) => length) }),
    );
    await writeAtomically(path, async (write) => {
      await write(new TextEncoder().encode(magic));
      await write(new Uint8Array(Uint32Array.of(head.length).buffer));
      await write(head);
      for (const table of tables) await write(new Uint8Array(table.buffer));
    });
  }

  /**
   * Reads a model from a file. With the tokenizer of its training it has `perplexity`.
   *
   * @throws {FormatError} when the file is not an n-gram model or is cut short
   * @throws {ConfigError} when the tokenizer is a different one
   */
  static async load(path: string, { tokenizer }: { tokenizer?: Encoder } = {}): Promise<NgramModel> {
    const bytes = await Deno.readFile(path);
    const { order, vocabSize, sizes, ...head } = headerOf(bytes, path);
    if (tokenizer && head.tokenizer !== tokenizer.fingerprint) {
      throw new ConfigError(`Cannot use the model ${path}: it was made with another tokenizer`);
    }
    let at = bytes.length - 4 * sizes.reduce((sum, size) => sum + size, 0);
    const tables = sizes.map((size) =>
      CountTable.of(new Uint32Array(bytes.slice(at, at += 4 * size).buffer))
    );
    const orders = Array.from({ length: order }, (_, n): Order => {
      const [grams, totals, followers] = tables.slice(3 * n, 3 * n + 3);
      return { grams, totals, followers, discount: discountOf(grams) };
    });
    return new NgramModel(order, vocabSize, orders, tokenizer);
  }
}

/** A model as data for a worker: tables in shared memory, and the job of its tokenizer. */
export interface ModelData {
  /** Length of the longest counted sequence. */
  order: number;
  /** Number of ids. */
  vocabSize: number;
  /** Tables (grams, totals, followers) and discount of each order. */
  orders: { tables: SharedTable[]; discount: number }[];
  /** Job that makes its tokenizer. */
  tokenizer: Job;
}

/** Makes the model of a job in a worker. */
export async function modelFromJob(model: ModelData, make: Make): Promise<NgramModel> {
  return NgramModel.fromData(model, await make<Encoder>(model.tokenizer));
}

const magic = "LLAMERON";

/** The header of a model file. */
interface Header {
  order: number;
  vocabSize: number;
  tokenizer?: string;
  sizes: number[];
}

function headerOf(bytes: Uint8Array, file: string): Header {
  const wrong = (expected: string) =>
    new FormatError(`Cannot read the n-gram model: expected ${expected}`, { file, expected });
  const decoder = new TextDecoder();
  if (bytes.length < 12 || decoder.decode(bytes.subarray(0, 8)) !== magic) {
    throw wrong(`the magic bytes ${magic}`);
  }
  const length = new DataView(bytes.buffer).getUint32(8, true);
  let head: Header;
  try {
    head = JSON.parse(decoder.decode(bytes.subarray(12, 12 + length)));
  } catch {
    throw wrong("a header in JSON");
  }
  const size = 12 + length + 4 * head.sizes.reduce((sum, size) => sum + size, 0);
  if (bytes.length !== size) throw wrong(`${size} bytes, found ${bytes.length}`);
  return head;
}

function emptyOrders(order: number): Order[] {
  if (!Number.isInteger(order) || order < 1) {
    throw new ConfigError(
      `Cannot train an n-gram model: order must be a whole number of at least 1, current value is ${order}`,
    );
  }
  const make = (): Order => ({
    grams: new CountTable(),
    totals: new CountTable(),
    followers: new CountTable(),
    discount: 0,
  });
  return Array.from({ length: order }, make);
}

/** Encodes a text: BOS for each position of the longest context, the tokens, and EOS. */
function sentence(text: string, tokenizer: Encoder, order: number): Uint32Array {
  const ids = tokenizer.encode(plainLine(text));
  const all = new Uint32Array(order + ids.length).fill(tokenizer.bosId, 0, order - 1);
  all.set(ids, order - 1);
  all[all.length - 1] = tokenizer.eosId;
  return all;
}

/** Counts a sequence. A gram that is new to its order is a new context of the gram without its first token. */
function count(orders: Order[], ids: ArrayLike<number>): void {
  const lows = new Uint32Array(orders.length);
  const highs = new Uint32Array(orders.length);
  for (let at = orders.length - 1; at < ids.length; at++) {
    for (let n = 1; n < orders.length; n++) {
      lows[n] = mixLow(lows[n - 1], ids[at - n]);
      highs[n] = mixHigh(highs[n - 1], ids[at - n]);
    }
    for (let n = orders.length - 1; n >= 0; n--) {
      const { grams, totals, followers } = orders[n];
      const [low, high] = [lows[n], highs[n]];
      totals.add(low, high);
      if (grams.add(tokenLow(low, ids[at]), tokenHigh(high, ids[at])) > 0) break;
      followers.add(low, high);
    }
  }
}

function finished(orders: Order[]): Order[] {
  if (orders[orders.length - 1].grams.size === 0) {
    throw new DataError("Cannot train an n-gram model: there are no tokens");
  }
  return orders.map((tables) => ({ ...tables, discount: discountOf(tables.grams) }));
}

/** Returns the discount by the numbers of grams seen once and twice (Ney, Essen and Kneser 1994). */
function discountOf(grams: CountTable): number {
  let once = 0;
  let twice = 0;
  const entries = grams.entries();
  for (let i = 2; i < entries.length; i += 3) {
    if (entries[i] === 1) once++;
    else if (entries[i] === 2) twice++;
  }
  return once && twice ? once / (once + 2 * twice) : 0.5;
}

function sorted(table: CountTable): BigUint64Array {
  const entries = table.entries();
  return BigUint64Array.from(
    { length: table.size },
    (_, i) =>
      (BigInt(entries[3 * i]) << 32n) ^ BigInt(entries[3 * i + 1]) ^ (BigInt(entries[3 * i + 2]) << 20n),
  ).sort();
}

/** Adds a token to the lower hash of a context; a context has two 32-bit hashes, from its last token to its first. */
function mixLow(hash: number, id: number): number {
  let h = Math.imul(hash ^ id ^ 0x2545f491, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mixHigh(hash: number, id: number): number {
  let h = Math.imul(hash + id + 0x7f4a7c15, 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 15), 0x297a2d39);
  return (h ^ (h >>> 14)) >>> 0;
}

/** Adds the token behind the context to the lower hash. */
function tokenLow(hash: number, id: number): number {
  return mixLow(hash ^ 0x6b79d8a3, id);
}

function tokenHigh(hash: number, id: number): number {
  return mixHigh(hash ^ 0x1b56c4e9, id);
}
