/**
 * A linear classifier of texts, such as pages used as references in Wikipedia against random pages [paper 2.1].
 *
 * Words and pairs of neighbouring words are hashed into buckets. The score is logistic(sum of the weights /
 * sqrt(number of buckets)). Training is logistic regression with AdaGrad (Duchi et al. 2011).
 *
 * @module
 */
import { z } from "zod";
import { DataError, FormatError } from "../../base/errors.ts";
import { YieldTimer } from "../../base/event_loop.ts";
import { hashUniform, Random } from "../../base/random.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { percent } from "../../display/format.ts";
import { Displayable, type Picture } from "../../display/display.ts";
import { withProgress } from "../../display/progress.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { concat } from "../../formats/bytes.ts";
import { hashOf } from "../plan/fingerprint.ts";
import type { TrainingTexts } from "./ngram_model.ts";

/** Options of the training of a classifier. */
export interface ClassifierOptions {
  /** Passes over the texts; default 5 [ours]. */
  epochs?: number;
  /** Step size of AdaGrad; default 0.5 [ours]. */
  learningRate?: number;
  /** Share of the texts that is held out for the report; default 0.1 [ours]. */
  heldOut?: number;
  /** Number of weights, a power of two; default 2^20 [ours]. */
  buckets?: number;
  /** Seed of the order of the texts and of the choice of held-out texts; default 42. */
  seed?: number;
}

const schema = optionsSchema<ClassifierOptions>()(z.strictObject({
  epochs: z.number().int().min(1).default(5),
  learningRate: z.number().positive().default(0.5),
  heldOut: z.number().min(0).max(0.5).default(0.1),
  buckets: z.number().int().min(16).refine((n) => Number.isInteger(Math.log2(n)), "must be a power of two")
    .default(1 << 20),
  seed: z.number().int().default(42),
}));

/** Measures on the held-out texts. */
export interface HeldOutReport {
  /** Number of texts. */
  texts: number;
  /** Share of texts on the right side of 0.5. */
  accuracy: number;
  /** Share of the positive texts with a score above 0.5. */
  recall: number;
  /** Share of positive ones among the texts with a score above 0.5. */
  precision: number;
}

/** The features of a text and its class. */
interface Example {
  features: Uint32Array;
  positive: boolean;
}

/** A linear classifier, whose score is the probability that a text belongs to the positive class. */
export class TextClassifier extends Displayable {
  /** Measures on texts that were not used for training. */
  readonly report: HeldOutReport;
  readonly #weights: Float32Array<ArrayBuffer>;

  private constructor(weights: Float32Array<ArrayBuffer>, report: HeldOutReport) {
    super();
    this.#weights = weights;
    this.report = report;
  }

