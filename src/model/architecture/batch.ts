/**
 * A batch on its way to the GPU: ids, targets, positions, spans and the rows sorted by token, in one buffer and
 * written with one copy.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { type Device, type DType, Tensor } from "../../gpu/mod.ts";
import { sortRows, type TokenRows } from "../../ops/mod.ts";

/** A sequence of a batch; shorter than the program's length it is padded with ignored positions. */
export interface BatchRow {
  /** Token ids that go in. */
  ids: ArrayLike<number>;
  /** What each position should predict, -100 to ignore (default: all ignored). */
  targets?: ArrayLike<number>;
  /** First position of the document that each position belongs to (default 0): attention and positions start there. */
  first?: ArrayLike<number>;
  /** Positions that are in the cache already (default 0). */
  cachedTokens?: number;
}

/** The inputs of a program for `batch` sequences of `length` positions. */
export class Batch {
  /** [R] ids, and the rows sorted by token. */
  readonly tokens: TokenRows;
  /** [R] position in the document. */
  readonly positions: Tensor;
  /** [R, 2] first and last visible key. */
  readonly spans: Tensor;
  /** [R] i32 targets. */
  readonly targets: Tensor;
  #host: Record<
    "ids" | "tokens" | "runs" | "order" | "positions" | "spans" | "targets",
    Uint32Array<ArrayBuffer>
  >;
  #bytes: ArrayBuffer;
  #buffer: GPUBuffer;

  /** Makes the buffer. */
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
    let at = 0;
    for (const [name, size] of Object.entries(sizes)) {
      starts[name] = at;
      at += Math.ceil(size / 64) * 256;
    }
    this.#bytes = new ArrayBuffer(at);
    this.#buffer = device.buffer(`${owner}: batch`, at);
    const storage = { name: `${owner}: batch`, bytes: at, buffer: this.#buffer, offset: 0 };
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
    const signed = new Int32Array(targets.buffer, targets.byteOffset, targets.length);
    let kept = 0;
    for (let b = 0; b < this.batch; b++) {
      const row = rows[b];
      const past = row?.cachedTokens ?? 0;
      for (let t = 0; t < T; t++) {
        const i = b * T + t;
        const inside = row !== undefined && t < row.ids.length;
        const first = inside && row.first ? row.first[t] : 0;
        ids[i] = inside ? row.ids[t] : 0;
        positions[i] = past + t - first;
        spans[2 * i] = first;
        spans[2 * i + 1] = past + t;
        signed[i] = inside && row.targets ? row.targets[t] : -100;
        if (ids[i] >= this.vocabSize || signed[i] >= this.vocabSize) {
          const id = Math.max(ids[i], signed[i]);
          throw new DataError(
            `Cannot use token id ${id}: the model's vocabulary has ${this.vocabSize} ids. Use the model's own tokenizer`,
          );
        }
        if (signed[i] >= 0) kept++;
      }
    }
    sortRows(ids, this.vocabSize, tokens, runs, order);
    this.device.write(this.#buffer, new Uint8Array(this.#bytes));
    return kept;
  }

  /** Gives the buffer back. */
  dispose(): void {
    this.device.free(this.#buffer);
  }
}
