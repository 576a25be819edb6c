/**
 * A text that is being generated: pieces as they come, or the whole.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { Random } from "../base/random.ts";
import { parseOptions, type Same } from "../base/schema.ts";
import { Displayable, interruptible, Live, type Picture } from "../display/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { Decoder } from "./decoder.ts";
import type { ModelState } from "./state.ts";
import { sampleToken } from "./sampling.ts";
import { StopText } from "./stop_text.ts";

/** How to generate. */
export interface GenerateOptions {
  /** Most tokens to add (default 256; the context ends a text too). */
  maxTokens?: number;
  /** Divides the logits; 0 takes the most likely token every time (default 0.8, as in the paper's release). */
  temperature?: number;
  /** Keeps only the most likely tokens (default 0: all). */
  topK?: number;
  /** Keeps the most likely tokens until their mass passes this (default 0.95, as in the paper's release). */
  topP?: number;
  /** Seed of the draws (default 42). */
  seed?: number;
  /** Ends the text before the first of these strings. */
  stop?: string | string[];
  /** Ends the generation. */
  signal?: AbortSignal;
}

const options = z.strictObject({
  maxTokens: z.int().min(1).default(256),
  temperature: z.number().min(0).default(0.8),
  topK: z.int().min(0).default(0),
  topP: z.number().gt(0).max(1).default(0.95),
  seed: z.int().default(42),
  stop: z.union([z.string().min(1), z.array(z.string().min(1))]).default([]),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "expected an AbortSignal")
    .optional(),
});
true satisfies Same<keyof z.input<typeof options>, keyof GenerateOptions>;

/** Why a text ended: the model's end-of-sequence token, `maxTokens`, a stop string, or the end of the context. */
export type Finish = "eos" | "length" | "stop" | "context";

/**
 * A generation: nothing runs before it is read. Iterate over it for pieces of text (never half a character), or take
 * `text()` or `ids()`; several readers see the same text. Breaking off a loop ends the generation.
 */
export class Generation extends Displayable implements AsyncIterable<string> {
  #model: ModelState;
  #prompt: Uint32Array;
  #options: z.output<typeof options>;
  #pieces: string[] = [];
  #ids: number[] = [];
  #source?: AsyncGenerator<string>;
  #turn: Promise<unknown> = Promise.resolve();
  #finish?: Finish;
  #done = false;
  #failure?: { reason: unknown };

  /** Prepares a generation after `prompt`: a text that goes on, or an answer; use `model.generate` and `model.chat`. */
  constructor(
    model: ModelState,
    prompt: Uint32Array,
    given: GenerateOptions = {},
    private readonly answers = false,
  ) {
    super();
    this.#model = model;
    this.#prompt = prompt;
    this.#options = parseOptions(options, given, "generate");
    const { context } = model.config;
    if (prompt.length > context) {
      throw new ConfigError(
        `Cannot generate: the prompt has ${prompt.length} tokens, the model's context is ${context}. Shorten the prompt`,
      );
    }
    if (prompt.length === 0) {
      throw new ConfigError("Cannot generate: the prompt has no tokens, give at least one id");
    }
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
      interruptible(this.#options.signal, async (signal) => {
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
    const { maxTokens, signal, seed, stop } = this.#options, model = this.#model, random = new Random(seed);
    const filter = new StopText(stop), ends = new Set(this.#ends());
    const text = model.tokenizer?.decoder({ continues: !this.answers }); // a text that goes on keeps its first space
    const known = model.tokenizer?.vocabSize; // a padded vocabulary has ids that no token stands for
    const decoder = new Decoder(model);
    try {
      let logits = await decoder.feed(this.#prompt);
      for (;;) {
        signal?.throwIfAborted();
        const id = sampleToken(logits.subarray(0, known), this.#options, random);
        if (ends.has(id)) {
          this.#finish = "eos";
          break;
        }
        this.#ids.push(id);
        const piece = filter.push(text?.push(id) ?? "");
        if (piece || !text) yield piece;
        if (filter.stopped) this.#finish = "stop";
        else if (this.#ids.length >= maxTokens) this.#finish = "length";
        else if (decoder.past >= model.config.context) this.#finish = "context";
        if (this.#finish) break;
        logits = await decoder.feed([id]);
      }
      const rest = filter.push(text?.end() ?? "") + filter.end();
      if (rest) yield rest;
    } finally {
      decoder.dispose();
    }
  }

  /** The tokens that end the text: EOS, and for an answer what its template puts behind one. */
  #ends(): readonly number[] {
    const { tokenizer } = this.#model;
    if (!tokenizer) return [2];
    return this.answers ? tokenizer.stopIds : [tokenizer.eosId];
  }

  /** The whole text, without the prompt. */
  async text(): Promise<string> {
    this.#tokenizer();
    await this.#all();
    return this.#pieces.join("");
  }

  /** The generated ids, without the prompt and without the end-of-sequence token. */
  async ids(): Promise<Uint32Array> {
    await this.#all();
    return Uint32Array.from(this.#ids);
  }

  async #all(): Promise<void> {
    for (let i = 0; await this.#has(i); i++);
  }

  #tokenizer(): Tokenizer {
    const { tokenizer, name } = this.#model;
    if (tokenizer) return tokenizer;
    throw new ConfigError(
      `Cannot give text: the model "${name}" has no tokenizer. Use ids(), or Model.create(..., { tokenizer })`,
    );
  }

  /** Why the text ended, once it did. */
  get finish(): Finish | undefined {
    return this.#finish;
  }

  /** Shows the text while it is written. */
  override async show(): Promise<void> {
    const live = new Live();
    for (let i = 0; await this.#has(i); i++) live.update({ picture: () => this.picture() });
    await live.end({ picture: this.picture() });
  }

  /** The text so far. */
  picture(): Picture {
    const text = this.#model.tokenizer ? this.#pieces.join("") : `[${this.#ids.join(", ")}]`;
    return { text: text || "(not generated yet: await generation.text() or generation.show())" };
  }
}
