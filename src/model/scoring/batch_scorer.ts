/**
 * Scores of batches: the log-probability of each target, without gradients.
 *
 * @module
 */
import type { Group } from "../../base/exchange.ts";
import { type Program, Recorder, type Tensor } from "../../gpu/mod.ts";
import { outputLoss, upload } from "../../ops/mod.ts";
import { Batch, type BatchRow } from "../architecture/batch.ts";
import { positionsAtOnce } from "../architecture/positions_at_once.ts";
import { llama } from "../architecture/llama.ts";
import { runProgram } from "../exchange_rows.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";

/** The scores of one sequence. */
export interface RowScore {
  /** [T] minus the log-probability of each position's target in nats, 0 if ignored. */
  nll: Float32Array;
  /** [T] the most likely token at each position. */
  best: Uint32Array;
}

/** Positions of a batch that suits the kernels. [ours] */
const batchPositions = 1024;

/** Returns the number of sequences of `length` positions to score at once; fewer where a device holds or binds less. */
export function sequencesAtOnce({ config, device }: ModelHandle, length: number): number {
  return Math.max(1, Math.floor(positionsAtOnce(config, device.limits, batchPositions) / length));
}

/** A forward program for batches of one shape. */
export class Scorer {
  private constructor(
    private readonly batch: Batch,
    private readonly program: Program,
    private readonly group: Group,
    private readonly nll: Tensor,
    private readonly best: Tensor,
    private readonly owned: DisposableStack,
  ) {}

  /**
   * Records and compiles the program for `sequences` of `length` positions.
   *
   * @throws {DeviceError} when it does not fit the device; nothing stays allocated
   */
  static async create(model: ModelHandle, sequences: number, length: number): Promise<Scorer> {
    const state = stateOf(model);
    const { device, layout, angles, config, name } = state;
    const owner = `${name}: score`;
    using building = new DisposableStack();
    const batch = building.use(new Batch(device, owner, sequences, length, config.vocabSize));
    const scale = upload(device, `${owner} scale`, { shape: [1], data: Float32Array.of(1) });
    building.defer(() => device.free(scale.range().buffer));
    const r = new Recorder(device, "all", false);
    const weights = layout.views(state);
    const { tokens, positions, spans, targets } = batch;
    const input = { tokens, positions, spans, angles, batch: sequences, shard: layout.shard };
    const x = llama(r, weights, input, config);
    const nll = r.tensor("nll", [x.rows]);
    const best = r.tensor("best", [x.rows], "u32");
    outputLoss(r, x, weights.output, { targets, scale, nll, best, vocabSize: config.vocabSize });
    const program = await r.compile(owner, [nll, best]);
    building.defer(() => program.dispose());
    state.program = program;
    return new Scorer(batch, program, state.group, nll, best, building.move());
  }

  /** Scores at most as many rows as the program has sequences. */
  async score(rows: readonly BatchRow[]): Promise<RowScore[]> {
    this.batch.fill(rows);
    await runProgram(this.program, this.group);
    const [nll, best] = await this.batch.device.read([this.nll.range(), this.best.range()]);
    const T = this.batch.length;
    const losses = new Float32Array(nll);
    const tokens = new Uint32Array(best);
    return rows.map((_, b) => ({
      nll: losses.subarray(b * T, (b + 1) * T),
      best: tokens.subarray(b * T, (b + 1) * T),
    }));
  }

  /** Frees the program. */
  dispose(): void {
    this.owned.dispose();
  }
}
