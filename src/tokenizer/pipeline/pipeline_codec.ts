/**
 * The general codec: any tokenizer.json, step by step as Hugging Face's Rust library `tokenizers` goes.
 *
 * Added tokens are found first, then each text between them is normalised, split into words and encoded. The user's
 * text never becomes a control token: those are found only where the caller allows it.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { type AddedToken, AddedTokens, type Allows } from "../added_tokens.ts";
import {
  type Codec,
  type DecodeOptions,
  type EncodedSection,
  type MayMark,
  type Place,
  type StreamDecoder,
  WHOLE,
} from "../codec.ts";
import { isControl, type TokenizerConfig } from "../files/tokenizer_config.ts";
import type { TokenizerJson } from "../files/tokenizer_json.ts";
import { ownCopy } from "../llama/pretokenize.ts";
import { type DecoderMaker, decoderOf } from "./decoders.ts";
import { modelOf } from "./models.ts";
import { type Normalizer, normalizerOf } from "./normalizers.ts";
import { type PreTokenizer, preTokenizerOf } from "./pre_tokenizers.ts";
import type { WordModel } from "./word_model.ts";

/** The most words in the cache, which is emptied when it is full, and the longest of them in UTF-16 units. */
const CACHE_WORDS = 2 ** 16;
const MAX_CACHED_LENGTH = 64;

/** The ids of a text between two added tokens; `spells` is true when its words spell a control token. */
interface Encoded {
  ids: number[];
  spells: boolean;
}

/** A codec that follows the steps of a tokenizer.json. */
export class PipelineCodec implements Codec {
  readonly name = "pipeline";
  readonly size: number;
  #tokens: string[] = [];
  #shown: string[] = [];
  #ids = new Map<string, number>();
  #special: ReadonlySet<number>;
  #controls: ReadonlySet<number>;
  #hasOrdinary: boolean;
  #raw: AddedTokens;
  #normalised: AddedTokens;
  #normalise: Normalizer;
  #split: PreTokenizer;
  #model: WordModel;
  #cache = new Map<string, readonly number[]>();
  #decoder: DecoderMaker;

