/**
 * Prepared tokens: the windows of several sources in one endless order.
 *
 * @module
 */
import type { Window } from "./window.ts";
import { mixHash, type OrderedSource, WindowOrder } from "./window_order.ts";

/** A source of windows: packed shards, or rows in memory. */
export interface WindowSource extends OrderedSource {
  /** Documents (or conversations, or rows). */
  readonly documents: number;
  /** Token ids, those that open and close documents included. */
  readonly tokens: number;
  /** UTF-8 bytes of text (of answers, for conversations); 0 where unknown. */
  readonly bytes: number;
  /** Tokens behind its last full window, which only {@linkcode tail} predicts. */
  readonly dropped: number;
  /** Tokens cut from the right of conversations that are longer than a window. */
  readonly cut: number;
  /** True when its windows stop attention at document borders. */
  readonly documentMask: boolean;
  /** Returns window `i`, 0 to `windows` - 1, in file order. */
  window(i: number): Window;
  /** Returns the short window behind the last full one, padded with -100; undefined when there is none. */
  tail(): Window | undefined;
  /** Returns the number of documents that its first `windows` windows reach into; the short last one counts as a window. */
  documentsIn(windows: number): number;
  /** Closes its files. */
  close(): void;
}

/** Settings of the order. */
interface PreparedOptions {
  /** Positions of a window. */
  context: number;
  /** True when windows keep their order. */
  fixedOrder?: boolean;
  /** Seed of the mixture, joined with the seed of the run. */
  seed?: number;
}

/** Tokens ready to be read, in memory that does not grow with their number. */
export class PreparedTokens {
  /** Positions of a window. */
  readonly context: number;
  /** True when windows stop attention at document borders; always so for conversations. */
  readonly documentMask: boolean;
  /** True when windows are used in the order of their rows (`Dataset.tokens`). */
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
  readonly sources: readonly WindowSource[];
  readonly #seed: number;
  #order?: { seed: number; order: WindowOrder };

  /** Joins sources whose weights sum to 1. */
  constructor(sources: readonly WindowSource[], { context, fixedOrder = false, seed = 0 }: PreparedOptions) {
    const sum = (name: "windows" | "tokens" | "bytes" | "dropped" | "cut") =>
      sources.reduce((total, source) => total + source[name], 0);
    this.context = context;
    this.fixedOrder = fixedOrder;
    this.documentMask = sources.some(({ documentMask }) => documentMask);
    this.windows = sum("windows");
    this.tokens = sum("tokens");
    this.bytes = sum("bytes");
    this.dropped = sum("dropped");
    this.cut = sum("cut");
    this.sources = sources;
    this.#seed = seed;
  }

  /**
   * Returns the n-th window of the endless order, n from 0: a pure function of `seed` and `n`. Each source is reshuffled
   * each epoch, or read in file order when `shuffle` is false.
   *
   * @throws {DataError} when a source is shorter than one window
   */
  windowAt(n: number, seed: number, shuffle = true): Window {
    const { source, window } = this.#orderOf(seed).at(n, shuffle && !this.fixedOrder);
    return this.sources[source].window(window);
  }

  /**
   * Returns the number of times that the first `n` windows read each source, in the order of `sources`. `seed` moves it
   * by less than 1,000 windows.
   *
   * @throws {DataError} when a source is shorter than one window
   */
  epochs(n: number, seed = 42): number[] {
    return this.#orderOf(seed).drawn(n).map((count, s) => count / this.sources[s].windows);
  }

  /** Returns the largest n that respects every `maxEpochs` under `seed`, and the source that stops there; else Infinity. */
  largest(seed: number): { windows: number; source?: string } {
    return this.#orderOf(seed).largest();
  }

  /** Gives every window once, source by source in file order; the short last one of each is kept and padded with -100. */
  async *ordered(): AsyncGenerator<Window> {
    for (const source of this.sources) {
      for (let i = 0; i < source.windows; i++) yield source.window(i);
      const tail = source.tail();
      if (tail) yield tail;
    }
  }

  /** Closes the files. */
  close(): void {
    for (const source of this.sources) source.close();
  }

  /** Returns the order under a run's seed; the last one asked for is kept. */
  #orderOf(seed: number): WindowOrder {
    if (this.#order?.seed !== seed) {
      this.#order = { seed, order: new WindowOrder(this.sources, mixHash(this.#seed, seed)) };
    }
    return this.#order.order;
  }
}
