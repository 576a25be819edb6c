/**
 * The file `tokenizer.json` of Hugging Face tokenizers: its type, and conversion from and to a list of pieces.
 *
 * @module
 */
import type { AddedToken } from "../added_tokens.ts";
import { BOS, byteNames, mergesOf, type Piece, type PieceKind, UNKNOWN } from "../llama/pieces.ts";
import { SPACE } from "../llama/pretokenize.ts";

/** A normalizer, pre-tokenizer, post-processor or decoder. */
export type Component = { type: string; [key: string]: unknown };

/** The model of a tokenizer.json. */
export interface ModelJson {
  /** Kind of the model: `BPE`, `Unigram` or `WordPiece`. */
  type?: string;
  /** Ids by token; for Unigram, tokens and scores in the order of their ids. */
  vocab: Record<string, number> | [string, number][];
  /** Merges of a BPE model, `"a b"` or `["a", "b"]`, best first. */
  merges?: (string | [string, string])[];
  /** The token for characters that the vocabulary cannot represent. */
  unk_token?: string | null;
  [key: string]: unknown;
}

/** The contents of a tokenizer.json. */
export interface TokenizerJson {
  /** Tokens that are matched in the text first. */
  added_tokens: AddedToken[];
  /** Changes to the text before it is encoded. */
  normalizer: Component | null;
  /** Split of the text into words. */
  pre_tokenizer: Component | null;
  /** Special tokens added around the ids by default. */
  post_processor: Component | null;
  /** Conversion of tokens to text. */
  decoder: Component | null;
  /** Vocabulary and encoding. */
  model: ModelJson;
  [key: string]: unknown;
}

/** Returns LLaMA's normalizer: spaces to U+2581, with `prefix` one more in front. */
export function llamaNormalizer(prefix: boolean): Component {
  const replace = { type: "Replace", pattern: { String: " " }, content: SPACE };
  const prepend = { type: "Prepend", prepend: SPACE };
  return { type: "Sequence", normalizers: prefix ? [prepend, replace] : [replace] };
}

/** Returns LLaMA's decoder: U+2581 to spaces, bytes to characters, with `prefix` the first space removed. */
export function llamaDecoder(prefix: boolean): Component {
  const decoders: Component[] = [
    { type: "Replace", pattern: { String: SPACE }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
  ];
  if (prefix) decoders.push({ type: "Strip", content: " ", start: 1, stop: 0 });
  return { type: "Sequence", decoders };
}

/**
 * Makes the tokenizer.json of a SentencePiece-like vocabulary. Other libraries add BOS by default when they read it.
 *
 * @param prefix true to put a space in front of every text
 * @param bos text of the control piece that opens a document
 */
export function tokenizerJson(pieces: readonly Piece[], prefix = true, bos = BOS): TokenizerJson {
  const added = pieces.flatMap((piece, id): AddedToken[] => {
    if (!["unknown", "control", "user"].includes(piece.kind)) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content: piece.text, ...plain, special: piece.kind !== "user" }];
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: llamaNormalizer(prefix),
    pre_tokenizer: null,
    post_processor: bosInFront(pieces, bos),
    decoder: llamaDecoder(prefix),
    model: {
      type: "BPE",
      dropout: null,
      unk_token: pieces.find((piece) => piece.kind === "unknown")?.text ?? UNKNOWN,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: pieces.some((piece) => piece.kind === "byte"),
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece.text, id])),
      merges: mergesOf(pieces).map((pair) => pair.join(" ")),
    },
  };
}

function bosInFront(pieces: readonly Piece[], token: string): Component | null {
  const id = pieces.findIndex(({ kind, text }) => text === token && (kind === "control" || kind === "user"));
  if (id < 0) return null;
  const bos = (type_id: number) => ({ SpecialToken: { id: token, type_id } });
  const part = (name: string, type_id: number) => ({ Sequence: { id: name, type_id } });
  return {
    type: "TemplateProcessing",
    single: [bos(0), part("A", 0)],
    pair: [bos(0), part("A", 0), bos(1), part("B", 1)],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

/**
 * Returns the pieces of a SentencePiece-like tokenizer.json, the reverse of {@linkcode tokenizerJson}. A piece's
 * score is minus the rank of its best merge; single characters, which no merge makes, come last.
 */
export function vocabularyPieces({ model, added_tokens }: TokenizerJson): Piece[] {
  const pieces: Piece[] = [];
  const bytes = new Set(model.byte_fallback ? byteNames() : []);
  const ranks = new Map<string, number>();
  for (const merge of model.merges ?? []) {
    const whole = typeof merge === "string" ? merge.replace(" ", "") : merge.join("");
    if (!ranks.has(whole)) ranks.set(whole, ranks.size);
  }
  let last = ranks.size;
  const ids = Object.entries(model.vocab as Record<string, number>).sort((a, b) => a[1] - b[1]);
  for (const [text, id] of ids) {
    const kind = bytes.has(text) ? "byte" : "normal";
    pieces[id] = { text, kind, score: kind === "byte" ? 0 : -(ranks.get(text) ?? last++) };
  }
  for (const { id, content, special } of added_tokens) {
    const kind: PieceKind = !special ? "user" : content === model.unk_token ? "unknown" : "control";
    pieces[id] = { text: content, kind, score: 0 };
  }
  return pieces;
}
