/**
 * Writer of SentencePiece's `tokenizer.model`: the vocabulary as a protobuf, with LLaMA's settings.
 *
 * llama.cpp's converter and Python `sentencepiece` read the file.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { mergesOf, type Piece, type PieceKind } from "../llama/pieces.ts";
import { message, type ProtobufField } from "./protobuf.ts";
import type { Roles } from "./tokenizer_config.ts";
import type { ModelJson } from "./tokenizer_json.ts";

/** The kinds in the order of `SentencePiece.Type` in sentencepiece_model.proto, which counts from 1. */
export const KINDS: readonly PieceKind[] = ["normal", "unknown", "control", "user", "unused", "byte"];

/**
 * Returns the bytes of a `tokenizer.model` with the ids of `pieces`. SentencePiece merges by the scores of pieces
 * alone, so `merges` must be the ones that the scores imply.
 *
 * @throws {ConfigError} for other merges
 */
export function sentencePieceBytes(
  pieces: readonly Piece[],
  merges: NonNullable<ModelJson["merges"]>,
  roles: Roles,
): Uint8Array<ArrayBuffer> {
  const implied = mergesOf(pieces);
  const agree = implied.length === merges.length &&
    merges.every((merge, rank) =>
      (typeof merge === "string" ? merge : merge.join(" ")) === implied[rank].join(" ")
    );
  if (agree) return modelOf(pieces, roles);
  throw new ConfigError(
    "Cannot save as a SentencePiece model: the merges do not follow the order of the pieces; save into a folder instead",
  );
}

/**
 * Writes a `ModelProto`: pieces, TrainerSpec and NormalizerSpec, with the field numbers of sentencepiece_model.proto.
 */
function modelOf(pieces: readonly Piece[], { unk, bos, eos, pad }: Roles): Uint8Array<ArrayBuffer> {
  const name = (id: number): ProtobufField => id < 0 ? undefined : pieces[id].text;
  const hasBytes = pieces.some((piece) => piece.kind === "byte");
  const trainer = message([
    [3, 2], // model_type: BPE
    [4, pieces.length],
    [35, Number(hasBytes)],
    [40, unk],
    [41, bos],
    [42, eos],
    [43, pad],
    [45, name(unk)],
    [46, name(bos)],
    [47, name(eos)],
    [48, name(pad)],
  ]);
  const normalizer = message([[1, "identity"], [3, 1], [4, 0], [5, 1]]);
  return message([...pieces.map((piece): [number, ProtobufField] => [1, pieceOf(piece)]), [2, trainer], [
    3,
    normalizer,
  ]]);
}

function pieceOf({ text, kind, score }: Piece): Uint8Array {
  return message([[1, text], [2, new Float32Array([score])], [3, KINDS.indexOf(kind) + 1]]);
}
