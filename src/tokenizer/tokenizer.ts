/**
 * `Tokenizer`, the conversion of text to token ids and back [paper 2.1]; the work is done by the files beside it.
 *
 * @module
 */
import type { ChatEncoding, Encoder, Message } from "../base/encoder.ts";
import { ConfigError } from "../base/errors.ts";
import { withFiles } from "../base/file_problem.ts";
import { type Job, jobOf } from "../base/job.ts";
import { checkPath, parseOptions, show, wrongArgument } from "../base/schema.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { Help } from "../display/help.ts";
import { interruptible } from "../display/interrupt.ts";
import { encodeOnWorkers } from "./encode_on_workers.ts";
import { encodeChat, noTemplate } from "./chat/chat.ts";
import { ChatTemplate } from "./chat/chat_template.ts";
import type { DecodeOptions, StreamDecoder } from "./codec.ts";
import { encodeLossless } from "./encode_lossless.ts";
import { checkEosIds, coreOf, factsPicture, templateTokens, tokenizerFingerprint } from "./tokenizer_core.ts";
import type { TokenizerCore, TokenizerFacts } from "./tokenizer_core.ts";
import { filesOf, readTokenizerFiles, writeModelFile, writeTokenizerFiles } from "./files/files.ts";
import type { TokenizerFiles } from "./files/files.ts";
import { checkMessages } from "./chat/messages.ts";
import { batchSchema, chatSchema, decodeSchema, encodeSchema, statsSchema } from "./options.ts";
import type { BatchOptions, ChatOptions, EncodeOptions, StatsOptions } from "./options.ts";
import type { Piece } from "./llama/pieces.ts";
import { countTokens, type TokenStats } from "./vocabulary_fit.ts";
import type { TemplateName } from "./chat/templates.ts";
import { type TokenView, viewOf } from "./token_view.ts";
import { templateOf, type TokenizerConfig, tokenizerConfig } from "./files/tokenizer_config.ts";
import { tokenizerJson, vocabularyPieces } from "./files/tokenizer_json.ts";
import type { Texts } from "./texts.ts";
import helpTexts from "./tokenizer_help.json" with { type: "json" };
import { learnPieces, type TrainOptions } from "./training/train.ts";
import { sentencePieceBytes } from "./files/write_sentencepiece.ts";

/**
 * A vocabulary that converts text to token ids and back. It is immutable.
 *
 * ```ts
 * import { Dataset, Tokenizer } from "@llamero/sdk";
 *
 * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(20), { vocabSize: 512 });
 * const ids = tokenizer.encode("Call me Ishmael.", { bos: true });
 * console.log(ids, tokenizer.decode(ids));
 * ```
 */
export class Tokenizer extends Displayable implements Encoder {
  #core: TokenizerCore;
  #template: ChatTemplate | undefined;
  #fingerprint: string | undefined;
  #eosIds: readonly number[];

  private constructor(
    core: TokenizerCore,
    template: string | undefined,
    eosIds: readonly number[] = [core.roles.eos],
  ) {
    super();
    this.#core = core;
    this.#eosIds = [...new Set(eosIds)].filter((id) => id >= 0);
    if (template !== undefined) this.#template = new ChatTemplate(template, templateTokens(core));
  }

  /**
   * Lists the verbs, or explains one with its options, their defaults and where these come from.
   *
   * ```ts
   * import { Tokenizer } from "@llamero/sdk";
   *
   * await Tokenizer.help().show();
   * await Tokenizer.help("train").show();
   * ```
   *
   * @throws {ConfigError} for a verb that it does not have
   */
  static help(verb?: string): Help {
    return new Help(helpTexts, verb);
  }

  /**
   * Learns a vocabulary from texts (strings, or records with a `text`, such as a `Dataset`): SentencePiece-style
   * byte-pair encoding with LLaMA's settings. The result is deterministic and does not depend on the order of the
   * texts.
   *
   * ```ts
   * import { Dataset, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(20), { vocabSize: 512 });
   * console.log(tokenizer.vocabSize, tokenizer.tokenOf(300));
   * ```
   *
   * @throws {ConfigError} for an unknown option, or a `vocabSize` too small for the characters of the corpus or too
   * large for it; the message names the limit
   * @throws {DataError} for an empty corpus or a record without a text
   */
  static async train(texts: Texts, options: TrainOptions = {}): Promise<Tokenizer> {
    return Tokenizer.fromPieces(await learnPieces(texts, options));
  }

