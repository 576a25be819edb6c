/**
 * Encoding of a rendered conversation to token ids and the mask of learned tokens.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { ChatEncoding, ChatPiece } from "../../base/encoder.ts";
import type { ChatSegment } from "./chat_template.ts";
import type { Codec } from "../codec.ts";

/**
 * Encodes the segments one by one, so that no text of a message can merge with the template around it. A segment right
 * behind a special token, or at the start, is encoded as a new text; any other one continues the text before it.
 */
export function encodeChat(segments: readonly ChatSegment[], codec: Codec): ChatEncoding {
  const pieces: { kind: ChatPiece["kind"]; text: string; ids: number[] }[] = [];
  let startsText = true;
  let before: ChatSegment | undefined;
  for (const segment of segments) {
    const ids = segment.id === undefined ? codec.encode(segment.text, !startsText) : [segment.id];
    if (segment.text !== "") startsText = segment.id !== undefined;
    const piece = pieces.at(-1);
    if (piece !== undefined && joins(before, segment)) {
      piece.text += segment.text;
      piece.ids.push(...ids);
    } else {
      pieces.push({ kind: segment.kind, text: segment.text, ids });
    }
    before = segment;
  }
  return {
    ids: Uint32Array.from(pieces.flatMap((piece) => piece.ids)),
    mask: Uint8Array.from(pieces.flatMap(({ kind, ids }) => ids.map(() => kind === "answer" ? 1 : 0))),
    pieces: pieces.map((piece) => ({ ...piece, ids: Uint32Array.from(piece.ids) })),
  };
}

/** Returns true when a segment joins the piece before it: control joins control, an answer's end joins the answer. */
function joins(before: ChatSegment | undefined, { kind }: ChatSegment): boolean {
  return before?.kind === kind && kind !== "content";
}

/** Returns the error of a tokenizer without a chat template. */
export function noTemplate(): ConfigError {
  return new ConfigError(
    "Cannot render a conversation: the tokenizer has no chat template; tune the model with .instruct, " +
      'or choose one with tokenizer.withTemplate("plain")',
    { path: "chat" },
  );
}
