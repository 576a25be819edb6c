/**
 * Text as a token dataset: a plan, a tokenizer and a context.
 *
 * @module
 */
import { z } from "zod";
import { documentKey, type Encoder } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import type { Picture } from "../../display/display.ts";
import { withProgress } from "../../display/progress.ts";
import { pack } from "../packing/pack.ts";
import { idBytes } from "../packing/pack_writer.ts";
import { PackedSource } from "../packing/packed_source.ts";
import { checkFirstRecord } from "../packing/record_kind.ts";
import { layoutVersion, persistentRoot, shardFolder, temporaryRoot } from "../plan/artifact_store.ts";
import { cacheKeyOf, fingerprintOf, hashOf, lineageOf, type LineageStep } from "../plan/fingerprint.ts";
import { knownCounts, rememberCounts } from "../plan/known_counts.ts";
import { type DatasetPlan, type MixSource, planToJSON, sourceLabel, sourcesOf } from "../plan/plan.ts";
import { flowOf } from "../reports/flow.ts";
import { flowPicture } from "../reports/flow_picture.ts";
import { type HeldOut, type HoldOutOptions, holdOutPlans } from "../validation/hold_out.ts";
import { PreparedTokens } from "../windows/prepared_tokens.ts";
import type { PrepareOptions } from "../windows/window.ts";
import { holdOut, TokenDataset } from "./token_dataset.ts";

/** Settings of the windows made of text. */
export interface TokenizeOptions {
  /** Positions of a window, at least 8. */
  context: number;
  /** True when attention and positions start anew at each document; for conversations they always do. Default false. */
  documentMask?: boolean;
  /**
   * Folder for the token shards, which are used again for the same data and tokenizer (by fingerprint). Default: the
   * cache folder; there, shards of a plan with functions that have no version are kept only as long as the process.
   */
  dir?: string;
}

const schema = optionsSchema<TokenizeOptions>("TokenizeOptions")(z.strictObject({
  context: z.number("must be a whole number, at least 8").int("must be a whole number, at least 8")
    .min(8, "must be at least 8"),
  documentMask: z.boolean().default(false),
  dir: z.string().optional(),
}));

/** The parts of a tokenized dataset. */
interface TokenizedSpec {
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
  readonly #spec: TokenizedSpec;

  /**
   * Makes the plan; nothing is read.
   *
   * @throws {ConfigError} for wrong options, or an `encoder` that is no tokenizer
   */
  constructor(spec: TokenizedSpec) {
    super();
    const options = parseOptions(schema, spec.options, "Dataset.tokenize");
    checkEncoder(spec.encoder);
    this.#spec = spec;
    this.context = options.context;
    this.documentMask = options.documentMask || spec.plan.kind === "conversations";
    this.vocabSize = spec.encoder.vocabSize;
    this.tokenizer = spec.encoder.fingerprint;
  }

  override get fingerprint(): string {
    return this.#fingerprintWith(fingerprintOf(this.#spec.plan));
  }

  override get lineage(): LineageStep[] {
    const steps = lineageOf(this.#spec.plan);
    const step = `tokenize context ${this.context}${
      this.documentMask ? ", document mask" : ""
    }, vocabulary ${this.vocabSize}`;
    return [...steps, { step, fingerprint: this.#fingerprintWith(steps[steps.length - 1].fingerprint) }];
  }

  override async [holdOut](options: HoldOutOptions): Promise<HeldOut<TokenDataset>> {
    const { train, validation, ...said } = await holdOutPlans(this.#spec, options);
    const tokenized = (plan: DatasetPlan) => new TokenizedDataset({ ...this.#spec, plan });
    return { train: tokenized(train), validation: validation && tokenized(validation), ...said };
  }

  override async prepare(options: PrepareOptions = {}): Promise<PreparedTokens> {
    const { plan } = this.#spec;
    const sources: PackedSource[] = [];
    const done = { documents: 0, tokens: 0 };
    const unit = plan.kind?.slice(0, -1) ?? "record";
    try {
      await withProgress(`tokenizing ${sourceLabel(plan)}`, { unit }, async (progress) => {
        for (const source of sourcesOf(plan)) {
          const open = await this.#open(source, {
            ...options,
            onProgress({ documents, tokens }) {
              progress.set(done.documents + documents);
              options.onProgress?.({ documents: progress.done, tokens: done.tokens + tokens });
            },
          });
          sources.push(open);
          if (options.kind && open.kind !== options.kind) await checkFirstRecord(source.plan, options.kind);
          done.documents += open.documents;
          done.tokens += open.tokens;
        }
      });
    } catch (error) {
      for (const source of sources) source.close();
      throw error;
    }
    const { seed } = plan.options as { seed?: number };
    return new PreparedTokens(sources, { context: this.context, seed: plan.mix ? seed : 0 });
  }

  override picture(): Picture {
    const { plan, encoder } = this.#spec;
    const ids = `u${8 * idBytes(encoder.vocabSize)} ids of ${encoder.vocabSize}`;
    const mask = this.documentMask
      ? "attention stops at document borders"
      : "documents run on into each other";
    return flowPicture(
      `Tokens in windows of ${this.context}: ${ids}, ${mask}`,
      flowOf(plan, { counts: knownCounts }),
    );
  }

  override toJSON(): Record<string, unknown> {
    const { context, documentMask, vocabSize } = this;
    return { op: "tokenize", context, documentMask, vocabSize, from: planToJSON(this.#spec.plan) };
  }

  /** Packs one source, or opens its shards where they are. */
  async #open(source: MixSource, options: PrepareOptions): Promise<PackedSource> {
    const { encoder, options: { dir } } = this.#spec;
    const { context, documentMask, vocabSize } = this;
    const { plan } = source;
    const cached = cacheKeyOf(plan);
    const root = dir ?? (cached.persistent ? persistentRoot() : temporaryRoot());
    // The stream of documents is the same for every context; rows of conversations are not.
    const length = plan.kind === "documents" ? 0 : context;
    const key = hashOf([
      layoutVersion,
      dir === undefined ? cached.key : fingerprintOf(plan),
      documentKey(encoder),
      length,
    ]);
    const shards = await shardFolder(
      root,
      key,
      (folder) => pack(folder, { ...options, plan, encoder, context }),
      options.signal,
      options.host,
    );
    rememberCounts(plan, shards.facts.steps);
    return new PackedSource(source, shards, { context, documentMask, vocabSize });
  }

  #fingerprintWith(data: string): string {
    return hashOf([data, documentKey(this.#spec.encoder), this.context, this.documentMask]);
  }
}

function checkEncoder(encoder: Encoder): void {
  if (typeof encoder?.encode === "function" && Number.isInteger(encoder.vocabSize)) return;
  throw new ConfigError(
    `Cannot tokenize: the first argument must be a tokenizer, current value is ${show(encoder)}`,
    { path: "Dataset.tokenize", value: encoder },
  );
}