  /**
   * Reads a tokenizer.json, a SentencePiece `tokenizer.model`, or a folder with one of them.
   *
   * ```ts
   * import { Tokenizer } from "@llamero/sdk";
   *
   * const trained = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * const folder = await Deno.makeTempDir();
   * await trained.save(folder);
   * const tokenizer = await Tokenizer.load(folder);
   * console.log(tokenizer.encode("the llama"));
   * ```
   *
   * @throws {FormatError} when there is no such file, or naming what is wrong in it
   */
  static async load(path: string): Promise<Tokenizer> {
    const read = async () => Tokenizer.#from(await readTokenizerFiles(path));
    return await withFiles(`load a tokenizer from ${path}`, "Tokenizer.load", read);
  }

  /**
   * Makes a tokenizer from a SentencePiece-like vocabulary, such as that of a GGUF file; a piece's id is its
   * position.
   */
  static fromPieces(pieces: readonly Piece[]): Tokenizer {
    return Tokenizer.#from({ json: tokenizerJson(pieces), config: {}, file: "tokenizer.json" });
  }

  /**
   * Makes a tokenizer from a parsed tokenizer.json and tokenizer_config.json.
   *
   * @throws {FormatError} naming what is wrong in them
   */
  static fromJSON(json: unknown, config: TokenizerConfig = {}): Tokenizer {
    return Tokenizer.#from(filesOf(json, config));
  }

