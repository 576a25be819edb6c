/**
 * The training step of several ranks: lanes, an ordered sum of gradients, and an update divided over ranks.
 *
 * A batch is cut into lanes. Each lane sums the gradients of its micro-batches from zero, on one rank, and lanes are then
 * added in order, so that a run with given lanes gives the same bits on any number of data ranks D that divides them. Rank r
 * computes lanes r, r + D, r + 2D, ...: each round of exchanges adds the next D lanes.
 *
 *     lanes of this rank -> ordered reduce-scatter -> parts of the norm -> all parts to all -> finish -> AdamW on the own
 *     part -> weights to all
 *
 * Everything that decides an update, the norm, the loss and the ring of earlier losses, is equal on all ranks, and so is the
 * decision. One flow of control asks for all exchanges, so that all ranks ask for them in the same order.
 *
 * @module
 */
import { overlapOf, type TraceEvent, Tracer } from "../../../base/trace.ts";
import type { FileMatrix } from "../../../formats/tensors/matrix.ts";
import type { MemoryPlan, Program } from "../../../gpu/mod.ts";
import type { BatchRow } from "../../architecture/batch.ts";
import { type ModelHandle, type ModelState, stateOf } from "../../model_state.ts";
import type { HeldParameters } from "../../ranks/held_parameters.ts";
import { spreadParameters } from "../../ranks/spread.ts";
import type { OwnedArena } from "../../weights/owned_arena.ts";
import { drainArena, type ParameterPieces, type TransferOptions } from "../../weights/stream_weights.ts";
import type { ParameterLayout } from "../../weights/weight_layout.ts";
import { checkMatrices } from "../../weights/weight_source.ts";
import type { AdamMoment, TrainingStepOptions } from "../build_step.ts";
import { Adapters } from "../lora_adapters.ts";
import { firstNonFinite } from "../non_finite.ts";
import { StepRing } from "../step_ring.ts";
import type { Stepping, StepRecord } from "../stepping.ts";
import { buildParallel, type ParallelOptions, type ParallelParts } from "./build_parallel.ts";
import { askForNorms, gatheringStore } from "./divided_arenas.ts";
import { LaneRunner } from "./lane_runner.ts";
import { gatherNormParts } from "./norm_gather.ts";
import { sumLosses, sumReplicated } from "./replicated_sum.ts";
import { WeightGather } from "./weight_gather.ts";

/** A model's training step on several ranks, with gradients and its part of the moments. */
export class ParallelStep implements Stepping {
  readonly #model: ModelState;
  readonly #parts: ParallelParts;
  readonly #parallel: ParallelOptions;
  readonly #ring: StepRing;
  readonly #lanes: LaneRunner;
  readonly #weights?: WeightGather;
  readonly #tracer = new Tracer();
  readonly #unwatch: (() => void)[];
  #aligned = false;
  /** The end of the last step: the weights of other ranks on their way to the GPU. */
  #arriving: Promise<void> = Promise.resolve();

