/**
 * The vocabulary as SentencePiece lays it out: 0 `<unk>`, 1 `<s>`, 2 `</s>`, the 256 bytes, the learned pieces best
 * first, the single characters; special tokens of one's own come last.
 *
 * @module
 */
import { SPACE } from "./pretokenize.ts";

/** What a piece is for; the kinds of SentencePiece's `.model` and of GGUF. */
export type PieceKind = "normal" | "unknown" | "control" | "user" | "unused" | "byte";

/** One entry of a vocabulary. Its id is its position. */
export interface Piece {
  /** Its text, spaces as U+2581; bytes are written `<0x0A>`. */
  text: string;
  /** Its kind. */
  kind: PieceKind;
  /** Of two possible joins the one with the higher score is made: minus the rank for normal pieces, 0 for others. */
  score: number;
}

/** The three tokens that every vocabulary of ours begins with. */
export const UNKNOWN = "<unk>";
export const BOS = "<s>";
export const EOS = "</s>";

/** Tokenizers as the files have it name byte `b` so: `<0x0A>`. */
export function byteName(b: number): string {
  return `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** The names of all 256 bytes. */
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
 * The joins that lead to the pieces, best first: every way to cut a piece into two pieces, pieces by falling score,
 * the ways of one piece by the ids of their parts (the rule of the converter in Hugging Face transformers).
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

/** True when a piece made of these parts keeps U+2581 to its front, so that words can be encoded one by one. */
export function staysInWord(text: string): boolean {
  const front = text.search(new RegExp(`[^${SPACE}]`));
  return front < 0 || !text.includes(SPACE, front);
}
