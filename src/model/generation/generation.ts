/**
 * A text that is being generated: read it in pieces as they come, or whole.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { throwIfAborted } from "../../base/together.ts";
import type { Message } from "../../base/encoder.ts";
import {
  Displayable,
  duration,
  interruptible,
  Live,
  openGrowingSink,
  type Picture,
  plural,
  rate,
  type Turn,
  turns,
  withProgress,
} from "../../display/mod.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { Continuation, type FinishReason } from "./continuation.ts";
import { Decoder } from "./decoder.ts";
import { type GenerateOptions, samplingSettings } from "./sampling_settings.ts";

/** Milliseconds after which a reader of a greedy text should see its next tokens, and the most tokens at once. [ours] */
const blockMs = 100;
const maxBlock = 64;

/** Seconds after which a pipe is told how far a text is. [ours] */
const pipeSeconds = 5;

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
  readonly #asked?: string | readonly Message[];
  /** Milliseconds spent on the text, without those in which nobody read. */
  #spent = 0;

  /**
   * Prepares a generation after `prompt`; use `model.generate` and `model.chat`.
   *
   * @param asked the text of the prompt, or the conversation in which the text is an answer
   * @param trimmed number of messages that were left out of the prompt, since the context does not hold them
   * @throws {ConfigError} for an unknown option, or a prompt that is empty or too long
   */
  constructor(
    model: ModelHandle,
    prompt: Uint32Array,
    options: GenerateOptions = {},
    asked?: string | readonly Message[],
    readonly trimmed: number = 0,
  ) {
    super();
    this.#model = stateOf(model);
    this.#asked = asked;
    const settings = samplingSettings(model, options);
    this.#signal = options.signal;
    this.#continuation = new Continuation(model, prompt, settings, Array.isArray(asked));
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
          const start = performance.now();
          const { value, done } = await this.#source.next();
          this.#spent += performance.now() - start;
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
    await withProgress("generating", { unit: "token" }, async (progress) => {
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

  /** Shows the prompt and the text while it is generated: in a notebook and a terminal as it grows, in a pipe at its end. */
  override async show(): Promise<void> {
    const live = new Live({ sink: openGrowingSink() });
    for (let i = 0; await this.#has(i); i++) {
      if (live.kind !== "pipe") live.update({ picture: () => this.picture() });
      else if (this.#spent > pipeSeconds * 1000) {
        live.update({
          picture: { text: "" },
          line: () => this.#facts(),
        });
      }
    }
    await live.end({ picture: this.picture() });
  }

  /** Draws the prompt, the text so far, its tokens and speed, and the reason for its end. */
  override picture(): Picture {
    return turns([...this.#prompt(), ...this.#text()], { note: this.#facts() });
  }

  #prompt(): Turn[] {
    const asked = this.#asked;
    if (Array.isArray(asked)) {
      return asked.map(({ role, content }: Message) => ({ role, parts: [{ text: content }] }));
    }
    const text = typeof asked === "string" ? asked : this.#written(this.#continuation.prompt);
    return text === "" ? [] : [{ role: "prompt", parts: [{ text }], keep: "end" }];
  }

  #text(): Turn[] {
    if (this.#source === undefined) return [];
    // The space between a prompt and its next word would only push the row to the right.
    const text = this.#model.tokenizer
      ? this.#pieces.join("").replace(/^ /, "")
      : this.#written(this.#continuation.ids);
    return [{ role: Array.isArray(this.#asked) ? "assistant" : "text", parts: [{ text }] }];
  }

  #written(ids: Iterable<number>): string {
    const { tokenizer } = this.#model;
    return tokenizer ? tokenizer.decode(ids) : `[${Array.from(ids).join(", ")}]`;
  }

  /** Returns the facts about the text in one line. */
  #facts(): string {
    if (this.#source === undefined) {
      return "(not generated yet: await generation.text() or generation.show())";
    }
    const { ids, finishText } = this.#continuation;
    const seconds = this.#spent / 1000;
    const speed = ids.length > 0 && seconds > 0
      ? ` in ${duration(seconds)}, ${rate(ids.length / seconds, "tokens")}`
      : "";
    const end = finishText ??
      (this.#failure ? "ended by an error" : this.#done ? "ended by its reader" : undefined);
    return `${plural(ids.length, "token")}${speed}${end === undefined ? "" : `; ${end}`}`;
  }

  /** Returns prompt, text, ids and the reason for the end as plain data. */
  toJSON(): {
    prompt: string | readonly Message[] | number[];
    text?: string;
    ids: number[];
    finish?: FinishReason;
    seconds: number;
  } {
    const { prompt, ids, finish } = this.#continuation;
    return {
      prompt: this.#asked ?? [...prompt],
      text: this.#model.tokenizer && this.#pieces.join(""),
      ids: [...ids],
      finish,
      seconds: this.#spent / 1000,
    };
  }
}
