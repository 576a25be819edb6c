/**
 * The file `tokenizer.json` of Hugging Face tokenizers: its shape, and the one that LLaMA's settings make.
 *
 * @module
 */
import { BOS, byteNames, mergesOf, type Piece, type PieceKind, UNKNOWN } from "../llama/pieces.ts";
import { SPACE } from "../llama/pretokenize.ts";

/** A token that is found in text before anything else happens to it. */
export interface AddedToken {
  /** Its id. */
  id: number;
  /** Its text. */
  content: string;
  /** Only as a whole word. */
  single_word?: boolean;
  /** Swallows spaces on its left. */
  lstrip?: boolean;
  /** Swallows spaces on its right. */
  rstrip?: boolean;
  /** Looked for after normalising. */
  normalized?: boolean;
  /** Control, not text. */
  special?: boolean;
}

/** A normalizer, pre-tokenizer, post-processor or decoder. */
export type Component = { type: string; [key: string]: unknown };

/** The model of a tokenizer.json. */
export interface ModelJson {
  /** `BPE`, `Unigram`, `WordPiece`. */
  type?: string;
  /** Tokens and their ids; an array of tokens and scores for Unigram. */
  vocab: Record<string, number> | [string, number][];
  /** Joins of a BPE model, `"a b"` or `["a", "b"]`, best first. */
  merges?: (string | [string, string])[];
  /** The token for what cannot be written. */
  unk_token?: string | null;
  [key: string]: unknown;
}

/** The contents of a tokenizer.json. */
export interface TokenizerJson {
  /** Tokens found in text first. */
  added_tokens: AddedToken[];
  /** What happens to a text first. */
  normalizer: Component | null;
  /** How a text is cut. */
  pre_tokenizer: Component | null;
  /** What is put around the ids by default. */
  post_processor: Component | null;
  /** How tokens become text. */
  decoder: Component | null;
  /** The vocabulary and its rules. */
  model: ModelJson;
  [key: string]: unknown;
}

/** Spaces to U+2581, with one more in front when `prefix`. */
export function llamaNormalizer(prefix: boolean): Component {
  const replace = { type: "Replace", pattern: { String: " " }, content: SPACE };
  const prepend = { type: "Prepend", prepend: SPACE };
  return { type: "Sequence", normalizers: prefix ? [prepend, replace] : [replace] };
}

/** U+2581 to spaces, bytes to characters, and without the first space when `prefix`. */
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
 * The tokenizer.json of a SentencePiece-like vocabulary. Its default call puts BOS in front.
 *
 * @param prefix whether a space is put in front of every text
 * @param bos the control piece that opens a document
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
  const id = pieces.findIndex((piece) => piece.kind === "control" && piece.text === token);
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
 * The pieces of a SentencePiece-like tokenizer.json: what {@linkcode tokenizerJson} makes a file of. A piece's score is
 * minus the rank of its best join among all pieces; single characters, which no join makes, come last.
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
