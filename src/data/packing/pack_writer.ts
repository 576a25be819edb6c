/**
 * The files of a packing while they are written: ids, document borders and, for conversations, marks.
 *
 * @module
 */
import { ShardWriter } from "../../formats/shard_file.ts";
import { borderBytes } from "./document_index.ts";

/** Bytes of an id: 2 where the vocabulary fits, else 4. */
export function idBytes(vocabSize: number): 2 | 4 {
  return vocabSize <= 65_536 ? 2 : 4;
}

/** How much a packing of documents has written. */
export interface WriterState {
  /** Ids. */
  ids: number;
  /** Documents. */
  borders: number;
  /** Bytes of their text. */
  bytes: number;
}

/** The open files of a packing. */
export class PackWriter {
  readonly #folder: string;
  readonly #vocabSize: number;
  readonly #ids: ShardWriter;
  readonly #borders: ShardWriter;
  #marks?: ShardWriter;
  #bytes = 0;

  /** Creates the files in `folder`, or goes on with those of documents that stood there at a checkpoint. */
  constructor(folder: string, vocabSize: number, from: WriterState = { ids: 0, borders: 0, bytes: 0 }) {
    this.#folder = folder;
    this.#vocabSize = vocabSize;
    this.#bytes = from.bytes;
    this.#ids = this.#create("ids", idBytes(vocabSize), from.ids);
    this.#borders = this.#create("borders", borderBytes, from.borders);
  }

  /** Brings everything to the disk and tells how much there is, so that another writer can go on from here. */
  checkpoint(): WriterState {
    for (const file of this.#files) file.sync();
    return { ids: this.#ids.records, borders: this.#borders.records, bytes: this.#bytes };
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

  #create(kind: string, recordBytes: number, records = 0): ShardWriter {
    return new ShardWriter(
      `${this.#folder}/${kind}`,
      { kind, recordBytes, vocabSize: this.#vocabSize },
      records,
    );
  }
}
