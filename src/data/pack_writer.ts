/**
 * The files of a packing while they are written: ids, document borders and, for conversations, marks.
 *
 * @module
 */
import { ShardWriter } from "../formats/shards.ts";
import { borderBytes } from "./borders.ts";

/** Bytes of an id: 2 where the vocabulary fits, else 4. */
export function idBytes(vocabSize: number): 2 | 4 {
  return vocabSize <= 65_536 ? 2 : 4;
}

/** The open files of a packing. */
export class PackWriter {
  readonly #folder: string;
  readonly #vocabSize: number;
  readonly #ids: ShardWriter;
  readonly #borders: ShardWriter;
  #marks?: ShardWriter;
  #bytes = 0;

  /** Creates the files in `folder`. */
  constructor(folder: string, vocabSize: number) {
    this.#folder = folder;
    this.#vocabSize = vocabSize;
    this.#ids = this.#create("ids", idBytes(vocabSize));
    this.#borders = this.#create("borders", borderBytes);
  }

  /** Appends one document: its ids, the bytes of text they stand for and, for conversations, a mark for each learned id. */
  append(ids: Uint32Array, bytes: number, marks?: Uint8Array): void {
    this.#borders.append(new Float64Array([this.#ids.records, this.#bytes]));
    this.#ids.append(idBytes(this.#vocabSize) === 2 ? Uint16Array.from(ids) : ids);
    if (marks) (this.#marks ??= this.#create("marks", 1)).append(marks);
    this.#bytes += bytes;
  }

  /** Closes the index and the files. */
  finish(): void {
    this.#borders.append(new Float64Array([this.#ids.records, this.#bytes]));
    for (const file of this.#files) file.finish();
  }

  /** Closes the files as they are; they will not open. */
  abandon(): void {
    for (const file of this.#files) file.abandon();
  }

  get #files(): ShardWriter[] {
    return [this.#ids, this.#borders, ...(this.#marks ? [this.#marks] : [])];
  }

  #create(kind: string, recordBytes: number): ShardWriter {
    return new ShardWriter(`${this.#folder}/${kind}`, { kind, recordBytes, vocabSize: this.#vocabSize });
  }
}