  private constructor(
    model: ModelState,
    parts: ParallelParts,
    options: TrainingStepOptions,
    parallel: ParallelOptions,
  ) {
    this.#model = model;
    this.#parts = parts;
    this.#parallel = parallel;
    this.#ring = new StepRing(parts.device, parts.state, options);
    const { data, model: copies } = parallel.ranks;
    this.#lanes = new LaneRunner(parts, parallel, this.#tracer);
    const { device, buckets, gathered } = parts;
    if (gathered) {
      const { overlap = true } = parallel;
      const alive = () => !model.disposed;
      const settings = { device, group: data, buckets, overlap, alive, tracer: this.#tracer };
      this.#weights = new WeightGather({ ...settings, ...gathered });
    }
    this.#unwatch = [...new Set([data, copies])]
      .map(({ log }) => log.watch((record) => this.#tracer.addCollective(record)));
  }

  /**
   * Allocates gradients and the own part of the moments, and compiles the programs; sends nothing to other ranks. The
   * moments start at zero.
   *
   * @throws {ConfigError} for lanes that the data ranks cannot share evenly, naming the numbers of ranks that can
   * @throws {DeviceError} when it does not fit the device
   */
  static async create(
    model: ModelHandle,
    options: TrainingStepOptions,
    parallel: ParallelOptions,
  ): Promise<ParallelStep> {
    const state = stateOf(model);
    return new ParallelStep(state, await buildParallel(state, options, parallel), options, parallel);
  }

  /**
   * Runs one step, together with the other ranks; resolves when all of its exchanges are asked for. {@linkcode
   * ParallelStep.settle} waits until the weights are there.
   *
   * @param lanes the sequences of each lane of this rank, in order; a lane may be empty
   * @param step index of the update, counted from 1
   * @param kept number of targets of the whole batch, over all ranks, that are not ignored
   * @throws {DataError} for ids outside the vocabulary
   */
  async run(
    lanes: readonly (readonly BatchRow[])[],
    step: number,
    learningRate: number,
    kept: number,
  ): Promise<void> {
    await this.settle();
    const { device, markChanged } = this.#parts;
    device.check();
    if (!this.#aligned) await this.#tracer.align(this.#parallel.ranks.world);
    this.#aligned = true;
    this.#ring.begin(step, learningRate, kept);
    markChanged();
    await this.#sumLanes(lanes);
    await this.#gatherNorm();
    await this.#update();
    this.#ring.note(step);
  }

  /** Computes the lanes and leaves the sum of their gradients where it is updated, and of their losses on all ranks. */
  async #sumLanes(lanes: readonly (readonly BatchRow[])[]): Promise<void> {
    const { ranks: { data, model }, zero = 1 } = this.#parallel;
    const { buckets, replicated } = this.#parts;
    const runner = this.#lanes;
    const losses = new Float32Array(lanes.length);
    for (const [i, rows] of lanes.entries()) losses[i] = await runner.run(rows);
    const sums = await runner.exchange.takeSums();
    if (data.size * model.size * lanes.length > 1) {
      this.#ring.writeLoss(await sumLosses(losses, data, model));
    }
    await sumReplicated(sums, buckets, data.rank, replicated, model);
    if (zero === 0 && data.size > 1) await runner.exchange.gather(sums);
    else runner.exchange.write(sums);
  }

  /** Measures the parts of the norm of what is held here, and brings those of all ranks together. */
  async #gatherNorm(): Promise<void> {
    const { device, norms, ownParts, parts, buckets, replicated, gathered } = this.#parts;
    const { data, model } = this.#parallel.ranks;
    const begin = this.#tracer.now();
    norms?.replay();
    const [own] = await device.read([ownParts.range()]);
    this.#tracer.add("compute", "norm", begin);
    const groups = { data: gathered && data, model };
    device.write(
      parts.range().buffer,
      await gatherNormParts(new Float32Array(own), groups, buckets, replicated),
    );
  }

  /** Updates what is held here, and asks for its way to all ranks. */
  async #update(): Promise<void> {
    const { device, update, sync, master } = this.#parts;
    const encoder = device.gpu.createCommandEncoder();
    update.encode(encoder);
    if (!this.#weights) {
      device.gpu.queue.submit([encoder.finish()]);
      return;
    }
    const arrive = await this.#weights.ask(encoder);
    const norms = master && await askForNorms(this.#model, master, this.#parallel.ranks.data);
    this.#arriving = (async () => {
      await arrive();
      await norms?.();
      if (!this.#model.disposed) sync?.replay();
    })();
    this.#arriving.catch(() => {}); // whoever settles is told
  }

  /** Waits until the weights of the last step are on the GPU, or throws the error of their exchange. */
  async settle(): Promise<void> {
    await this.#arriving;
  }

  /** Reads the records of the steps since the last call, of the newest 256; waits for the GPU. */
  async read(): Promise<StepRecord[]> {
    await this.settle();
    return await this.#ring.read();
  }

  /** Writes the records of earlier steps to the ring, so that the spike rule compares the next steps with them. */
  recall(records: readonly StepRecord[]): void {
    this.#ring.recall(records);
  }

  /** Returns the first parameter whose gradient is not finite on any rank, or undefined. Every rank calls it. */
  async nonFinite(): Promise<string | undefined> {
    await this.settle();
    const { device, gradients, held } = this.#parts;
    return await firstNonFinite(device, this.layout, gradients, held, this.#parallel.ranks.world);
  }

  /** Returns a moment as this rank holds it, for checkpoints. */
  held(moment: AdamMoment): HeldParameters {
    const { device, moments: { [moment]: arena } } = this.#parts;
    if (arena.place.size > 1) return { device, layout: this.layout, divided: arena };
    return {
      device,
      layout: this.layout,
      store: gatheringStore(arena, this.#parallel.ranks.data, "moments"),
    };
  }

  /** Reads a moment, parameter after parameter. Where moments are divided, every rank reads all of it in the same order. */
  async *moments(moment: AdamMoment, options: TransferOptions = {}): AsyncGenerator<ParameterPieces> {
    await this.settle();
    const { device, moments } = this.#parts;
    const store = gatheringStore(moments[moment], this.#parallel.ranks.data, "moments");
    yield* drainArena(device, this.layout, store, options);
  }

  /**
   * Replaces the moments by those of a checkpoint, piece by piece; a rank keeps what it owns.
   *
   * @param file the checkpoint's file, for errors
   * @throws {FormatError} for a parameter that is missing, unknown or of another shape
   */
  async restore(
    matrices: Readonly<Record<AdamMoment, ReadonlyMap<string, FileMatrix>>>,
    file: string,
  ): Promise<void> {
    const { ranks } = this.#parallel;
    for (const moment of ["m", "v"] as const) checkMatrices(this.layout, matrices[moment], file);
    for (const moment of ["m", "v"] as const) {
      await spreadParameters(ranks, this.held(moment), matrices[moment]);
    }
  }

  /** The own part of both moments; undefined where each rank holds all. */
  get owned(): Readonly<Record<AdamMoment, OwnedArena>> | undefined {
    const { moments } = this.#parts;
    return moments.m.place.size > 1 ? moments : undefined;
  }

  /** The parameters that are trained. */
  get layout(): ParameterLayout {
    return this.#parts.trainable.layout;
  }

  /** The adapters, when they are trained instead of the weights. */
  get adapters(): Adapters | undefined {
    const { trainable } = this.#parts;
    return trainable instanceof Adapters ? trainable : undefined;
  }

  /** The memory of activations and scratch. */
  get memory(): MemoryPlan {
    return this.#parts.micro.memory;
  }

  /** The recorded forward and backward pass. */
  get program(): Program {
    return this.#parts.micro;
  }

  /** Returns the newest events of this rank's steps. */
  trace(): TraceEvent[] {
    return this.#tracer.events();
  }

  /** Share of the time of this rank's exchanges that lay under computation, from 0 to 1. */
  get overlap(): number {
    return overlapOf(this.trace());
  }

  /** Frees gradients, moments and programs. */
  dispose(): void {
    for (const unwatch of this.#unwatch) unwatch();
    this.#lanes.exchange.dispose();
    this.#weights?.dispose();
    this.#parts.owned.dispose();
  }
}
