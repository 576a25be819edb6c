/**
 * A batch on its way to the GPU: ids, targets, positions, spans and the rows sorted by token, in one buffer that is
 * written with one copy.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { type Device, type DType, Tensor } from "../../gpu/mod.ts";
import { sortRows, type TokenRows } from "../../ops/mod.ts";

/** A sequence of a batch; one shorter than the program's length is padded with ignored positions. */
export interface BatchRow {
  /** Input token ids. */
  ids: ArrayLike<number>;
  /** The token that each position should predict, -100 to ignore it (default: all ignored). */
  targets?: ArrayLike<number>;
  /** First position of the document of each position (default 0): attention and positions start there. */
  first?: ArrayLike<number>;
  /** Positions that are already in the cache (default 0). */
  cachedTokens?: number;
}

/** The inputs of a program for `batch` sequences of `length` positions. */
export class Batch {
  /** [R] ids, and the rows sorted by token. */
  readonly tokens: TokenRows;
  /** [R] positions in the document. */
  readonly positions: Tensor;
  /** [R, 2] first and last visible key of each query. */
  readonly spans: Tensor;
  /** [R] targets, i32. */
  readonly targets: Tensor;
  #host: Record<
    "ids" | "tokens" | "runs" | "order" | "positions" | "spans" | "targets",
    Uint32Array<ArrayBuffer>
  >;
  #bytes: ArrayBuffer;
  #buffer: GPUBuffer;

  /** Allocates the buffer. */
  constructor(
    readonly device: Device,
    readonly owner: string,
    readonly batch: number,
    readonly length: number,
    readonly vocabSize: number,
  ) {
    const R = batch * length;
    const sizes = { ids: R, tokens: R, runs: R + 1, order: R, positions: R, spans: 2 * R, targets: R };
    const starts: Record<string, number> = {};
    let bytes = 0;
    for (const [name, size] of Object.entries(sizes)) {
      starts[name] = bytes;
      bytes += Math.ceil(size / 64) * 256;
    }
    this.#bytes = new ArrayBuffer(bytes);
    this.#buffer = device.buffer(`${owner}: batch`, bytes);
    const storage = { name: `${owner}: batch`, bytes, buffer: this.#buffer, offset: 0 };
    const host = (name: keyof typeof sizes) => new Uint32Array(this.#bytes, starts[name], sizes[name]);
    const tensor = (name: keyof typeof sizes, shape: number[], dtype: DType = "u32") =>
      new Tensor(name, shape, dtype, storage, starts[name]);
    this.#host = {
      ids: host("ids"),
      tokens: host("tokens"),
      runs: host("runs"),
      order: host("order"),
      positions: host("positions"),
      spans: host("spans"),
      targets: host("targets"),
    };
    this.tokens = {
      ids: tensor("ids", [R]),
      tokens: tensor("tokens", [R]),
      runs: tensor("runs", [R + 1]),
      order: tensor("order", [R]),
    };
    this.positions = tensor("positions", [R]);
    this.spans = tensor("spans", [R, 2]);
    this.targets = tensor("targets", [R], "i32");
  }

  /**
   * Writes rows to the GPU; missing rows are padding.
   *
   * @returns the number of targets that are not ignored
   * @throws {DataError} for an id outside the vocabulary
   */
  fill(rows: readonly BatchRow[]): number {
    const { ids, positions, spans, targets, tokens, runs, order } = this.#host;
    const T = this.length;
    const signedTargets = new Int32Array(targets.buffer, targets.byteOffset, targets.length);
    let keptTargets = 0;
    for (let b = 0; b < this.batch; b++) {
      const row = rows[b];
      const cachedTokens = row?.cachedTokens ?? 0;
      for (let t = 0; t < T; t++) {
        const i = b * T + t;
        const isInside = row !== undefined && t < row.ids.length;
        const first = isInside && row.first ? row.first[t] : 0;
        ids[i] = isInside ? row.ids[t] : 0;
        positions[i] = cachedTokens + t - first;
        spans[2 * i] = first;
        spans[2 * i + 1] = cachedTokens + t;
        signedTargets[i] = isInside && row.targets ? row.targets[t] : -100;
        if (ids[i] >= this.vocabSize || signedTargets[i] >= this.vocabSize) {
          const id = Math.max(ids[i], signedTargets[i]);
          throw new DataError(
            `Cannot use token id ${id}: the model's vocabulary has ${this.vocabSize} ids. Use the model's own tokenizer`,
          );
        }
        if (signedTargets[i] >= 0) keptTargets++;
      }
    }
    sortRows(ids, this.vocabSize, tokens, runs, order);
    this.device.write(this.#buffer, new Uint8Array(this.#bytes));
    return keptTargets;
  }

  /** Frees the buffer. */
  dispose(): void {
    this.device.free(this.#buffer);
  }

  /** Frees it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
