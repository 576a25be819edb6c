/**
 * A text that is being generated: read it in pieces as they come, or whole.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { throwIfAborted } from "../../base/together.ts";
import { Displayable, interruptible, Live, type Picture, withProgress } from "../../display/mod.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { Continuation, type FinishReason } from "./continuation.ts";
import { Decoder } from "./decoder.ts";
import { type GenerateOptions, samplingSettings } from "./sampling_settings.ts";

/** Milliseconds after which a reader of a greedy text should see its next tokens, and the most tokens at once. [ours] */
const blockMs = 100;
const maxBlock = 64;

/**
 * A generation; nothing runs before it is read. Iterate over it for pieces of text (never half a character), or take
 * `text()` or `ids()`; several readers see the same text. Leaving a loop early ends the generation.
 */
export class Generation extends Displayable implements AsyncIterable<string> {
  readonly #model: ModelState;
  readonly #continuation: Continuation;
  readonly #signal?: AbortSignal;
  readonly #pieces: string[] = [];
  #source?: AsyncGenerator<string>;
  #lastReader: Promise<unknown> = Promise.resolve();
  #done = false;
  #failure?: { reason: unknown };

  /**
   * Prepares a generation after `prompt`; use `model.generate` and `model.chat`.
   *
   * @param isAnswer true for an answer in a chat
   * @param trimmed number of messages that were left out of the prompt, since the context does not hold them
   * @throws {ConfigError} for an unknown option, or a prompt that is empty or too long
   */
  constructor(
    model: ModelHandle,
    prompt: Uint32Array,
    options: GenerateOptions = {},
    isAnswer = false,
    readonly trimmed: number = 0,
  ) {
    super();
    this.#model = stateOf(model);
    const settings = samplingSettings(model, options);
    this.#signal = options.signal;
    this.#continuation = new Continuation(model, prompt, settings, isAnswer);
  }

  /** Yields the pieces of text as they come. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    let i = 0;
    try {
      while (await this.#has(i)) yield this.#pieces[i++];
    } finally {
      if (!this.#done) await this.#end(); // the reader left the loop
    }
  }

  /** Resolves with true once piece `i` exists, and with false at the end of the text. Readers take turns. */
  #has(i: number): Promise<boolean> {
    const found = this.#lastReader.then(() =>
      interruptible(this.#signal, async (signal) => {
        while (i >= this.#pieces.length && !this.#done) {
          if (this.#model.group.size === 1) signal?.throwIfAborted(); // several ranks agree before each token
          this.#source ??= this.#generate();
          const { value, done } = await this.#source.next();
          if (done) this.#done = true;
          else this.#pieces.push(value);
        }
        if (this.#failure && i >= this.#pieces.length) throw this.#failure.reason;
        return i < this.#pieces.length;
      })
    );
    this.#lastReader = found.catch(async (reason) => {
      this.#failure ??= { reason };
      await this.#end();
    });
    return found;
  }

  async #end(): Promise<void> {
    this.#done = true;
    await this.#source?.return(undefined);
  }

  /** Runs the token loop. Yields text, or an empty piece per token for a model without a tokenizer. */
  async *#generate(): AsyncGenerator<string> {
    const continuation = this.#continuation;
    const hasText = this.#model.tokenizer !== undefined;
    const decoder = new Decoder(this.#model, 1, continuation.maxLength);
    try {
      await decoder.start(0, continuation.prompt);
      const pieces = continuation.isGreedy ? this.#greedyPieces(decoder) : this.#sampledPieces(decoder);
      for await (const piece of pieces) {
        if (piece || !hasText && continuation.finish !== "eos") yield piece;
      }
      const rest = continuation.end();
      if (rest) yield rest;
    } finally {
      decoder.dispose();
    }
  }

  /** Yields the text of each token, chosen here by the logits. */
  async *#sampledPieces(decoder: Decoder): AsyncGenerator<string> {
    const continuation = this.#continuation;
    while (continuation.finish === undefined) {
      await throwIfAborted(this.#model.group, this.#signal);
      const [logits] = await decoder.next([continuation.last]);
      yield continuation.take(logits);
    }
  }

  /**
   * Yields the text of each token, chosen on the GPU, several before each wait: a token that ends the text ends it here, and
   * those behind it are dropped. Processes that hold one model choose one at a time, as their clocks do not agree on more.
   */
  async *#greedyPieces(decoder: Decoder): AsyncGenerator<string> {
    const continuation = this.#continuation;
    for (let count = 1; continuation.finish === undefined;) {
      await throwIfAborted(this.#model.group, this.#signal);
      const start = performance.now();
      const steps = Math.min(count, continuation.remainingReads);
      const ids = await decoder.greedy([continuation.last], steps, continuation.choices);
      const ms = performance.now() - start;
      if (this.#model.group.size === 1) {
        count = ms < blockMs / 2
          ? Math.min(2 * count, maxBlock)
          : Math.max(1, Math.floor(count * blockMs / ms));
      }
      for (const id of ids) {
        yield continuation.accept(id);
        if (continuation.finish !== undefined) return;
      }
    }
  }

  /**
   * Generates the whole text. Returns it without the prompt.
   *
   * @throws {ConfigError} for a model without a tokenizer
   */
  async text(): Promise<string> {
    this.#requireText();
    await this.#readAll();
    return this.#pieces.join("");
  }

  /** Generates the whole text. Returns its ids, without the prompt and the end-of-sequence token. */
  async ids(): Promise<Uint32Array> {
    await this.#readAll();
    return Uint32Array.from(this.#continuation.ids);
  }

  async #readAll(): Promise<void> {
    await withProgress("generating", { unit: "tokens" }, async (progress) => {
      for (let i = 0; await this.#has(i); i++) progress.set(this.#continuation.ids.length);
    });
  }

  #requireText(): void {
    const { tokenizer, name } = this.#model;
    if (tokenizer) return;
    throw new ConfigError(
      `Cannot give text: the model "${name}" has no tokenizer. Use ids(), or Model.create(..., { tokenizer })`,
    );
  }

  /** The reason for the end of the text, once it ended. */
  get finish(): FinishReason | undefined {
    return this.#continuation.finish;
  }

  /** Shows the text while it is generated. */
  override async show(): Promise<void> {
    const live = new Live();
    for (let i = 0; await this.#has(i); i++) {
      if (live.kind !== "pipe") live.update({ picture: () => this.picture() });
    }
    await live.end({ picture: this.picture() });
  }

  /** The text so far. */
  picture(): Picture {
    const text = this.#model.tokenizer ? this.#pieces.join("") : `[${this.#continuation.ids.join(", ")}]`;
    return { text: text || "(not generated yet: await generation.text() or generation.show())" };
  }
}
