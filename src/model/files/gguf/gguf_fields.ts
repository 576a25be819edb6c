/**
 * The values of a GGUF file that describe a LLaMA, checked one by one.
 *
 * A value that would change the numbers of llama.cpp in a way that is not computed here is refused by its name.
 *
 * @module
 */
import { FormatError } from "../../../base/errors.ts";
import { show } from "../../../base/schema.ts";
import type { GgufValue } from "../../../formats/gguf/header.ts";

/** Values that change what llama.cpp computes, and the only one that is computed here. */
const NEEDED: Readonly<Record<string, GgufValue>> = {
  "llama.expert_count": 0,
  "llama.expert_used_count": 0,
  "llama.expert_group_count": 0,
  "llama.nextn_predict_layers": 0,
  "llama.attention.causal": true,
};

/** Reasons for some of these refusals. */
const REASONS: Readonly<Record<string, string>> = {
  "llama.expert_count": "it is a mixture of experts",
  "llama.attention.causal": "each token sees the later ones",
  "llama.nextn_predict_layers": "some blocks predict further tokens",
};

/** The values of a GGUF file by their names without `llama.`. */
export class GgufFields {
  readonly #values: ReadonlyMap<string, GgufValue>;
  readonly #file: string;

  /** Reads `values` of the file at `path`. */
  constructor(values: ReadonlyMap<string, GgufValue>, path: string) {
    this.#values = values;
    this.#file = path;
  }

  /**
   * Refuses the file.
   *
   * @throws {FormatError} with the reason
   */
  refuse(reason: string): never {
    throw new FormatError(`not a model this package can run: ${reason}`, { file: this.#file });
  }

  /**
   * Refuses models that are not LLaMAs, and parts of models.
   *
   * @throws {FormatError} naming the value
   */
  requireLlama(): void {
    const architecture = this.#values.get("general.architecture");
    const type = this.#values.get("general.type") ?? "model";
    if (type !== "model") this.refuse(`general.type is ${show(type)}, "model" is needed`);
    if (architecture !== "llama") {
      this.refuse(`general.architecture is ${show(architecture)}, "llama" is needed`);
    }
    for (const [name, needed] of Object.entries(NEEDED)) {
      const value = this.#values.get(name) ?? needed;
      const all = Array.isArray(value) ? value as readonly unknown[] : [value];
      if (all.every((each) => each === needed)) continue;
      const reason = REASONS[name] ? `: ${REASONS[name]}` : "";
      this.refuse(`${name} is ${show(value)}, ${show(needed)} is needed${reason}`);
    }
  }

  /**
   * Refuses a list of tokens, or a number of them, that does not match the embedding table.
   *
   * @throws {FormatError} naming the value
   */
  checkVocabulary(rows: number): void {
    const tokens = this.#values.get("tokenizer.ggml.tokens");
    const named = this.#values.get("llama.vocab_size") ?? rows;
    if (Array.isArray(tokens) && tokens.length !== rows) {
      this.refuse(`tokenizer.ggml.tokens has ${tokens.length} tokens, token_embd.weight ${rows} rows`);
    }
    if (tokens === undefined && named !== rows) {
      this.refuse(`llama.vocab_size is ${show(named)}, token_embd.weight has ${rows} rows`);
    }
  }

  /** Returns the value that `llama.NAME` holds. */
  get(name: string): GgufValue | undefined {
    return this.#values.get(`llama.${name}`);
  }

  /**
   * Returns a number above 0; a list of one number per block counts where all are equal.
   *
   * @throws {FormatError} naming the value
   */
  number(name: string, fallback?: number): number {
    const value = this.get(name) ?? fallback;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const [first] = list;
    if (list.some((each) => each !== first)) {
      return this.refuse(`llama.${name} is not the same in all blocks: ${show(value)}`);
    }
    return typeof first === "number" && first > 0 && Number.isFinite(first)
      ? first
      : this.refuse(`llama.${name} is missing or not a number above 0`);
  }

  /**
   * Returns a whole number above 0.
   *
   * @throws {FormatError} naming the value
   */
  count(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    return Number.isSafeInteger(value) ? value : this.refuse(`llama.${name} is ${value}, not a whole number`);
  }
}

/** Returns the shortest decimal of an f32: 1e-6 for 9.999999974752427e-7. */
export function decimal(value: number): number {
  const rounded = Number(value.toPrecision(7));
  return Math.fround(rounded) === value ? rounded : value;
}
