/**
 * The vocabulary inside a GGUF file, for llama.cpp's own test vectors, read by a minimal reader.
 *
 * @module
 */
import type { Piece, PieceKind } from "../../src/tokenizer/mod.ts";

type Value = number | boolean | string | Value[];

/** `llama_token_type` from 1, the order of SentencePiece's `.model`. */
const KINDS: PieceKind[] = ["normal", "unknown", "control", "user", "unused", "byte"];

/** Reads the pieces of the GGUF file at `path`, in the order of their ids. */
export async function ggufPieces(path: string): Promise<Piece[]> {
  const facts = metadata(await Deno.readFile(path));
  const texts = facts.get("tokenizer.ggml.tokens") as string[];
  const scores = facts.get("tokenizer.ggml.scores") as number[];
  const kinds = facts.get("tokenizer.ggml.token_type") as number[];
  return texts.map((text, id): Piece => ({ text, score: scores[id], kind: KINDS[kinds[id] - 1] }));
}

function metadata(data: Uint8Array): Map<string, Value> {
  const view = new DataView(data.buffer);
  const facts = new Map<string, Value>();
  let at = 16;
  const step = (bytes: number) => (at += bytes) - bytes;
  const long = () => Number(view.getBigUint64(step(8), true));
  const string = () => {
    const length = long();
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(data.subarray(at, step(length) + length));
  };
  const value = (type: number): Value => {
    switch (type) {
      case 4:
        return view.getUint32(step(4), true);
      case 5:
        return view.getInt32(step(4), true);
      case 6:
        return view.getFloat32(step(4), true);
      case 7:
        return data[step(1)] === 1;
      case 8:
        return string();
      case 9: {
        const inner = view.getUint32(step(4), true);
        return Array.from({ length: long() }, () => value(inner));
      }
      default:
        throw new Error(`value type ${type} is not read here`);
    }
  };
  for (let left = long(); left > 0; left--) {
    const key = string();
    facts.set(key, value(view.getUint32(step(4), true)));
  }
  return facts;
}
