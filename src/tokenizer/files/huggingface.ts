/**
 * The slow path: any tokenizer.json, through `@huggingface/tokenizers`. That library reads special tokens out of every
 * text, so user text goes to a second instance that knows none.
 *
 * @module
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { ConfigError, FormatError } from "../../base/errors.ts";
import type { Codec, DecodeOptions, StreamDecoder } from "../codec.ts";
import { splitSpecial } from "../special.ts";
import type { TokenizerConfig } from "./tokenizer_config.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** Ids that are decoded together at most, while a character is incomplete. */
const WINDOW = 8;

/** Encodes and decodes as the library does. It has no way to continue a text: each is encoded as one of its own. */
export class HuggingFaceCodec implements Codec {
  readonly name = "@huggingface/tokenizers";
  readonly size: number;
  #full: Library;
  #plain: Library;
  #special: Map<string, number>;
  #specialIds: Set<number>;
  #unknown: number | undefined;
  #cleanUp: boolean;
  #file: string;

  /** @throws {FormatError} for a tokenizer that the library does not know */
  constructor(json: TokenizerJson, config: TokenizerConfig, file: string) {
    const special = json.added_tokens.filter((token) => token.special);
    try {
      this.#full = new Library(json, config);
      this.#plain = new Library(
        { ...json, added_tokens: json.added_tokens.filter((t) => !t.special) },
        config,
      );
    } catch (cause) {
      throw new FormatError(`Cannot use the tokenizer: ${(cause as Error).message}`, { file, cause });
    }
    this.#file = file;
    this.size = 0;
    for (const id of this.#full.get_vocab().values()) this.size = Math.max(this.size, id + 1);
    this.#special = new Map(special.map((token) => [token.content, token.id]));
    this.#specialIds = new Set(this.#special.values());
    const { unk_token, unk_id } = json.model;
    this.#unknown = unk_token ? this.idOf(unk_token) : Number(unk_id ?? -1);
    this.#cleanUp = config.clean_up_tokenization_spaces ?? false;
  }

  encode(text: string): number[] {
    const ids = this.#ids(this.#plain, text);
    return ids.some((id) => this.#isControl(id)) ? this.#encodeApart(text) : ids;
  }

  encodeSpecial(text: string): number[] {
    return this.#ids(this.#full, text);
  }

  decode(ids: Iterable<number>, { special = false, continues = false }: DecodeOptions): string {
    const kept = special ? [...ids] : [...ids].filter((id) => !this.#specialIds.has(id));
    if (kept.length === 0) return "";
    const text = (list: number[]) =>
      this.#guarded(() => this.#full.decode(list, { clean_up_tokenization_spaces: this.#cleanUp }));
    // What opens a text may lose its space: put a token in front and take its text away again.
    return continues ? text([kept[0], ...kept]).slice(text([kept[0]]).length) : text(kept);
  }

  decoder({ special = false, continues = false }: DecodeOptions): StreamDecoder {
    let shown: number[] = [];
    let held: number[] = [];
    const textOf = (ids: number[]) =>
      this.decode(ids, { special, continues: continues && shown.length === 0 });
    const flush = () => {
      const before = shown.length === 0 ? "" : this.decode(shown, { special });
      const text = textOf([...shown, ...held]).slice(before.length);
      shown = held.length === 0 ? shown : held;
      held = [];
      return text;
    };
    return {
      push: (id) => {
        if (this.isSpecial(id) && !special) return "";
        held.push(id);
        const incomplete = textOf([...shown, ...held]).endsWith("\uFFFD");
        return incomplete && held.length < WINDOW ? "" : flush();
      },
      end: () => {
        const text = flush();
        shown = [];
        return text;
      },
    };
  }

  tokenOf(id: number): string | undefined {
    return this.#full.id_to_token(id);
  }

  idOf(token: string): number | undefined {
    return this.#full.token_to_id(token);
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id);
  }

  #ids(library: Library, text: string): number[] {
    return text === "" ? [] : this.#guarded(() => library.encode(text, { add_special_tokens: false }).ids);
  }

  /** The library finds some faults of a file only when it is used. */
  #guarded<T>(run: () => T): T {
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

  /** The vocabulary itself spells a special token (Unigram does): break each one in the text in two. */
  #encodeApart(text: string): number[] {
    const parts: string[] = [""];
    for (const { text: part, id } of splitSpecial(text, this.#special)) {
      const end = parts.length - 1;
      const [first] = part;
      if (id === undefined) parts[end] += part;
      else parts[end] += first, parts.push(part.slice(first.length));
    }
    const ids = parts.flatMap((part) => this.#ids(this.#plain, part));
    if (!ids.some((id) => this.#isControl(id))) return ids;
    throw new ConfigError(
      "Cannot encode the text: this tokenizer reads a special token out of it in any case",
    );
  }
}
