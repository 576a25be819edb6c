/**
 * Encoding of a rendered conversation to token ids and the mask of learned tokens.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { ChatEncoding, ChatPiece } from "../../base/encoder.ts";
import type { ChatSegment } from "./chat_template.ts";
import { type Codec, type EncodedSection, type StreamDecoder, WHOLE } from "../codec.ts";

/** A piece of a conversation while its ids are collected. */
interface OpenPiece {
  kind: ChatPiece["kind"];
  text: string;
  ids: number[];
  /** True for text of the template, in which control tokens are recognised. */
  marks: boolean;
}

/**
 * Encodes the segments as one text, as Python's `apply_chat_template` does; only text of the template can become a
 * control token.
 *
 * @param cut true to encode each answer behind what was said before, as in generation, so that the ids of a
 * conversation begin with those of the prompt of each answer
 */
export function encodeChat(segments: readonly ChatSegment[], codec: Codec, cut: boolean): ChatEncoding {
  const pieces = piecesOf(segments);
  const ends = pieces.map(endOf());
  const mayMark = (from: number, to: number) => {
    const first = ends.findIndex((end) => end > from);
    return pieces.slice(first, ends.findIndex((end) => end >= to) + 1).every((piece) => piece.marks);
  };
  const text = pieces.map((piece) => piece.text).join("");
  const starts = pieces.flatMap(({ kind, marks }, i) =>
    kind === "answer" && !marks ? [ends[i - 1] ?? 0] : []
  );
  const bounds = [...new Set([0, ...(cut ? starts : []), text.length])];
  let last: EncodedSection | undefined;
  for (const [i, to] of bounds.slice(1).entries()) {
    const from = bounds[i];
    const place = i === 0 ? WHOLE : { opens: false, continues: last?.id === undefined };
    const sections = codec.encodeMarked(text.slice(from, to), (a, b) => mayMark(from + a, from + b), place);
    for (const section of sections) share(pieces, ends, text, from, section, codec);
    last = sections.at(-1) ?? last;
  }
  const joined = joinedPieces(pieces);
  return {
    ids: Uint32Array.from(joined.flatMap((piece) => piece.ids)),
    mask: Uint8Array.from(joined.flatMap(({ kind, ids }) => ids.map(() => kind === "answer" ? 1 : 0))),
    pieces: joined.map(({ kind, text, ids }) => ({ kind, text, ids: Uint32Array.from(ids) })),
  };
}

function piecesOf(segments: readonly ChatSegment[]): OpenPiece[] {
  return segments.map(({ kind, text, fromTemplate }) => ({ kind, text, ids: [], marks: fromTemplate }));
}

/** Returns a function to the ends of pieces, called in order. */
function endOf(): (piece: OpenPiece) => number {
  let end = 0;
  return ({ text }) => end += text.length;
}

/** Gives each id of a section to the piece in which its text begins. */
function share(
  pieces: readonly OpenPiece[],
  ends: readonly number[],
  text: string,
  offset: number,
  { from, to, ids }: EncodedSection,
  codec: Codec,
): void {
  let at = offset + from;
  let piece = ends.findIndex((end) => end > at);
  const last = ends.findIndex((end) => end >= offset + to);
  const decoder = piece === last ? undefined : decoderAt(text, at, ids[0], codec);
  for (const id of ids) {
    while (piece < last && ends[piece] <= at) piece++;
    pieces[piece].ids.push(id);
    if (piece < last) at += decoder!.push(id).length;
  }
}

/** Returns the decoder of ids that stand at `at` of `text`: encoding may have put a space in front of them. */
function decoderAt(text: string, at: number, id: number, codec: Codec): StreamDecoder {
  const first = codec.decoder({ special: true }).push(id);
  return codec.decoder({ special: true, continues: !text.startsWith(first, at) });
}

/** Joins neighbours: control joins control, an answer's end joins the answer; each content stays a piece of its own. */
function joinedPieces(pieces: readonly OpenPiece[]): OpenPiece[] {
  const joined: OpenPiece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last === undefined || last.kind !== piece.kind || piece.kind === "content") joined.push({ ...piece });
    else last.text += piece.text, last.ids = [...last.ids, ...piece.ids];
  }
  return joined;
}

/** Returns the error of a tokenizer without a chat template. */
export function noTemplate(): ConfigError {
  return new ConfigError(
    "Cannot render a conversation: the tokenizer has no chat template; tune the model with .instruct, " +
      'or choose one with tokenizer.withTemplate("plain")',
    { path: "chat" },
  );
}
