/**
 * The files of a packing while they are written: ids, document borders and, for conversations, marks.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { ShardWriter } from "../../formats/shard_file.ts";
import { borderBytes } from "./document_index.ts";

/** Returns the bytes of an id: 2 where the vocabulary fits, else 4. */
export function idBytes(vocabSize: number): 2 | 4 {
  return vocabSize <= 65_536 ? 2 : 4;
}

/** Lengths of the files of a packing. */
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
  #isFinished = false;

  /** Creates the files in `folder`, or goes on behind the first `from` of each. */
  constructor(folder: string, vocabSize: number, from: WriterState = { ids: 0, borders: 0, bytes: 0 }) {
    this.#folder = folder;
    this.#vocabSize = vocabSize;
    this.#bytes = from.bytes;
    this.#ids = this.#create("ids", idBytes(vocabSize), from.ids);
    this.#borders = this.#create("borders", borderBytes, from.borders);
  }

  /** Goes on with the files of documents as a note says; begins anew when there is no note, or the files are shorter. */
  static resume(folder: string, vocabSize: number, from?: WriterState): PackWriter {
    try {
      return new PackWriter(folder, vocabSize, from);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return new PackWriter(folder, vocabSize);
    }
  }

  /** The lengths of the files. */
  get state(): WriterState {
    return { ids: this.#ids.records, borders: this.#borders.records, bytes: this.#bytes };
  }

  /** Brings everything to the disk, so that another writer can go on from `state`. */
  sync(): void {
    for (const file of this.#files) file.sync();
  }

  /** Appends one document: its ids, the bytes of text they stand for and, for conversations, a mark for each learned id. */
  append(ids: Uint32Array, bytes: number, marks?: Uint8Array): void {
    this.#borders.append(new Float64Array([this.#ids.records, this.#bytes]));
    this.#ids.append(idBytes(this.#vocabSize) === 2 ? Uint16Array.from(ids) : ids);
    if (marks) (this.#marks ??= this.#create("marks", 1)).append(marks);
    this.#bytes += bytes;
  }

  /** Ends the index and closes the files. */
  finish(): void {
    this.#borders.append(new Float64Array([this.#ids.records, this.#bytes]));
    for (const file of this.#files) file.finish();
    this.#isFinished = true;
  }

  /** Closes files that were not finished as they are; no reader opens them. */
  [Symbol.dispose](): void {
    if (!this.#isFinished) { for (const file of this.#files) file.abandon(); }
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
