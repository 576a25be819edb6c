/**
 * Scoring: the log-probability of each target of a batch, without gradients.
 *
 * @module
 */
import { type Program, Recorder, type Tensor } from "../../gpu/mod.ts";
import { outputLoss } from "../../ops/mod.ts";
import { upload } from "../../ops/mod.ts";
import { Batch, type BatchRow } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import type { ModelState } from "../model_state.ts";

/** What a scored row gives. */
export interface RowScore {
  /** Minus the log-probability of each position's target in nats, 0 where ignored. */
  nll: Float32Array;
  /** The most likely token at each position. */
  best: Uint32Array;
}

/** A forward program for batches of one shape. */
export class Scorer {
  private constructor(
    private readonly model: ModelState,
    private readonly batch: Batch,
    private readonly program: Program,
    private readonly nll: Tensor,
    private readonly best: Tensor,
    private readonly scale: Tensor,
  ) {}

  /** Records and compiles the program for `batch` sequences of `length`. */
  static async create(model: ModelState, batch: number, length: number): Promise<Scorer> {
    const { device, layout, angles, config, name } = model;
    const owner = `${name}: score`;
    const rows = new Batch(device, owner, batch, length, config.vocabSize);
    const scale = upload(device, "scale", { shape: [1], data: Float32Array.of(1) });
    const r = new Recorder(device, "all", false);
    const weights = layout.views(model);
    const { tokens, positions, spans, targets } = rows;
    const x = llama(r, weights, { tokens, positions, spans, angles, batch }, config);
    const nll = r.tensor("nll", [x.rows]);
    const best = r.tensor("best", [x.rows], "u32");
    outputLoss(r, x, weights.output, { targets, scale, nll, best });
    const program = await r.compile(owner, [nll, best]);
    model.program = program;
    return new Scorer(model, rows, program, nll, best, scale);
  }

  /** Scores up to `batch` rows. */
  async score(rows: readonly BatchRow[]): Promise<RowScore[]> {
    this.batch.fill(rows);
    this.program.replay();
    const [nll, best] = await this.model.device.read([this.nll.range(), this.best.range()]);
    const T = this.batch.length;
    const losses = new Float32Array(nll);
    const tokens = new Uint32Array(best);
    return rows.map((_, b) => ({
      nll: losses.subarray(b * T, (b + 1) * T),
      best: tokens.subarray(b * T, (b + 1) * T),
    }));
  }

  /** Gives the program back. */
  dispose(): void {
    this.program.dispose();
    this.batch.dispose();
    this.model.device.free(this.scale.range().buffer);
  }
}
