/**
 * Windows of tokens: what a trainer reads, whatever they come from.
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
   * a window that cuts a document is right to a few bytes, and the windows of a source sum to it exactly.
   * 0 where the text is unknown.
   */
  bytes: number;
  /** Name of the source. */
  source: string;
}

/** How far the preparation of tokens is. */
export interface PrepareProgress {
  /** Documents (or conversations) tokenized so far. */
  documents: number;
  /** Tokens written so far. */
  tokens: number;
}

/** What a preparation can be given. */
export interface PrepareOptions {
  /** Stops it; nothing half-made stays behind. */
  signal?: AbortSignal;
  /** How many workers do the steps that judge one text at a time; 0 for none, default by what there is to do. */
  workers?: number;
  /** Told how far it is, after each document. */
  onProgress?: (done: PrepareProgress) => void;
}

/** One source of prepared tokens. */
export interface PreparedSource {
  /** Its name. */
  readonly name: string;
  /** Distinct windows. */
  readonly windows: number;
  /** Documents (or conversations). */
  readonly documents: number;
  /** Token ids, those that open and close documents included. */
  readonly tokens: number;
  /** UTF-8 bytes of text (of answers, for conversations); 0 where unknown. */
  readonly bytes: number;
  /** Its share of the drawn windows, 0 to 1. */
  readonly weight: number;
  /** How often it may be read at most, where the mixture says so. */
  readonly maxEpochs?: number;
  /** How often the first `n` windows of the endless order read it (under `seed`, which moves it by less than 1,000 windows). */
  epochsFor(n: number, seed?: number): number;
}

/** Tokens ready to be read, in memory that does not grow with their number. */
export interface PreparedTokens {
  /** Positions of a window. */
  readonly context: number;
  /** Whether windows stop attention at document borders; always true for conversations. */
  readonly documentMask: boolean;
  /** Whether they are used in the given order (`Dataset.tokens`). */
  readonly fixedOrder: boolean;
  /** Distinct windows over all sources. */
  readonly windows: number;
  /** Token ids over all sources. */
  readonly tokens: number;
  /** UTF-8 bytes of text over all sources; 0 where unknown. */
  readonly bytes: number;
  /** Tokens that no window predicts, because the last window of their source would be too short. */
  readonly dropped: number;
  /** Tokens cut from the right of conversations that are longer than a window. */
  readonly cut: number;
  /** The sources. */
  readonly sources: readonly PreparedSource[];
  /**
   * The n-th window of the endless order, n from 0: a pure function of `seed` and `n`. Each source is reshuffled
   * each epoch, or walked in file order when `shuffle` is false.
   *
   * @throws {DataError} when a source is shorter than one window
   */
  windowAt(n: number, seed: number, shuffle?: boolean): Window;
  /** The largest n that respects every `maxEpochs` under `seed`, and the source that stops there; else Infinity. */
  largest(seed: number): { windows: number; source?: string };
  /** Every window once, source by source in file order; the last short one of each is kept and padded with -100. */
  ordered(): AsyncIterable<Window>;
  /** Closes the files. */
  close(): void;
}
