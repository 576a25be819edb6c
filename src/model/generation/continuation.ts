/**
 * One text as it is generated: the choice of its tokens, their text, and the reason for its end.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import { plural } from "../../display/mod.ts";
import type { StreamDecoder } from "../../tokenizer/mod.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { endIds } from "./prompt_ids.ts";
import { penalised, sampleToken } from "./sampling.ts";
import type { SamplingSettings } from "./sampling_settings.ts";
import { StopFilter } from "./stop_strings.ts";

/** The reason for the end of a text: the end-of-sequence token, `maxTokens`, a stop string, or the end of the context. */
export type FinishReason = "eos" | "length" | "stop" | "context";

/** The continuation of one prompt, token by token. */
export class Continuation {
  /** The ids so far, without the end-of-sequence token. */
  readonly ids: number[] = [];
  /** The reason for its end, once it ended. */
  finish?: FinishReason;
  readonly #model: ModelState;
  readonly #settings: SamplingSettings;
  readonly #random: Random;
  readonly #endIds: ReadonlySet<number>;
  readonly #stops: StopFilter;
  readonly #decoder?: StreamDecoder;

  /**
   * Begins after `prompt`.
   *
   * @param isAnswer true for an answer in a chat, which ends with the tokens that the template puts behind one
   * @throws {ConfigError} for a prompt without tokens, or one that does not fit the context
   */
  constructor(
    model: ModelHandle,
    readonly prompt: Uint32Array,
    settings: SamplingSettings,
    isAnswer: boolean,
  ) {
    const state = stateOf(model);
    const { tokenizer, config: { context } } = state;
    if (prompt.length > context) {
      throw new ConfigError(
        `Cannot generate: the prompt has ${prompt.length} tokens, the model's context is ${context}. Shorten the prompt`,
      );
    }
    if (prompt.length === 0) {
      throw new ConfigError("Cannot generate: the prompt has no tokens, give at least one id");
    }
    this.#model = state;
    const room = Math.max(1, (settings.maxLength ?? Infinity) - prompt.length);
    this.#settings = { ...settings, maxTokens: Math.min(settings.maxTokens, room) };
    this.#random = new Random(settings.seed);
    this.#endIds = endIds(state, isAnswer);
    this.#stops = new StopFilter(settings.stop);
    this.#decoder = tokenizer?.decoder({ continues: !isAnswer }); // a continued text keeps its first space
  }

  /** The id that the model reads next. */
  get last(): number {
    return this.ids.at(-1) ?? this.prompt[this.prompt.length - 1];
  }

  /** The largest number of positions that the model reads for this text. */
  get maxLength(): number {
    return Math.min(this.#model.config.context, this.prompt.length + this.#settings.maxTokens - 1);
  }

  /** The number of positions that the model may still read for this text. */
  get remainingReads(): number {
    return this.maxLength - this.prompt.length - this.ids.length + 1;
  }

  /** True where the most likely token is always taken. */
  get isGreedy(): boolean {
    return this.#settings.temperature === 0 && this.#settings.repetitionPenalty === 1;
  }

  /** The number of ids to choose from: those of a padded vocabulary go beyond the tokenizer's. */
  get choices(): number {
    const { tokenizer, config } = this.#model;
    return Math.min(tokenizer?.vocabSize ?? config.vocabSize, config.vocabSize);
  }

  /** The reason for its end in words, once it ended. */
  get finishText(): string | undefined {
    switch (this.finish) {
      case "eos":
        return "ended by itself (end-of-sequence token)";
      case "stop":
        return `ended at the stop string ${JSON.stringify(this.#stops.found)}`;
      case "length":
        return `ended at the limit of ${plural(this.#settings.maxTokens, "token")}`;
      case "context":
        return `ended with the context, ${plural(this.#model.config.context, "token")}`;
    }
    return undefined;
  }

  /** Chooses a token by the logits [V] after {@linkcode last}. Returns the text that is certain by now. */
  take(logits: Float32Array): string {
    const penalty = this.#settings.repetitionPenalty;
    const choices = penalised(logits.subarray(0, this.choices), penalty, this.prompt, this.ids);
    return this.accept(sampleToken(choices, this.#settings, this.#random));
  }

  /** Adds the token that was chosen after {@linkcode last}. Returns the text that is certain by now. */
  accept(id: number): string {
    if (this.#endIds.has(id)) {
      this.finish = "eos";
      return "";
    }
    const readTokens = this.prompt.length + this.ids.length;
    this.ids.push(id);
    const piece = this.#stops.push(this.#decoder?.push(id) ?? "");
    if (this.#stops.stopped) this.finish = "stop";
    else if (this.ids.length >= this.#settings.maxTokens) this.finish = "length";
    else if (readTokens >= this.#model.config.context) this.finish = "context";
    return piece;
  }

  /** Returns the text that was held back until the end. */
  end(): string {
    return this.#stops.push(this.#decoder?.end() ?? "") + this.#stops.end();
  }
}
