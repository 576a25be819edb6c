/**
 * The layout of a vocabulary, as in SentencePiece.
 *
 * Ids in order: 0 `<unk>`, 1 `<s>`, 2 `</s>`, the 256 bytes, the learned pieces best first, the single characters, and
 * last the user's special tokens.
 *
 * @module
 */
import { SPACE } from "./pretokenize.ts";

/** Kind of a piece, as in SentencePiece's `.model` and in GGUF. */
export type PieceKind = "normal" | "unknown" | "control" | "user" | "unused" | "byte";

/** An entry of a vocabulary; its position is its id. */
export interface Piece {
  /** Its text, with U+2581 for spaces and `<0x0A>` for bytes. */
  text: string;
  /** Its kind. */
  kind: PieceKind;
  /** Priority of the merges that make it, the highest first: minus its rank for normal pieces, 0 for others. */
  score: number;
}

/** The three tokens at the start of every trained vocabulary. */
export const UNKNOWN = "<unk>";
export const BOS = "<s>";
export const EOS = "</s>";

/** Returns the token of byte `b`, such as `<0x0A>`. */
export function byteName(b: number): string {
  return `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** Returns the tokens of all 256 bytes. */
export function byteNames(): string[] {
  return Array.from({ length: 256 }, (_, b) => byteName(b));
}

/** Lays out a vocabulary from its parts, in the order of the ids. */
export function layOut(
  parts: {
    bytes: boolean;
    learned: readonly string[];
    characters: readonly string[];
    special: readonly string[];
  },
): Piece[] {
  const of = (kind: PieceKind) => (text: string): Piece => ({ text, kind, score: 0 });
  return [
    of("unknown")(UNKNOWN),
    ...[BOS, EOS].map(of("control")),
    ...(parts.bytes ? byteNames() : []).map(of("byte")),
    ...[...parts.learned, ...parts.characters].map((text, i): Piece => ({ text, kind: "normal", score: -i })),
    ...parts.special.map(of("control")),
  ];
}

/**
 * Returns the merges that make the pieces, best first: every split of a piece into two pieces, ordered by the piece's
 * score from high to low, then by the ids of the parts (the rule of the converter in Hugging Face transformers).
 */
export function mergesOf(pieces: readonly Piece[]): [left: string, right: string][] {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => piece.kind === "normal" && ids.set(piece.text, id));
  const best = pieces.filter((piece) => piece.kind === "normal").sort((a, b) => b.score - a.score);
  return best.flatMap(({ text }) => {
    const cuts: [string, string][] = [];
    for (let at = 1; at < text.length; at++) {
      const left = text.slice(0, at);
      const right = text.slice(at);
      if (ids.has(left) && ids.has(right)) cuts.push([left, right]);
    }
    return cuts.sort((a, b) => ids.get(a[0])! - ids.get(b[0])! || ids.get(a[1])! - ids.get(b[1])!);
  });
}

/** Returns true when U+2581 stands only at the front of `text`, so that words can be encoded one by one. */
export function staysInWord(text: string): boolean {
  const front = text.search(new RegExp(`[^${SPACE}]`));
  return front < 0 || !text.includes(SPACE, front);
}
