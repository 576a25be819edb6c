/**
 * Text as tokens: a plan, a tokenizer and a context.
 *
 * @module
 */
import { z } from "zod";
import type { Encoder } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import type { Picture } from "../../display/display.ts";
import { cacheKeyOf, fingerprintOf, hashOf, lineageOf, type LineageStep } from "../plan/fingerprint.ts";
import { pack } from "../packing/pack.ts";
import { Packed } from "../packing/packed_source.ts";
import { idBytes } from "../packing/pack_writer.ts";
import { type DatasetPlan, describePlan, type MixSource, planToJSON, sourceName } from "../plan/plan.ts";
import { Prepared, type WindowSource } from "../windows/prepared_tokens.ts";
import { layoutVersion, persistentRoot, shardFolder, temporaryRoot } from "../plan/artifact_store.ts";
import { TokenDataset } from "./token_dataset.ts";
import type { PreparedTokens, PrepareOptions } from "../windows/window.ts";

/** How text becomes windows. */
export interface TokenizeOptions {
  /** Positions of a window, at least 8. */
  context: number;
  /** Whether attention and positions start anew at each document; conversations always do. Default false. */
  documentMask?: boolean;
  /**
   * Folder for the token shards, reused by whoever tokenizes the same (by fingerprint). Default: the cache folder;
   * there, a plan with functions that have no version keeps its shards only as long as the process.
   */
  dir?: string;
}

const schema = optionsSchema<TokenizeOptions>()(z.strictObject({
  context: z.number("must be a whole number, at least 8").int("must be a whole number, at least 8")
    .min(8, "must be at least 8"),
  documentMask: z.boolean().default(false),
  dir: z.string().optional(),
}));

/** A plan and what makes tokens of it. */
export interface TokenizedSpec {
  /** The documents or conversations. */
  plan: DatasetPlan;
  /** The tokenizer. */
  encoder: Encoder;
  /** Context, mask and folder. */
  options: TokenizeOptions;
}

/** Tokens made from text by a tokenizer. */
export class TokenizedDataset extends TokenDataset {
  override readonly context: number;
  override readonly documentMask: boolean;
  override readonly vocabSize: number;
  override readonly tokenizer: string;
  /** What it was made of, for deriving others (such as the parts of a validation split). */
  readonly spec: TokenizedSpec;

  /**
   * Makes the plan; nothing is read.
   *
   * @throws {ConfigError} for wrong options, or a tokenizer that is none
   */
  constructor(spec: TokenizedSpec) {
    super();
    const options = parseOptions(schema, spec.options, "Dataset.tokenize");
    checkEncoder(spec.encoder);
    this.spec = spec;
    this.context = options.context;
    this.documentMask = options.documentMask || spec.plan.kind === "conversations";
    this.vocabSize = spec.encoder.vocabSize;
    this.tokenizer = spec.encoder.fingerprint;
  }

  override get fingerprint(): string {
    return this.#joined(fingerprintOf(this.spec.plan));
  }

  override get lineage(): LineageStep[] {
    const steps = lineageOf(this.spec.plan);
    const step = `tokenize context ${this.context}${
      this.documentMask ? ", document mask" : ""
    }, vocabulary ${this.vocabSize}`;
    return [...steps, { step, fingerprint: this.#joined(steps[steps.length - 1].fingerprint) }];
  }

  override async prepare(options: PrepareOptions = {}): Promise<PreparedTokens> {
    const { plan } = this.spec;
    const sources: PackedSource[] = [];
    const done = { documents: 0, tokens: 0 };
    try {
      for (const source of plan.mix ?? [whole(plan)]) {
        const report = options.onProgress &&
          ((part: typeof done) =>
            options.onProgress!({
              documents: done.documents + part.documents,
              tokens: done.tokens + part.tokens,
            }));
        const open = await this.#open(source, { ...options, onProgress: report });
        sources.push(open);
        done.documents += open.documents;
        done.tokens += open.tokens;
      }
    } catch (error) {
      for (const source of sources) source.close();
      throw error;
    }
    const { seed } = plan.options as { seed?: number };
    const documentMask = sources.some(({ masked }) => masked);
    return new Prepared(sources, { context: this.context, documentMask, seed: plan.mix ? seed : 0 });
  }

  override picture(): Picture {
    const { plan, encoder } = this.spec;
    const ids = `u${8 * idBytes(encoder.vocabSize)} ids of ${encoder.vocabSize}`;
    const mask = this.documentMask
      ? "attention stops at document borders"
      : "documents run on into each other";
    return {
      text: [`Tokens in windows of ${this.context}: ${ids}, ${mask}`, ...describePlan(plan, "  ")].join("\n"),
    };
  }

  override toJSON(): Record<string, unknown> {
    const { context, documentMask, vocabSize } = this;
    return { op: "tokenize", context, documentMask, vocabSize, from: planToJSON(this.spec.plan) };
  }

  async #open(source: MixSource, { signal, onProgress, workers }: PrepareOptions): Promise<PackedSource> {
    const { encoder, options: { dir } } = this.spec;
    const { context, documentMask, vocabSize } = this;
    const { plan, name } = source;
    const cached = cacheKeyOf(plan);
    const root = dir ?? (cached.lasting ? persistentRoot() : temporaryRoot());
    // The stream of documents is the same for every context; rows of conversations are not.
    const length = plan.kind === "documents" ? 0 : context;
    const key = hashOf([
      layoutVersion,
      dir === undefined ? cached.key : fingerprintOf(plan),
      encoder.fingerprint,
      length,
    ]);
    const shards = await shardFolder(
      root,
      key,
      (folder) => pack(folder, { plan, encoder, context, signal, workers, onProgress }),
      signal,
    );
    return packedSource(
      source,
      new Packed(shards.folder, shards.facts, { name, context, documentMask, vocabSize }),
      documentMask,
    );
  }

  #joined(data: string): string {
    return hashOf([data, this.spec.encoder.fingerprint, this.context, this.documentMask]);
  }
}

type PackedSource = WindowSource & { masked: boolean };

function packedSource(
  { name, weight, maxEpochs }: MixSource,
  packed: Packed,
  documentMask: boolean,
): PackedSource {
  const { documents, tokens, bytes, cut, kind } = packed.facts;
  return {
    name,
    weight,
    maxEpochs,
    documents,
    tokens,
    bytes,
    cut: cut.tokens,
    windows: packed.windows,
    dropped: packed.dropped,
    masked: documentMask || kind === "conversations",
    window: (i) => packed.window(i),
    tail: () => packed.tail(),
    close: () => packed.close(),
  };
}

function whole(plan: DatasetPlan): MixSource {
  return { name: sourceName(plan), plan, weight: 1 };
}

function checkEncoder(encoder: Encoder): void {
  if (typeof encoder?.encode === "function" && Number.isInteger(encoder.vocabSize)) return;
  throw new ConfigError(
    `Cannot tokenize: the first argument must be a tokenizer, current value is ${show(encoder)}`,
    {
      path: "Dataset.tokenize",
      value: encoder,
    },
  );
}