  /**
   * Trains a classifier of `positive` against `negative` texts. Memory: 4 bytes per distinct word or pair of a text.
   *
   * @throws {DataError} when one side has no texts
   */
  static async train(
    positive: TrainingTexts,
    negative: TrainingTexts,
    options: ClassifierOptions = {},
  ): Promise<TextClassifier> {
    const { epochs, learningRate, heldOut, buckets, seed } = parseOptions(
      schema,
      options,
      "TextClassifier.train",
    );
    const trainExamples: Example[] = [];
    const heldOutExamples: Example[] = [];
    for (const [texts, side] of [[positive, "positive"], [negative, "negative"]] as const) {
      let count = 0;
      await withProgress(`reading ${side} texts`, { unit: "text" }, async (progress) => {
        for await (const item of texts) {
          const features = featuresOf(typeof item === "string" ? item : item.text, buckets);
          const isHeldOut = hashUniform(seed, `${side} ${count++}`) < heldOut;
          (isHeldOut ? heldOutExamples : trainExamples).push({ features, positive: side === "positive" });
          progress.add();
        }
      });
      if (count === 0) throw new DataError(`Cannot train a classifier: there are no ${side} texts`);
    }
    const weights = new Float32Array(buckets);
    const squares = new Float32Array(buckets);
    const random = new Random(seed);
    const timer = new YieldTimer();
    const total = epochs * trainExamples.length;
    await withProgress("training a text classifier", { total, unit: "text" }, async (progress) => {
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const { features, positive } of random.shuffle(trainExamples)) {
          const scale = 1 / Math.sqrt(features.length || 1);
          const gradient = (logistic(sumOf(weights, features) * scale) - (positive ? 1 : 0)) * scale;
          for (const at of features) {
            squares[at] += gradient * gradient;
            weights[at] -= learningRate * gradient / (Math.sqrt(squares[at]) + 1e-8);
          }
          progress.add();
          if (timer.due()) await timer.yieldToEventLoop();
        }
      }
    });
    return new TextClassifier(weights, reportOf(weights, heldOutExamples));
  }

  /** Returns the probability of the positive class, 0 to 1. */
  score(text: string): number {
    return scoreOf(this.#weights, text);
  }

  /** The weight of each bucket. */
  get weights(): Float32Array<ArrayBuffer> {
    return this.#weights;
  }

  /** Hash of the weights. */
  get fingerprint(): string {
    return hashOf(this.#weights);
  }

  /** Writes the classifier to a file. */
  async save(path: string): Promise<void> {
    const head = new TextEncoder().encode(
      JSON.stringify({ buckets: this.#weights.length, report: this.report }),
    );
    await writeAtomically(path, async (write) => {
      await write(new TextEncoder().encode(magic));
      await write(new Uint8Array(Uint32Array.of(head.length).buffer));
      await write(concat([head, new Uint8Array(this.#weights.buffer)]));
    });
  }

  /**
   * Reads a classifier from a file.
   *
   * @throws {FormatError} when the file is not a classifier or is cut short
   */
  static async load(path: string): Promise<TextClassifier> {
    const bytes = await Deno.readFile(path);
    const text = new TextDecoder();
    const wrong = (expected: string) =>
      new FormatError(`Cannot read the classifier: expected ${expected}`, { file: path, expected });
    if (bytes.length < 12 || text.decode(bytes.subarray(0, 8)) !== magic) {
      throw wrong(`the magic bytes ${magic}`);
    }
    const length = new DataView(bytes.buffer).getUint32(8, true);
    const at = 12 + length;
    const { buckets, report } = JSON.parse(text.decode(bytes.subarray(12, at)));
    if (bytes.length !== at + 4 * buckets) {
      throw wrong(`${at + 4 * buckets} bytes, found ${bytes.length}`);
    }
    return new TextClassifier(new Float32Array(bytes.slice(at).buffer), report);
  }

  /** Draws the report. */
  override picture(): Picture {
    const { texts, accuracy, precision, recall } = this.report;
    return {
      text: `Text classifier: ${percent(accuracy)} right of ${texts} held-out texts ` +
        `(precision ${percent(precision)}, recall ${percent(recall)})`,
    };
  }

  /** Returns the report as JSON. */
  toJSON(): Record<string, unknown> {
    return { op: "classifier", buckets: this.#weights.length, report: this.report };
  }
}

const magic = "LLAMEROC";

/** Returns the distinct buckets of a text's words and pairs of neighbours. */
function featuresOf(text: string, buckets: number): Uint32Array {
  const found = new Set<number>();
  let before = 0;
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]/gu)) {
    let h = 0x811c9dc5;
    for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 0x01000193);
    found.add(bucketOf(h, buckets));
    if (before !== 0) found.add(bucketOf(Math.imul(before, 0x5bd1e995) ^ h, buckets));
    before = h;
  }
  return Uint32Array.from(found);
}

function bucketOf(hash: number, buckets: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) & (buckets - 1);
}

function sumOf(weights: Float32Array, features: Uint32Array): number {
  let sum = 0;
  for (const at of features) sum += weights[at];
  return sum;
}

/** Returns the probability of the positive class, 0 to 1, by the weights of a classifier. */
export function scoreOf(weights: Float32Array, text: string): number {
  return scoreOfFeatures(weights, featuresOf(text, weights.length));
}

function scoreOfFeatures(weights: Float32Array, features: Uint32Array): number {
  return logistic(sumOf(weights, features) / Math.sqrt(features.length || 1));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function reportOf(weights: Float32Array, examples: readonly Example[]): HeldOutReport {
  const count = { right: 0, positive: 0, predicted: 0, truePositive: 0 };
  for (const { features, positive } of examples) {
    const predicted = scoreOfFeatures(weights, features) > 0.5;
    count.right += predicted === positive ? 1 : 0;
    count.positive += positive ? 1 : 0;
    count.predicted += predicted ? 1 : 0;
    count.truePositive += predicted && positive ? 1 : 0;
  }
  const share = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  return {
    texts: examples.length,
    accuracy: share(count.right, examples.length),
    recall: share(count.truePositive, count.positive),
    precision: share(count.truePositive, count.predicted),
  };
}
