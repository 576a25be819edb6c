/**
 * `Tokenizer`: text to ids and back [paper 2.1]. A thin shell over what stands beside it in this folder.
 *
 * @module
 */
import type { ChatEncoding, Encoder, Message } from "../base/encoder.ts";
import { ConfigError } from "../base/errors.ts";
import { type Job, jobOf } from "../base/job.ts";
import { parseOptions, show } from "../base/schema.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { interruptible } from "../display/interrupt.ts";
import { encodeOnWorkers } from "./encode_on_workers.ts";
import { encodeChat, noTemplate } from "./chat/chat.ts";
import { ChatTemplate } from "./chat/chat_template.ts";
import type { DecodeOptions, StreamDecoder } from "./codec.ts";
import { encodeExactly } from "./encode_exact.ts";
import {
  engineOf,
  factsPicture,
  templateTokens,
  type TokenizerCore,
  type TokenizerFacts,
  tokenizerFingerprint,
} from "./engine.ts";
import {
  readTokenizerFiles,
  type TokenizerFiles,
  writeModelFile,
  writeTokenizerFiles,
} from "./files/files.ts";
import { checkMessages } from "./chat/messages.ts";
import {
  type BatchOptions,
  batchSchema,
  type ChatOptions,
  chatSchema,
  decodeSchema,
  type EncodeOptions,
  encodeSchema,
  type StatsOptions,
  statsSchema,
} from "./options.ts";
import type { Piece } from "./llama/pieces.ts";
import { checkTokenizerJson } from "./files/read_json.ts";
import { countTokens, type TokenStats } from "./vocabulary_fit.ts";
import type { TemplateName } from "./chat/templates.ts";
import { type TokenView, viewOf } from "./token_view.ts";
import { templateOf, type TokenizerConfig, tokenizerConfig } from "./files/tokenizer_config.ts";
import { tokenizerJson, vocabularyPieces } from "./files/tokenizer_json.ts";
import type { Texts } from "./texts.ts";
import { learnPieces, type TrainOptions } from "./training/train.ts";
import { sentencePieceBytes } from "./files/write_sentencepiece.ts";

/** Text to token ids and back. An immutable value. */
export class Tokenizer extends Displayable implements Encoder {
  #engine: TokenizerCore;
  #template: ChatTemplate | undefined;
  #fingerprint: string | undefined;

  private constructor(engine: TokenizerCore, template: string | undefined) {
    super();
    this.#engine = engine;
    if (template !== undefined) this.#template = new ChatTemplate(template, templateTokens(engine));
  }

  /**
   * Learns a vocabulary from texts (strings, or records with a `text`, such as a `Dataset`): SentencePiece-style
   * byte-pair encoding with LLaMA's settings. Deterministic, and independent of the order of the texts. What `encode`
   * reads as a space or as U+FFFD is learned as such.
   *
   * @throws {ConfigError} for an unknown option, or a `vocabSize` that this corpus cannot fill or that cannot hold its
   * characters; the message names the bound
   * @throws {DataError} for an empty corpus
   */
  static async train(texts: Texts, options: TrainOptions = {}): Promise<Tokenizer> {
    return Tokenizer.fromPieces(await learnPieces(texts, options));
  }

  /**
   * Reads a tokenizer.json, a SentencePiece `tokenizer.model`, or a folder that holds one of them.
   *
   * @throws {FormatError} when nothing is there, or naming what is wrong with it
   */
  static async load(path: string): Promise<Tokenizer> {
    return Tokenizer.#from(await readTokenizerFiles(path));
  }

  /** The tokenizer of a SentencePiece-like vocabulary, such as a GGUF file holds; ids are positions. */
  static fromPieces(pieces: readonly Piece[]): Tokenizer {
    return Tokenizer.#from({ json: tokenizerJson(pieces), config: {}, file: "tokenizer.json" });
  }

  /**
   * The tokenizer of a parsed tokenizer.json and tokenizer_config.json.
   *
   * @throws {FormatError} naming what is wrong
   */
  static fromJSON(json: unknown, config: TokenizerConfig = {}): Tokenizer {
    const file = "tokenizer.json";
    const checked = checkTokenizerJson(structuredClone(json), file);
    return Tokenizer.#from({ json: checked, config: { ...config }, file });
  }