  static #from(files: TokenizerFiles): Tokenizer {
    return new Tokenizer(coreOf(files), templateOf(files.config));
  }

  /** Number of ids; every id is smaller. */
  get vocabSize(): number {
    return this.#core.codec.size;
  }

  /** Id that opens a document; -1 where the vocabulary has none. */
  get bosId(): number {
    return this.#core.roles.bos;
  }

  /** Id that closes a document and an answer; -1 where the vocabulary has none. */
  get eosId(): number {
    return this.#core.roles.eos;
  }

  /** Id for characters that the vocabulary cannot represent; -1 where it has none. */
  get unkId(): number {
    return this.#core.roles.unk;
  }

  /** Id that fills short rows; -1 where the vocabulary has none, as in LLaMA's. */
  get padId(): number {
    return this.#core.roles.pad;
  }

  /**
   * True when a text gets BOS in front before a model reads it: where the post-processor of tokenizer.json adds one, or
   * `add_bos_token` of a SentencePiece model. False where the vocabulary has no BOS.
   */
  get addsBos(): boolean {
    return this.#core.addsBos;
  }

  /** Ids that end a text: EOS, and those that {@linkcode withEosIds} added. */
  get eosIds(): readonly number[] {
    return this.#eosIds;
  }

  /** Ids that end an answer: those of `eosIds`, and the tokens that the chat template puts behind answers. */
  get stopIds(): readonly number[] {
    return [...new Set([...this.#eosIds, ...this.#template?.endings() ?? []])];
  }

  /** Name of the chat template: that of a built-in one, `jinja` for any other, or null. */
  get template(): TemplateName | "jinja" | null {
    return this.#template?.name ?? null;
  }

  /** Jinja source of the chat template, or null. */
  get chatTemplate(): string | null {
    return this.#template?.source ?? null;
  }

  /** Hash of everything that the ids of a text or a conversation depend on, 32 hex digits. */
  get fingerprint(): string {
    return this.#fingerprint ??= tokenizerFingerprint(this.#core, this.#template);
  }

  /**
   * Encodes `text` to ids. By default no BOS or EOS is added, and no special token is recognised in the text. As in
   * SentencePiece, a literal U+2581 becomes a space and a lone surrogate U+FFFD, unless `exact` is true.
   *
   * ```ts
   * import { Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * console.log(tokenizer.encode("the llama"), tokenizer.encode("the llama", { bos: true, eos: true }));
   * ```
   *
   * @throws {ConfigError} for `bos` or `eos` when the vocabulary has no such token
   * @throws {DataError} with `exact`, for a text that `decode` could not return
   */
  encode(text: string, options: EncodeOptions = {}): Uint32Array<ArrayBuffer> {
    return this.#ids(text, parseOptions(encodeSchema, options, "encode"));
  }

  /** Encodes each of `texts`, in order. */
  encodeBatch(texts: readonly string[], options?: EncodeOptions): Uint32Array<ArrayBuffer>[];
  /** Encodes each of `texts`, in order, on workers: for many megabytes of text. */
  encodeBatch(texts: readonly string[], options: BatchOptions): Promise<Uint32Array<ArrayBuffer>[]>;
  encodeBatch(
    texts: readonly string[],
    options: EncodeOptions | BatchOptions = {},
  ): Uint32Array<ArrayBuffer>[] | Promise<Uint32Array<ArrayBuffer>[]> {
    if (!Array.isArray(texts)) throw wrongArgument("tokenizer.encodeBatch", "a list of texts", texts);
    const onWorkers = (options as BatchOptions)?.workers !== undefined;
    if (onWorkers) return this.#encodeOnWorkers(texts, options as BatchOptions);
    const parsed = parseOptions(encodeSchema, options, "encodeBatch");
    return texts.map((text) => this.#ids(text, parsed));
  }

  /**
   * Decodes `ids` to text; incomplete UTF-8 becomes U+FFFD. `decode(encode(text))` is `text` for every well-formed text
   * without U+2581, and with the option `exact` for every well-formed text.
   *
   * ```ts
   * import { Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * const ids = tokenizer.encode("the llama hums 🦙");
   * console.log(tokenizer.decode(ids), tokenizer.decode(ids.subarray(0, 1)));
   * ```
   *
   * @throws {ConfigError} for an id that is not in the vocabulary
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    if (ids === undefined || ids === null) throw wrongArgument("tokenizer.decode", "a list of ids", ids);
    const list = Array.from(ids, (id) => this.#checkId(id));
    return this.#core.codec.decode(list, parseOptions(decodeSchema, options, "decode"));
  }

  /** Returns a decoder of ids that come one by one; it never returns half a character. */
  decoder(options: DecodeOptions = {}): StreamDecoder {
    const inner = this.#core.codec.decoder(parseOptions(decodeSchema, options, "decoder"));
    return { push: (id) => inner.push(this.#checkId(id)), end: () => inner.end() };
  }

  /** Returns the token of `id` as the vocabulary writes it: `▁whale`, `<0x0A>`, `<s>`. */
  tokenOf(id: number): string {
    return this.#core.codec.tokenOf(this.#checkId(id)) ?? "";
  }

  /** Returns the id of a token as the vocabulary writes it, or undefined. */
  idOf(token: string): number | undefined {
    return this.#core.codec.idOf(token);
  }

  /** Returns true for the ids of control tokens, which are never text. */
  isSpecial(id: number): boolean {
    return this.#core.codec.isSpecial(id);
  }

  /**
   * Returns a tokenizer with the same vocabulary and another chat template.
   *
   * ```ts
   * import { Dataset, Tokenizer } from "@llamero/sdk";
   *
   * const trained = await Tokenizer.train(Dataset.sample("moby-dick").take(20), { vocabSize: 512 });
   * const tokenizer = trained.withTemplate("plain");
   * const messages = [{ role: "user", content: "Who are you?" }, { role: "assistant", content: "Ishmael." }] as const;
   * const { ids, mask } = tokenizer.chat(messages);
   * console.log(tokenizer.decode(ids), mask);
   * ```
   *
   * @param template `plain`, `llama-2`, `chatml`, or Jinja source
   * @throws {ConfigError} for an unknown name, Jinja with an error, or special tokens that the vocabulary lacks
   */
  withTemplate(template: TemplateName | (string & Record<never, never>)): Tokenizer {
    const changed = new Tokenizer(this.#core, template, this.#eosIds);
    changed.#template!.check();
    return changed;
  }

  /**
   * Returns a tokenizer in which `ids` end a text as EOS does, such as the `eos_token_id` of a generation_config.json;
   * they may lie beyond the vocabulary, as those of a larger model.
   *
   * @throws {ConfigError} for an id that is no whole number
   */
  withEosIds(ids: Iterable<number>): Tokenizer {
    return new Tokenizer(this.#core, this.#template?.source, [...this.#eosIds, ...checkEosIds(ids)]);
  }

  /**
   * Renders a conversation with the chat template and encodes it. Only the template's own text can become special
   * tokens; messages are ordinary text. `mask` is 1 on the tokens of answers and on the tokens that end them.
   *
   * ```ts
   * import { type Message, Tokenizer } from "@llamero/sdk";
   *
   * const trained = await Tokenizer.train(["why do llamas hum? they are calm. ".repeat(50)], { vocabSize: 290 });
   * const tokenizer = trained.withTemplate("plain");
   * const messages: Message[] = [
   *   { role: "user", content: "why do llamas hum?" },
   *   { role: "assistant", content: "they are calm." },
   * ];
   * const { ids, mask } = tokenizer.chat(messages);
   * console.log(tokenizer.decode(ids), mask);
   * ```
   *
   * @param options `generationPrompt: true` ends with the opening of the next answer. Without it, a conversation with
   * an answer counts as training data, which some Jinja templates do not allow.
   * @throws {ConfigError} without a template, or when no model can be trained on the template
   * @throws {DataError} for messages in a wrong order or of a wrong type
   */
  chat(messages: readonly Message[], options: ChatOptions = {}): ChatEncoding {
    const { generationPrompt } = parseOptions(chatSchema, options, "chat");
    const template = this.#template;
    if (template === undefined) throw noTemplate();
    checkMessages(messages, generationPrompt);
    const isTraining = !generationPrompt && messages.some(({ role }) => role === "assistant");
    const segments = template.render(messages, generationPrompt, isTraining);
    return encodeChat(segments, this.#core.codec, isTraining);
  }

  /**
   * Displays the facts of the tokenizer.
   *
   * ```ts
   * import { Dataset, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(20), { vocabSize: 512 });
   * await tokenizer.show();
   * await tokenizer.show("Call me Ishmael. 1851").show();
   * ```
   */
  override show(): Promise<void>;
  /** Returns the tokens of `text` as a picture: `await tokenizer.show("Call me Ishmael").show()`. */
  override show(text: string, options?: EncodeOptions): TokenView;
  override show(text?: string, options?: EncodeOptions): Promise<void> | TokenView {
    if (text === undefined) return super.show();
    return viewOf(this, text, this.encode(text, options));
  }

  /**
   * Counts tokens, bytes and words of `texts`, which are read once: bytes per token, tokens per word and more.
   *
   * @throws {DataError} for an empty corpus or a record without a text
   */
  async stats(texts: Texts, options: StatsOptions = {}): Promise<TokenStats> {
    const parsed = parseOptions(statsSchema, options, "stats");
    return await interruptible(parsed.signal, (signal) => countTokens(this, texts, signal));
  }

  /**
   * Writes tokenizer.json and tokenizer_config.json into the folder `path`; Python `transformers` and
   * `@huggingface/tokenizers` give the same ids with them. A path that ends in `.model` becomes a SentencePiece model
   * for Python `sentencepiece` and llama.cpp, without the chat template. Each file is written atomically.
   *
   * ```ts
   * import { Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * const folder = await Deno.makeTempDir();
   * await tokenizer.save(folder);
   * await tokenizer.save(`${folder}/tokenizer.model`);
   * for await (const { name } of Deno.readDir(folder)) console.log(name);
   * ```
   *
   * @throws {ConfigError} for a `.model` of a vocabulary for which SentencePiece would give other ids
   */
  async save(path: string): Promise<void> {
    const { files: { json, config }, roles } = this.#core;
    checkPath(path, "tokenizer.save");
    await withFiles(`save the tokenizer to ${path}`, "Tokenizer.save", async () => {
      if (path.endsWith(".model")) {
        return await writeModelFile(path, sentencePieceBytes(this.pieces(), json.model.merges ?? [], roles));
      }
      await writeTokenizerFiles(path, json, tokenizerConfig(json, roles, config, this.#template?.source));
    });
  }

  /**
   * Returns the vocabulary with kinds and scores, as a GGUF file stores it; a piece's id is its position.
   *
   * @throws {ConfigError} for a vocabulary that is not SentencePiece-like
   */
  pieces(): Piece[] {
    if (this.#core.codec.name === "llamero") return vocabularyPieces(this.#core.files.json);
    throw new ConfigError("Cannot list the pieces: this tokenizer is not LLaMA-style byte-pair encoding");
  }

  /** Returns the job that makes this tokenizer in a worker, without its chat template. */
  job(): Job {
    const { json, config } = this.#core.files;
    return jobOf(import.meta.url, { json, config }, tokenizerFromJob);
  }

  /** Returns the facts as plain data, without the vocabulary. */
  toJSON(): TokenizerFacts {
    return {
      vocabSize: this.vocabSize,
      special: Object.fromEntries(this.#core.special),
      template: this.template,
      codec: this.#core.codec.name,
      fingerprint: this.fingerprint,
    };
  }

  /** Draws the facts as a small table. */
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
      : await encodeOnWorkers(texts, this.job(), { workers, ...parsed }, (...args) => this.#ids(...args));
  }

  #ids(text: string, { bos, eos, special, exact }: EncodeOptions): Uint32Array<ArrayBuffer> {
    checkText(text);
    const codec = this.#core.codec;
    const ids = exact
      ? encodeLossless(codec, text)
      : special
      ? codec.encodeSpecial(text)
      : codec.encode(text);
    if (bos) ids.unshift(this.#requireRole("bos"));
    if (eos) ids.push(this.#requireRole("eos"));
    return new Uint32Array(ids);
  }

  #requireRole(role: "bos" | "eos"): number {
    if (this.#core.roles[role] >= 0) return this.#core.roles[role];
    throw new ConfigError(`Cannot add ${role.toUpperCase()}: the vocabulary has no such token`, {
      path: `encode.${role}`,
    });
  }

  #checkId(id: number): number {
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

/** Makes the tokenizer of a job in a worker. */
export function tokenizerFromJob({ json, config }: { json: unknown; config: TokenizerConfig }): Tokenizer {
  return Tokenizer.fromJSON(json, config);
}