  /**
   * Makes a codec from the contents of tokenizer.json and tokenizer_config.json.
   *
   * @throws {FormatError} naming the part of the file that is not supported
   */
  constructor(json: TokenizerJson, config: TokenizerConfig, file: string) {
    const added = json.added_tokens;
    this.#normalise = normalizerOf(json.normalizer, file);
    this.#split = preTokenizerOf(json.pre_tokenizer, file);
    this.#model = modelOf(json, file);
    for (const [token, id] of this.#model.vocab) this.#tokens[id] = token, this.#ids.set(token, id);
    for (const { content, id } of added) this.#tokens[id] = content, this.#ids.set(content, id);
    this.size = this.#tokens.length;
    this.#shown = [...this.#tokens];
    this.#special = new Set(added.filter((token) => token.special).map((token) => token.id));
    const controls = added.filter((token) => isControl(token, config));
    this.#controls = new Set(controls.map((token) => token.id));
    this.#hasOrdinary = controls.length < added.length;
    const isNormalised = (token: AddedToken) =>
      json.normalizer !== null && (token.normalized ?? !token.special);
    this.#raw = new AddedTokens(added.filter((token) => !isNormalised(token)));
    const normal = (text: string) => this.#normalise(text, false);
    this.#normalised = new AddedTokens(added.filter(isNormalised), normal);
    for (const token of added.filter(isNormalised)) this.#shown[token.id] = normal(token.content);
    const isBpe = (json.model.type ?? "BPE") === "BPE" && !Array.isArray(json.model.vocab);
    this.#decoder = decoderOf(json.decoder, config.clean_up_tokenization_spaces === true && !isBpe, file);
  }

  encode(text: string, continues = false, bare = false): number[] {
    const place = { opens: true, continues };
    const sections = this.#hasOrdinary && !bare
      ? this.#sections(text, ({ id }) => !this.#controls.has(id), place)
      : [this.#ordinary(text, place, nowhere)];
    if (sections.some(({ spells }) => spells)) return this.#encodeSplit(text, place);
    return sections.length === 1 ? sections[0].ids : sections.flatMap(({ ids }) => ids);
  }

  encodeSpecial(text: string): number[] {
    return this.#sections(text, () => true, WHOLE).flatMap((section) => section.ids);
  }

  encodeMarked(text: string, mayMark: MayMark, place: Place): EncodedSection[] {
    const allows: Allows = ({ id }, from, to) => !this.#controls.has(id) || mayMark(from, to);
    return this.#sections(text, allows, place).map(({ spells, ...section }) => {
      const { from, to } = section;
      if (!spells || mayMark(from, to)) return section;
      return { ...section, ids: this.#encodeSplit(text.slice(from, to), placeAt(from, place)) };
    });
  }

  decode(ids: Iterable<number>, options: DecodeOptions): string {
    const decoder = this.decoder(options);
    const parts: string[] = [];
    for (const id of ids) parts.push(decoder.push(id));
    parts.push(decoder.end());
    return parts.join("");
  }

  decoder({ special = false, continues = false }: DecodeOptions): StreamDecoder {
    let text = "";
    const emit = (part: string) => void (text += part);
    let step = this.#decoder(continues, emit);
    const taken = () => {
      const whole = text;
      text = "";
      return whole;
    };
    return {
      push: (id) => {
        const token = this.#shown[id];
        if (token !== undefined && (special || !this.#special.has(id))) step.push(token);
        return taken();
      },
      end: () => {
        step.end();
        step = this.#decoder(continues, emit);
        return taken();
      },
    };
  }

  tokenOf(id: number): string | undefined {
    return this.#tokens[id];
  }

  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  /** Encodes a text section by section: an added token that `allows` accepts, or the text between two. */
  #sections(text: string, allows: Allows, place: Place): (EncodedSection & Encoded)[] {
    return this.#raw.split(text, allows).map(({ from, to, id }) => {
      if (id !== undefined) return { from, to, id, ids: [id], spells: false };
      const here: Allows = (token, first, last) => allows(token, from + first, from + last);
      return { from, to, ...this.#ordinary(text.slice(from, to), placeAt(from, place), here) };
    });
  }

  /** Encodes the text between two raw tokens; `allows` decides on the tokens that are matched in its normalised form. */
  #ordinary(text: string, place: Place, allows: Allows): Encoded {
    const ids: number[] = [];
    const normal = this.#normalise(text.toWellFormed(), place.continues);
    if (this.#normalised.isEmpty) return { ids, spells: this.#words(normal, place, ids) };
    const lengthOf = (to: number) =>
      this.#normalise(text.slice(0, to).toWellFormed(), place.continues).length;
    const accepts: Allows = (token, from, to) => {
      const first = lastWhere(text.length, (at) => lengthOf(at) <= from);
      return allows(token, first, firstWhere(text.length, (at) => lengthOf(at) >= to));
    };
    let spells = false;
    for (const { from, to, id } of this.#normalised.split(normal, accepts)) {
      if (id !== undefined) ids.push(id);
      else if (this.#words(normal.slice(from, to), placeAt(from, place), ids)) spells = true;
    }
    return { ids, spells };
  }

  /** Appends the ids of the words of a normalised text to `ids`, and returns true when they spell a control token. */
  #words(text: string, place: Place, ids: number[]): boolean {
    if (text === "") return false;
    const start = ids.length;
    for (const word of this.#split(text, place)) {
      const parts = this.#model.staysInWords ? word.split(BEFORE_SPACES) : [word];
      for (const part of parts) for (const id of this.#word(part)) ids.push(id);
    }
    for (let i = start; i < ids.length; i++) if (this.#isForged(ids[i])) return true;
    return false;
  }

  #word(word: string): readonly number[] {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const ids = this.#model.encode(word);
    if (word.length > MAX_CACHED_LENGTH) return ids;
    if (this.#cache.size >= CACHE_WORDS) this.#cache.clear();
    this.#cache.set(ownCopy(word), ids);
    return ids;
  }

  /** Returns true for a control token, which no user's text may become. */
  #isForged(id: number): boolean {
    return this.#controls.has(id) && id !== this.#model.unknown;
  }

  /** Encodes a text whose plain encoding contains a control token: splits the names of all in it in two. */
  #encodeSplit(text: string, place: Place): number[] {
    const cuts = new Set<number>();
    for (const id of this.#controls) {
      const name = this.#tokens[id];
      for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
        cuts.add(at + [...name][0].length);
      }
    }
    const places = [0, ...[...cuts].sort((a, b) => a - b), text.length];
    const parts = places.slice(1).map((to, i) => text.slice(places[i], to)).filter((part) => part !== "");
    const encoded = parts.map((part, i) => this.#ordinary(part, i === 0 ? place : CONTINUED, nowhere));
    if (!encoded.some(({ spells }) => spells)) return encoded.flatMap(({ ids }) => ids);
    throw new ConfigError(
      "Cannot encode the text: this tokenizer encodes a part of it as a special token in every case",
    );
  }
}

/** The place of a text behind other text. */
const CONTINUED: Place = { opens: false, continues: true };

/** The place in front of each run of U+2581. */
const BEFORE_SPACES = /(?<!\u2581)(?=\u2581)/;

function nowhere(): boolean {
  return false;
}

/** Returns the place of a section that begins at unit `from` of a text at `place`. */
function placeAt(from: number, place: Place): Place {
  return from === 0 ? place : { opens: false, continues: false };
}

/** Returns the last number up to `end` for which `holds`, which is true up to some number and false behind it. */
function lastWhere(end: number, holds: (at: number) => boolean): number {
  return firstWhere(end + 1, (at) => !holds(at)) - 1;
}

/** Returns the first number for which `holds`, which is false up to some number and true behind it; else `end`. */
function firstWhere(end: number, holds: (at: number) => boolean): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
