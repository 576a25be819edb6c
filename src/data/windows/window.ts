/**
 * Windows of tokens, the rows of a training batch, and the settings of their preparation.
 *
 * @module
 */

/** One row of a batch. */
export interface Window {
  /** `[context + 1]` token ids; the inputs are the first `context`. */
  ids: Uint32Array;
  /** `[context]` the id to predict at each position, or -100 where nothing is learned. */
  targets: Int32Array;
  /**
   * `[context]` the first position of the document that each position belongs to: attention starts there and
   * positions count from there. All 0 without a document mask.
   */
  first: Uint32Array;
  /**
   * UTF-8 bytes of text that the targets stand for. The bytes of a document are spread evenly over its tokens, so
   * a window that cuts a document is right to a few bytes, and the windows of a source sum to its text exactly.
   * 0 where the text is unknown.
   */
  bytes: number;
  /** Name of the source. */
  source: string;
}

/** Progress of a preparation. */
export interface PrepareProgress {
  /** Documents (or conversations) tokenized so far. */
  documents: number;
  /** Tokens written so far. */
  tokens: number;
}

/** Settings of a preparation. */
export interface PrepareOptions {
  /** Stops it; no half-made shards stay behind. */
  signal?: AbortSignal;
  /** Number of workers for steps that judge one text at a time; 0 for none. Default: decided by what there is to do. */
  workers?: number;
  /** The kind of records; those of another kind are refused. Default: any. */
  kind?: "documents" | "conversations";
  /** Name of this host, where several prepare the same data: the folder of half-made shards carries it. */
  host?: string;
  /** Told of the progress after each document. */
  onProgress?: (done: PrepareProgress) => void;
}
