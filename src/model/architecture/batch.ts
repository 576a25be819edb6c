/**
 * A batch on its way to the GPU: ids, targets, positions, spans and the rows sorted by token, in one buffer that is
 * written with one copy.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { type Device, type DType, Tensor } from "../../gpu/mod.ts";
import { sortRows, type TokenRows } from "../../ops/mod.ts";
import { type Shard, wholeModel } from "./shard.ts";

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

/**
 * The inputs of a program for `batch` sequences of `length` positions, R rows in all. Tokens and targets are those of the r
 * rows of a shard; positions and spans are those of all.
 */
export class Batch {
  /** [r] ids, and the rows sorted by token. */
  readonly tokens: TokenRows;
  /** [R] positions in the document. */
  readonly positions: Tensor;
  /** [R, 2] first and last visible key of each query. */
  readonly spans: Tensor;
  /** [r] targets, i32. */
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
    /** The part of the rows whose tokens and targets it holds, `batch * length / of` of them. */
    readonly shard: Shard = wholeModel,
  ) {
    const R = batch * length;
    const r = R / shard.of;
    const sizes = { ids: r, tokens: r, runs: r + 1, order: r, positions: R, spans: 2 * R, targets: r };
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
      ids: tensor("ids", [r]),
      tokens: tensor("tokens", [r]),
      runs: tensor("runs", [r + 1]),
      order: tensor("order", [r]),
    };
    this.positions = tensor("positions", [R]);
    this.spans = tensor("spans", [R, 2]);
    this.targets = tensor("targets", [r], "i32");
  }

  /**
   * Writes rows to the GPU; missing rows are padding.
   *
   * @returns the number of targets that are not ignored, in all rows
   * @throws {DataError} for an id outside the vocabulary
   */
  fill(rows: readonly BatchRow[]): number {
    const { ids, positions, spans, targets, tokens, runs, order } = this.#host;
    const T = this.length;
    const own = ids.length;
    const start = this.shard.rank * own;
    const signedTargets = new Int32Array(targets.buffer, targets.byteOffset, targets.length);
    let keptTargets = 0;
    for (let b = 0; b < this.batch; b++) {
      const row = rows[b];
      const cachedTokens = row?.cachedTokens ?? 0;
      for (let t = 0; t < T; t++) {
        const i = b * T + t;
        const isInside = row !== undefined && t < row.ids.length;
        const first = isInside && row.first ? row.first[t] : 0;
        const id = isInside ? row.ids[t] >>> 0 : 0;
        const target = isInside && row.targets ? row.targets[t] | 0 : -100;
        positions[i] = cachedTokens + t - first;
        spans[2 * i] = first;
        spans[2 * i + 1] = cachedTokens + t;
        if (id >= this.vocabSize || target >= this.vocabSize) {
          throw new DataError(
            `Cannot use token id ${
              Math.max(id, target)
            }: the model's vocabulary has ${this.vocabSize} ids. Use the model's own tokenizer`,
          );
        }
        if (target >= 0) keptTargets++;
        if (i < start || i >= start + own) continue;
        ids[i - start] = id;
        signedTargets[i - start] = target;
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
