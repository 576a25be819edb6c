/**
 * Prepared tokens: several sources of windows under one order.
 *
 * @module
 */
import { mixHash, Order } from "./window_order.ts";
import type { PreparedSource, PreparedTokens, Window } from "./window.ts";

/** A source of windows: packed shards, or rows in memory. */
export interface WindowSource {
  /** Its name. */
  readonly name: string;
  /** Its share of the drawn windows. */
  readonly weight: number;
  /** How often it may be read at most. */
  readonly maxEpochs?: number;
  /** Distinct windows. */
  readonly windows: number;
  /** Documents in it. */
  readonly documents: number;
  /** Its token ids. */
  readonly tokens: number;
  /** Bytes of text; 0 where unknown. */
  readonly bytes: number;
  /** Tokens behind its last full window. */
  readonly dropped: number;
  /** Tokens cut from examples longer than a window. */
  readonly cut: number;
  /** Window `i`. */
  window(i: number): Window;
  /** The short last window, padded. */
  tail(): Window | undefined;
  /** Closes its files. */
  close(): void;
}

/** How sources are read together. */
export interface PreparedOptions {
  /** Positions of a window. */
  context: number;
  /** Whether windows stop attention at document borders. */
  documentMask: boolean;
  /** Whether windows keep their order. */
  fixedOrder?: boolean;
  /** Seed of the mixture, joined with that of the run. */
  seed?: number;
}

/** Windows of several sources, in an endless order that depends on seed and number alone. */
export class Prepared implements PreparedTokens {
  readonly context: number;
  readonly documentMask: boolean;
  readonly fixedOrder: boolean;
  readonly windows: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly cut: number;
  readonly sources: readonly PreparedSource[];
  readonly #sources: readonly WindowSource[];
  readonly #seed: number;
  #order?: { seed: number; order: Order };

  /** Joins the sources, whose weights sum to 1. */
  constructor(
    sources: readonly WindowSource[],
    { context, documentMask, fixedOrder: given = false, seed = 0 }: PreparedOptions,
  ) {
    const sum = (name: "windows" | "tokens" | "bytes" | "dropped" | "cut") =>
      sources.reduce((total, source) => total + source[name], 0);
    this.context = context;
    this.documentMask = documentMask;
    this.fixedOrder = given;
    [this.windows, this.tokens, this.bytes] = [sum("windows"), sum("tokens"), sum("bytes")];
    [this.dropped, this.cut] = [sum("dropped"), sum("cut")];
    this.#sources = sources;
    this.#seed = seed;
    this.sources = sources.map((source, s) => ({
      name: source.name,
      windows: source.windows,
      documents: source.documents,
      tokens: source.tokens,
      bytes: source.bytes,
      weight: source.weight,
      maxEpochs: source.maxEpochs,
      epochsFor: (n: number, runSeed = 42) => this.#orderOf(runSeed).drawn(n)[s] / source.windows,
    }));
  }

  windowAt(n: number, seed: number, shuffle = true): Window {
    const { source, window } = this.#orderOf(seed).at(n, shuffle && !this.fixedOrder);
    return this.#sources[source].window(window);
  }

  largest(seed: number): { windows: number; source?: string } {
    return this.#orderOf(seed).largest();
  }

  async *ordered(): AsyncGenerator<Window> {
    for (const source of this.#sources) {
      for (let i = 0; i < source.windows; i++) yield source.window(i);
      const tail = source.tail();
      if (tail) yield tail;
    }
  }

  close(): void {
    for (const source of this.#sources) source.close();
  }

  /** The order under a run's seed; the last one asked for is kept. */
  #orderOf(seed: number): Order {
    if (this.#order?.seed !== seed) {
      this.#order = { seed, order: new Order(this.#sources, mixHash(this.#seed, seed)) };
    }
    return this.#order.order;
  }
}
