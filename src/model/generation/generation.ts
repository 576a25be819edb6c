/**
 * A text that is being generated: pieces as they come, or the whole.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { parseOptions } from "../../base/schema.ts";
import { Displayable, interruptible, Live, type Picture } from "../../display/mod.ts";
import { Continuation, type FinishReason, type GenerateOptions, generateSchema } from "./continuation.ts";
import { Decoder } from "./decoder.ts";
import type { ModelState } from "../model_state.ts";

/**
 * A generation: nothing runs before it is read. Iterate over it for pieces of text (never half a character), or take
 * `text()` or `ids()`; several readers see the same text. Breaking off a loop ends the generation.
 */
export class Generation extends Displayable implements AsyncIterable<string> {
  #model: ModelState;
  #text: Continuation;
  #signal?: AbortSignal;
  #pieces: string[] = [];
  #source?: AsyncGenerator<string>;
  #turn: Promise<unknown> = Promise.resolve();
  #done = false;
  #failure?: { reason: unknown };

  /** Prepares a generation after `prompt`: a text that goes on, or an answer; use `model.generate` and `model.chat`. */
  constructor(model: ModelState, prompt: Uint32Array, given: GenerateOptions = {}, answers = false) {
    super();
    const { signal, ...drawing } = parseOptions(generateSchema, given, "generate");
    this.#model = model;
    this.#signal = signal;
    this.#text = new Continuation(model, prompt, drawing, answers);
  }

  /** Pieces of text as they come. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    let i = 0;
    try {
      while (await this.#has(i)) yield this.#pieces[i++];
    } finally {
      if (!this.#done) await this.#end(); // the reader broke off
    }
  }

  /** True once piece `i` exists; false at the end of the text. One reader at a time asks for more. */
  #has(i: number): Promise<boolean> {
    const next = this.#turn.then(() =>
      interruptible(this.#signal, async (signal) => {
        while (i >= this.#pieces.length && !this.#done) {
          signal?.throwIfAborted();
          this.#source ??= this.#generate();
          const { value, done } = await this.#source.next();
          if (done) this.#done = true;
          else this.#pieces.push(value);
        }
        if (this.#failure && i >= this.#pieces.length) throw this.#failure.reason;
        return i < this.#pieces.length;
      })
    );
    this.#turn = next.catch(async (reason) => {
      this.#failure ??= { reason };
      await this.#end();
    });
    return next;
  }

  async #end(): Promise<void> {
    this.#done = true;
    await this.#source?.return(undefined);
  }

  /** The token loop. Yields text where there is a tokenizer, and an empty piece a token where there is none. */
  async *#generate(): AsyncGenerator<string> {
    const text = this.#text;
    const silent = this.#model.tokenizer === undefined;
    const decoder = new Decoder(this.#model, 1, text.length);
    try {
      await decoder.start(0, text.prompt);
      while (text.finish === undefined) {
        this.#signal?.throwIfAborted();
        const [logits] = await decoder.next([text.last]);
        const piece = text.take(logits);
        if (piece || silent && text.finish !== "eos") yield piece;
      }
      const rest = text.end();
      if (rest) yield rest;
    } finally {
      decoder.dispose();
    }
  }

  /** The whole text, without the prompt. */
  async text(): Promise<string> {
    this.#needText();
    await this.#all();
    return this.#pieces.join("");
  }

  /** The generated ids, without the prompt and without the end-of-sequence token. */
  async ids(): Promise<Uint32Array> {
    await this.#all();
    return Uint32Array.from(this.#text.ids);
  }

  async #all(): Promise<void> {
    for (let i = 0; await this.#has(i); i++);
  }

  #needText(): void {
    const { tokenizer, name } = this.#model;
    if (tokenizer) return;
    throw new ConfigError(
      `Cannot give text: the model "${name}" has no tokenizer. Use ids(), or Model.create(..., { tokenizer })`,
    );
  }

  /** Why the text ended, once it did. */
  get finish(): FinishReason | undefined {
    return this.#text.finish;
  }

  /** Shows the text while it is written. */
  override async show(): Promise<void> {
    const live = new Live();
    for (let i = 0; await this.#has(i); i++) live.update({ picture: () => this.picture() });
    await live.end({ picture: this.picture() });
  }

  /** The text so far. */
  picture(): Picture {
    const text = this.#model.tokenizer ? this.#pieces.join("") : `[${this.#text.ids.join(", ")}]`;
    return { text: text || "(not generated yet: await generation.text() or generation.show())" };
  }
}
