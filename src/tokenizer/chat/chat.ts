/**
 * A rendered conversation as token ids, with the mask of what is learned.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { ChatEncoding, ChatPiece } from "../../base/encoder.ts";
import type { Stretch } from "./chat_template.ts";
import type { Codec } from "../codec.ts";

/**
 * Encodes the stretches one by one, so that nothing a message says can join with the template around it. Text right
 * behind a special token, or at the start, is encoded as a text of its own, the rest as its continuation.
 */
export function encodeChat(stretches: readonly Stretch[], codec: Codec): ChatEncoding {
  const pieces: { kind: ChatPiece["kind"]; text: string; ids: number[] }[] = [];
  let opens = true;
  let before: Stretch | undefined;
  for (const stretch of stretches) {
    const ids = stretch.id === undefined ? codec.encode(stretch.text, !opens) : [stretch.id];
    if (stretch.text !== "") opens = stretch.id !== undefined;
    const piece = pieces.at(-1);
    if (piece !== undefined && joins(before, stretch)) piece.text += stretch.text, piece.ids.push(...ids);
    else pieces.push({ kind: stretch.kind, text: stretch.text, ids });
    before = stretch;
  }
  return {
    ids: Uint32Array.from(pieces.flatMap((piece) => piece.ids)),
    mask: Uint8Array.from(pieces.flatMap(({ kind, ids }) => ids.map(() => kind === "answer" ? 1 : 0))),
    pieces: pieces.map((piece) => ({ ...piece, ids: Uint32Array.from(piece.ids) })),
  };
}

/** Control joins control, and the end of an answer joins the answer. Messages stay apart. */
function joins(before: Stretch | undefined, { kind }: Stretch): boolean {
  return before?.kind === kind && kind !== "content";
}

/** The error for a conversation without a template to render it. */
export function noTemplate(): ConfigError {
  return new ConfigError(
    "Cannot render a conversation: the tokenizer has no chat template, tune the model with .instruct, " +
      'or choose one with tokenizer.withTemplate("plain")',
    { path: "chat" },
  );
}
