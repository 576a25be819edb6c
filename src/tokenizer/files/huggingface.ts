/**
 * The general codec: any tokenizer.json, through `@huggingface/tokenizers`.
 *
 * That library recognises special tokens in every text, so user text goes to a second instance that has none.
 *
 * @module
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { ConfigError, FormatError } from "../../base/errors.ts";
import type { Codec, DecodeOptions, StreamDecoder } from "../codec.ts";
import { splitSpecial } from "../special.ts";
import type { TokenizerConfig } from "./tokenizer_config.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** The most ids that wait for the end of an incomplete character. */
const MAX_PENDING = 8;

/** A codec on the library. The library cannot continue a text: each text is encoded as a new one. */
export class HuggingFaceCodec implements Codec {
  readonly name = "@huggingface/tokenizers";
  readonly size: number;
  #withSpecial: Library;
  #withoutSpecial: Library;
  #special: Map<string, number>;
  #specialIds: Set<number>;
  #unknown: number | undefined;
  #cleanUp: boolean;
  #file: string;

  /**
   * Makes a codec from the contents of tokenizer.json and tokenizer_config.json.
   *
   * @throws {FormatError} for a tokenizer that the library does not support
   */
  constructor(json: TokenizerJson, config: TokenizerConfig, file: string) {
    const special = json.added_tokens.filter((token) => token.special);
    try {
      this.#withSpecial = new Library(json, config);
      this.#withoutSpecial = new Library(
        { ...json, added_tokens: json.added_tokens.filter((t) => !t.special) },
        config,
      );
    } catch (cause) {
      throw new FormatError(`Cannot use the tokenizer: ${(cause as Error).message}`, { file, cause });
    }
    this.#file = file;
    this.size = 0;
    for (const id of this.#withSpecial.get_vocab().values()) this.size = Math.max(this.size, id + 1);
    this.#special = new Map(special.map((token) => [token.content, token.id]));
    this.#specialIds = new Set(this.#special.values());
    const { unk_token, unk_id } = json.model;
    this.#unknown = unk_token ? this.idOf(unk_token) : Number(unk_id ?? -1);
    this.#cleanUp = config.clean_up_tokenization_spaces ?? false;
  }

  encode(text: string): number[] {
    const ids = this.#ids(this.#withoutSpecial, text);
    return ids.some((id) => this.#isControl(id)) ? this.#encodeSplit(text) : ids;
  }

  encodeSpecial(text: string): number[] {
    return this.#ids(this.#withSpecial, text);
  }

  decode(ids: Iterable<number>, { special = false, continues = false }: DecodeOptions): string {
    const kept = special ? [...ids] : [...ids].filter((id) => !this.#specialIds.has(id));
    if (kept.length === 0) return "";
    const text = (list: number[]) =>
      this.#guard(() => this.#withSpecial.decode(list, { clean_up_tokenization_spaces: this.#cleanUp }));
    // The first token of a text may lose its space: decode with one more token in front, and remove that one's text.
    return continues ? text([kept[0], ...kept]).slice(text([kept[0]]).length) : text(kept);
  }

  decoder({ special = false, continues = false }: DecodeOptions): StreamDecoder {
    let decoded: number[] = [];
    let pending: number[] = [];
    const textOf = (ids: number[]) =>
      this.decode(ids, { special, continues: continues && decoded.length === 0 });
    const flush = () => {
      const before = decoded.length === 0 ? "" : this.decode(decoded, { special });
      const text = textOf([...decoded, ...pending]).slice(before.length);
      decoded = pending.length === 0 ? decoded : pending;
      pending = [];
      return text;
    };
    return {
      push: (id) => {
        if (this.isSpecial(id) && !special) return "";
        pending.push(id);
        const incomplete = textOf([...decoded, ...pending]).endsWith("\uFFFD");
        return incomplete && pending.length < MAX_PENDING ? "" : flush();
      },
      end: () => {
        const text = flush();
        decoded = [];
        return text;
      },
    };
  }

  tokenOf(id: number): string | undefined {
    return this.#withSpecial.id_to_token(id);
  }

  idOf(token: string): number | undefined {
    return this.#withSpecial.token_to_id(token);
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id);
  }

  #ids(library: Library, text: string): number[] {
    return text === "" ? [] : this.#guard(() => library.encode(text, { add_special_tokens: false }).ids);
  }

  /** Calls the library, which finds some errors of a file only then, and wraps what it throws. */
  #guard<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw new FormatError(`Cannot use the tokenizer: ${(cause as Error).message}`, {
        file: this.#file,
        cause,
      });
    }
  }

  #isControl(id: number): boolean {
    return this.#specialIds.has(id) && id !== this.#unknown;
  }

  /** Encodes a text whose plain encoding contains a special token (Unigram spells them): splits each one in two. */
  #encodeSplit(text: string): number[] {
    const parts: string[] = [""];
    for (const { text: part, id } of splitSpecial(text, this.#special)) {
      const end = parts.length - 1;
      const [first] = part;
      if (id === undefined) parts[end] += part;
      else parts[end] += first, parts.push(part.slice(first.length));
    }
    const ids = parts.flatMap((part) => this.#ids(this.#withoutSpecial, part));
    if (!ids.some((id) => this.#isControl(id))) return ids;
    throw new ConfigError(
      "Cannot encode the text: this tokenizer encodes a part of it as a special token in every case",
    );
  }
}