  static #from(files: TokenizerFiles): Tokenizer {
    return new Tokenizer(engineOf(files), templateOf(files.config));
  }

  /** Number of ids; every id is below it. */
  get vocabSize(): number {
    return this.#engine.codec.size;
  }

  /** Id that opens a document; -1 where the vocabulary has none. */
  get bosId(): number {
    return this.#engine.roles.bos;
  }

  /** Id that closes a document and an answer; -1 where the vocabulary has none. */
  get eosId(): number {
    return this.#engine.roles.eos;
  }

  /** Id for what cannot be written; -1 where the vocabulary has none. */
  get unkId(): number {
    return this.#engine.roles.unk;
  }

  /** Id that fills short rows; -1 where the vocabulary has none, as LLaMA's. */
  get padId(): number {
    return this.#engine.roles.pad;
  }

  /** Ids after which an answer is over: EOS, and what the chat template puts behind an answer. */
  get stopIds(): readonly number[] {
    const ends = this.#template?.endings() ?? [];
    return [...new Set([this.eosId, ...ends])].filter((id) => id >= 0);
  }

  /** Name of the chat template: a built-in one, `jinja`, or null. */
  get template(): TemplateName | "jinja" | null {
    return this.#template?.name ?? null;
  }

  /** The chat template's Jinja source, or null. */
  get chatTemplate(): string | null {
    return this.#template?.source ?? null;
  }

  /** Changes whenever any id could change, of a text or of a conversation. 32 hex digits. */
  get fingerprint(): string {
    return this.#fingerprint ??= tokenizerFingerprint(this.#engine, this.#template);
  }

  /**
   * Ids of `text`. Nothing is added unless asked, and nothing in the text is read as a special token unless
   * `special: true`. As in SentencePiece, a literal U+2581 is a space and a lone surrogate U+FFFD, unless `exact`.
   *
   * @throws {ConfigError} for `bos` or `eos` that the vocabulary does not have
   * @throws {DataError} with `exact`, for a text that cannot come back
   */
  encode(text: string, options: EncodeOptions = {}): Uint32Array<ArrayBuffer> {
    return this.#ids(text, parseOptions(encodeSchema, options, "encode"));
  }

  /** Ids of each of `texts`, in their order. */
  encodeBatch(texts: readonly string[], options?: EncodeOptions): Uint32Array<ArrayBuffer>[];
  /** The same, made on workers: for many megabytes of text. */
  encodeBatch(texts: readonly string[], options: BatchOptions): Promise<Uint32Array<ArrayBuffer>[]>;
  encodeBatch(
    texts: readonly string[],
    options: EncodeOptions | BatchOptions = {},
  ): Uint32Array<ArrayBuffer>[] | Promise<Uint32Array<ArrayBuffer>[]> {
    const isMany = (options as BatchOptions)?.workers !== undefined;
    if (isMany) return this.#encodeOnWorkers(texts, options as BatchOptions);
    const parsed = parseOptions(encodeSchema, options, "encodeBatch");
    return texts.map((text) => this.#ids(text, parsed));
  }

  /**
   * Text of `ids`; incomplete UTF-8 becomes U+FFFD. `decode(encode(text))` is `text` for every well-formed text
   * without U+2581, which comes back as a space, and for every well-formed one that was encoded with `exact`.
   *
   * @throws {ConfigError} for an id that the vocabulary does not have
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const list = Array.from(ids, (id) => this.#known(id));
    return this.#engine.codec.decode(list, parseOptions(decodeSchema, options, "decode"));
  }

  /** A decoder for ids that come one by one: never half a character, and the first space falls only at the start. */
  decoder(options: DecodeOptions = {}): StreamDecoder {
    const inner = this.#engine.codec.decoder(parseOptions(decodeSchema, options, "decoder"));
    return { push: (id) => inner.push(this.#known(id)), end: () => inner.end() };
  }

  /** The token of `id` as the vocabulary writes it: `▁whale`, `<0x0A>`, `<s>`. */
  tokenOf(id: number): string {
    return this.#engine.codec.tokenOf(this.#known(id)) ?? "";
  }

  /** The id of a token as the vocabulary writes it, or undefined. */
  idOf(token: string): number | undefined {
    return this.#engine.codec.idOf(token);
  }

  /** True for ids that are control, never text. */
  isSpecial(id: number): boolean {
    return this.#engine.codec.isSpecial(id);
  }

  /**
   * This tokenizer with another chat template: `plain`, `llama-2`, `chatml`, or Jinja.
   *
   * @throws {ConfigError} for an unknown name, Jinja with an error, or special tokens that the vocabulary lacks
   */
  withTemplate(template: TemplateName | (string & Record<never, never>)): Tokenizer {
    const changed = new Tokenizer(this.#engine, template);
    changed.#template!.check();
    return changed;
  }

  /**
   * Renders a conversation with the chat template. Only what the template itself writes can become special tokens;
   * messages are ordinary text. `mask` is 1 on the tokens of answers and on what ends them.
   *
   * @param options `generationPrompt`: end with the opening of the answer to come. Without it, a conversation that
   * holds an answer is taken for training, which some Jinja templates do not allow.
   * @throws {ConfigError} without a template, or for training on one that is not made for it
   * @throws {DataError} for messages out of order
   */
  chat(messages: readonly Message[], options: ChatOptions = {}): ChatEncoding {
    const { generationPrompt } = parseOptions(chatSchema, options, "chat");
    const template = this.#template;
    if (template === undefined) throw noTemplate();
    checkMessages(messages, generationPrompt);
    const obstacle = generationPrompt || messages.length < 2 ? null : template.obstacle();
    if (obstacle !== null) throw new ConfigError(`Cannot train on this chat template: ${obstacle}`);
    return encodeChat(template.render(messages, generationPrompt), this.#engine.codec);
  }

  /** Shows the tokenizer now. */
  override show(): Promise<void>;
  /** The tokens of `text` as a picture: `await tokenizer.show("Call me Ishmael").show()`. */
  override show(text: string, options?: EncodeOptions): TokenView;
  override show(text?: string, options?: EncodeOptions): Promise<void> | TokenView {
    if (text === undefined) return super.show();
    return viewOf(this, text, this.encode(text, options));
  }

  /**
   * How well the vocabulary fits `texts`: bytes per token, tokens per word and more. Reads them once.
   *
   * @throws {DataError} for an empty corpus or a record without text
   */
  async stats(texts: Texts, options: StatsOptions = {}): Promise<TokenStats> {
    const given = parseOptions(statsSchema, options, "stats").signal;
    return await interruptible(given, (signal) => countTokens(this, texts, signal));
  }

  /**
   * Writes tokenizer.json and tokenizer_config.json into the folder `path`: Python `transformers` and
   * `@huggingface/tokenizers` read them to the same ids. A path that ends in `.model` becomes a SentencePiece model, for
   * Python `sentencepiece` and llama.cpp; it holds no chat template. Each file appears whole or not at all.
   *
   * @throws {ConfigError} for a `.model` of a vocabulary that SentencePiece would read to other ids
   */
  async save(path: string): Promise<void> {
    const { files: { json, config }, roles } = this.#engine;
    if (path.endsWith(".model")) {
      return await writeModelFile(path, sentencePieceBytes(this.pieces(), json.model.merges ?? [], roles));
    }
    await writeTokenizerFiles(path, json, tokenizerConfig(json, roles, config, this.#template?.source));
  }

  /**
   * The vocabulary with kinds and scores, ids are positions: what a GGUF file needs.
   *
   * @throws {ConfigError} for vocabularies that are not SentencePiece-like
   */
  pieces(): Piece[] {
    if (this.#engine.codec.name === "llamero") return vocabularyPieces(this.#engine.files.json);
    throw new ConfigError("Cannot list the pieces: this tokenizer is not LLaMA-style byte-pair encoding");
  }

  /** What makes this tokenizer, but for its template, in a worker. */
  job(): Job {
    const { json, config } = this.#engine.files;
    return jobOf(import.meta.url, { json, config }, sentTokenizer);
  }

  /** The facts as plain data; the vocabulary itself is what `save` writes. */
  toJSON(): TokenizerFacts {
    return {
      vocabSize: this.vocabSize,
      special: Object.fromEntries(this.#engine.special),
      template: this.template,
      codec: this.#engine.codec.name,
      fingerprint: this.fingerprint,
    };
  }

  /** The facts as a small table. */
  override picture(): Picture {
    return factsPicture(this.toJSON());
  }

  async #encodeOnWorkers(
    texts: readonly string[],
    options: BatchOptions,
  ): Promise<Uint32Array<ArrayBuffer>[]> {
    const { workers, ...parsed } = parseOptions(batchSchema, options, "encodeBatch");
    texts.forEach(checkText);
    return workers === 0
      ? texts.map((text) => this.#ids(text, parsed))
      : await encodeOnWorkers(texts, this.job(), { workers, ...parsed }, (...given) => this.#ids(...given));
  }

  #ids(text: string, { bos, eos, special, exact }: EncodeOptions): Uint32Array<ArrayBuffer> {
    checkText(text);
    const codec = this.#engine.codec;
    const ids = exact ? encodeExactly(codec, text) : special ? codec.encodeSpecial(text) : codec.encode(text);
    if (bos) ids.unshift(this.#need("bos"));
    if (eos) ids.push(this.#need("eos"));
    return new Uint32Array(ids);
  }

  #need(role: "bos" | "eos"): number {
    if (this.#engine.roles[role] >= 0) return this.#engine.roles[role];
    throw new ConfigError(`Cannot add ${role.toUpperCase()}: the vocabulary has no such token`, {
      path: `encode.${role}`,
    });
  }

  #known(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < this.vocabSize) return id;
    throw new ConfigError(
      `Cannot decode: an id must be a whole number below ${this.vocabSize}, current value is ${show(id)}`,
      { value: id },
    );
  }
}

function checkText(text: string): void {
  if (typeof text !== "string") throw new ConfigError(`Cannot encode ${show(text)}: it must be a string`);
}

/** The tokenizer that a worker was sent. */
export function sentTokenizer({ json, config }: { json: unknown; config: TokenizerConfig }): Tokenizer {
  return Tokenizer.fromJSON(json, config);
}
