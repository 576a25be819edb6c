/**
 * Units of input: the files, or the range of one large file, that a job over parts of a dataset reads at a time.
 *
 * @module
 */

/** The facts of a file that enter a fingerprint. */
export interface FileFacts {
  /** Path or address. */
  path: string;
  /** Size in bytes; 0 for an address. */
  size: number;
  /** Modification time in milliseconds since 1970; 0 where the system has none. */
  modified: number;
  /** Reason why the file is not read, such as `link`. */
  skipped?: string;
}

/** A range of a file. */
export interface FileRange {
  /** Unit of the borders: bytes (of lines: those that begin in the range), or row groups of a Parquet file. */
  of: "bytes" | "row groups";
  /** First one. */
  from: number;
  /** First one behind the range. */
  to: number;
}

/** Access to the input of a reader of files, by which its work is divided. */
export interface ReaderInput {
  /**
   * Lists the files, in the order in which they are read.
   *
   * @throws {DataError} when there is none
   * @throws {ConfigError} when the reader chooses among them by their contents
   */
  files(): Promise<readonly FileFacts[]>;
  /** Cuts a file into ranges of about `bytes` bytes; a file that is read whole gives none. */
  ranges(file: FileFacts, bytes: number): Promise<readonly FileRange[]>;
}

/** The input that one pass reads. */
export interface InputUnit {
  /** Its identity, 16 hex digits: number of the reader, paths of the files, range. */
  readonly id: string;
  /** The plan of the reader that reads. */
  readonly reader: object;
  /** The plans of all readers under the same plan; the others give nothing. Readers beside it, as of `against`, read all. */
  readonly readers: ReadonlySet<object>;
  /** The files to read; none for a reader without files, which reads all of its records. */
  readonly files: readonly FileFacts[];
  /** The range of the one file. */
  readonly range?: FileRange;
}
