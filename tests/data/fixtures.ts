/**
 * Shared by the tests of the data layer: a tokenizer whose ids are easy to predict, and folders that are removed.
 *
 * @module
 */
import type { ChatEncoding, ChatPiece, Encoder, Message } from "../../src/base/encoder.ts";

/** One id per byte, from 3 on; 1 opens and 2 closes a document. Roles are the control ids 259, 260, 261. */
export class ByteEncoder implements Encoder {
  readonly bosId = 1;
  readonly eosId = 2;
  readonly vocabSize: number;
  readonly fingerprint: string;
  /** Number of texts encoded. */
  calls = 0;

  constructor(vocabSize = 262) {
    this.vocabSize = vocabSize;
    this.fingerprint = `bytes ${vocabSize}`;
  }

  encode(text: string, { bos, eos }: { bos?: boolean; eos?: boolean } = {}): Uint32Array {
    this.calls++;
    const bytes = Array.from(new TextEncoder().encode(text), (byte) => byte + 3);
    return Uint32Array.from([...(bos ? [1] : []), ...bytes, ...(eos ? [2] : [])]);
  }

  chat(messages: readonly Message[]): ChatEncoding {
    const pieces: ChatPiece[] = [{ kind: "control", text: "<s>", ids: Uint32Array.of(1) }];
    for (const { role, content } of messages) {
      const control = 259 + ["system", "user", "assistant"].indexOf(role);
      pieces.push({ kind: "control", text: `<${role}>`, ids: Uint32Array.of(control) });
      const answer = role === "assistant";
      pieces.push({
        kind: answer ? "answer" : "content",
        text: content,
        ids: this.encode(content, { eos: answer }),
      });
    }
    const mask = pieces.flatMap(({ kind, ids }) => Array.from(ids, () => kind === "answer" ? 1 : 0));
    return {
      ids: Uint32Array.from(pieces.flatMap(({ ids }) => [...ids])),
      mask: Uint8Array.from(mask),
      pieces,
    };
  }
}

/** Returns the text that byte ids stand for, without control ids. */
export function decode(ids: Iterable<number>): string {
  return new TextDecoder().decode(
    Uint8Array.from([...ids].filter((id) => id > 2 && id < 259), (id) => id - 3),
  );
}

/** Returns the error that `run` ends with. */
export async function failure(run: () => unknown): Promise<Error> {
  try {
    await run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error, none came");
}

/** Returns everything that an async iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
