/**
 * The training step: forward, backward and update as two programs that are replayed.
 *
 * A batch of k micro-batches is k replays of `micro`, which adds to the gradients, and one of `update`, which clips them and
 * applies AdamW. Nothing is awaited: losses and norms gather in a ring on the GPU and are read back on request.
 *
 * @module
 */
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import { type MemoryPlan, type Program, Recorder } from "../../gpu/mod.ts";
import { gatherValues } from "../../base/exchange.ts";
import type { BatchRow } from "../architecture/batch.ts";
import { singleGroup } from "../../parallel/mod.ts";
import { runProgram } from "../exchange_rows.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import { gatherParts } from "../ranks/gather_parts.ts";
import { type NamedWeights, readParameters } from "../weights/named_weights.ts";
import {
  drainArena,
  fillArena,
  type ParameterPieces,
  type TransferOptions,
} from "../weights/stream_weights.ts";
import type { ParameterLayout } from "../weights/weight_layout.ts";
import { checkMatrices } from "../weights/weight_source.ts";
import { type AdamMoment, buildStep, type StepParts, type TrainingStepOptions } from "./build_step.ts";
import { Adapters } from "./lora_adapters.ts";
import { firstNonFinite } from "./non_finite.ts";
import { StepRing } from "./step_ring.ts";
import type { HeldParameters } from "../ranks/held_parameters.ts";
import type { Stepping, StepRecord } from "./stepping.ts";

/** A model's training step, with gradients and moments. */
export class TrainingStep implements Stepping {
  readonly #parts: StepParts;
  readonly #ring: StepRing;

  private constructor(parts: StepParts, options: TrainingStepOptions) {
    this.#parts = parts;
    this.#ring = new StepRing(parts.device, parts.state, options);
  }

  /**
   * Allocates gradients and moments, and compiles the programs. The moments start at zero.
   *
   * @throws {DeviceError} when it does not fit the device
   */
  static async create(model: ModelHandle, options: TrainingStepOptions): Promise<TrainingStep> {
    return new TrainingStep(await buildStep(stateOf(model), options), options);
  }

  /**
   * Enqueues one step and returns at once.
   *
   * @param rows the batch, of any number of sequences; it is split into micro-batches
   * @param step index of the update, counted from 1
   * @throws {DataError} for ids outside the vocabulary
   */
  run(rows: readonly BatchRow[], step: number, learningRate: number): void {
    this.#parts.device.check();
    this.#ring.begin(step, learningRate, keptTargets(rows));
    this.#parts.markChanged();
    this.#submit(rows, this.#parts.update);
    this.#ring.note(step);
  }

  /**
   * Clears the gradients, and submits every micro-batch. One submission per micro-batch, since each finds its ids in the
   * same buffer; the last one also carries `after`.
   */
  #submit(rows: readonly BatchRow[], after?: Program): void {
    const { device: { gpu }, batch, micro, gradients, state, trainable } = this.#parts;
    const size = batch.batch;
    const count = Math.max(1, Math.ceil(rows.length / size));
    for (let i = 0; i < count; i++) {
      batch.fill(rows.slice(i * size, (i + 1) * size));
      const encoder = gpu.createCommandEncoder();
      if (i === 0) {
        for (const sum of [gradients, ...trainable.scratch]) sum.clear(encoder);
        encoder.clearBuffer(state.loss.range().buffer);
      }
      micro.encode(encoder);
      if (i === count - 1) after?.encode(encoder);
      gpu.queue.submit([encoder.finish()]);
    }
  }

  /** Runs every micro-batch together with the other processes of the model, and `after` alone. */
  async #runShared(rows: readonly BatchRow[], after?: Program): Promise<void> {
    const { device: { gpu }, batch, micro, gradients, state, trainable, group } = this.#parts;
    const encoder = gpu.createCommandEncoder();
    for (const sum of [gradients, ...trainable.scratch]) sum.clear(encoder);
    encoder.clearBuffer(state.loss.range().buffer);
    gpu.queue.submit([encoder.finish()]);
    for (let i = 0; i === 0 || i < rows.length; i += batch.batch) {
      batch.fill(rows.slice(i, i + batch.batch));
      await runProgram(micro, group);
    }
    after?.replay();
  }

  /** Resolves at once: whoever uses the model after a step finds its weights. */
  settle(): Promise<void> {
    return Promise.resolve();
  }

  /** Reads the records of the steps enqueued since the last call, of the newest 256; waits for the GPU. */
  read(): Promise<StepRecord[]> {
    return this.#ring.read();
  }

  /** Writes the records of earlier steps to the ring, so that the spike rule compares the next steps with them. */
  recall(records: readonly StepRecord[]): void {
    this.#ring.recall(records);
  }

  /**
   * Computes loss and gradients of a batch without an update, for tests and for looking inside. The processes of a model call
   * it together; each gets the whole loss and all gradients.
   */
  async gradients(rows: readonly BatchRow[]): Promise<{ loss: number; gradients: NamedWeights }> {
    const { device, trainable, gradients, state } = this.#parts;
    this.#ring.write({ kept: keptTargets(rows), learningRate: 0, weightDecay: 0, t: 1, clip: 1, slot: 0 });
    const r = new Recorder(device, "all", false);
    trainable.collectGradients(r, gradients);
    const collect = r.calls.length ? await r.compile("gradients") : undefined;
    const { group } = this.#parts;
    if (group.size === 1) this.#submit(rows, collect);
    else await this.#runShared(rows, collect);
    collect?.dispose();
    const named = await readParameters(device, this.layout, gradients);
    const [bytes] = await device.read([state.loss.range()]);
    const losses = await gatherValues(group, new Float32Array(bytes)[0], "loss");
    const loss = losses.reduce((sum, own) => Math.fround(sum + own));
    return { loss, gradients: await gatherParts(group, this.layout, named, { sum: true }) };
  }

  /** Returns the first parameter whose gradient is not finite, or undefined; a `NumericsError` names it. */
  async nonFinite(): Promise<string | undefined> {
    const { device, gradients } = this.#parts;
    const all = [{ start: 0, size: gradients.size }];
    return await firstNonFinite(device, this.layout, gradients, all, singleGroup);
  }

  /** Returns a moment, which is held whole, for checkpoints. */
  held(moment: AdamMoment): HeldParameters {
    return { device: this.#parts.device, layout: this.layout, store: this.#parts.moments[moment] };
  }

  /** Reads a moment for a checkpoint, parameter after parameter in pieces of 16 MB. */
  moments(moment: AdamMoment, options: TransferOptions = {}): AsyncGenerator<ParameterPieces> {
    return drainArena(this.#parts.device, this.layout, this.#parts.moments[moment], options);
  }

  /**
   * Replaces the moments by those of a checkpoint, piece by piece.
   *
   * @param file the checkpoint's file, for errors
   * @throws {FormatError} for a parameter that is missing, unknown or of another shape
   */
  async restore(
    moments: Readonly<Record<AdamMoment, ReadonlyMap<string, FileMatrix>>>,
    file: string,
  ): Promise<void> {
    const { device, moments: arenas } = this.#parts;
    for (const moment of ["m", "v"] as const) checkMatrices(this.layout, moments[moment], file);
    for (const moment of ["m", "v"] as const) {
      await fillArena(device, this.layout, arenas[moment], moments[moment]);
    }
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

  /** Frees gradients, moments and programs. */
  dispose(): void {
    this.#parts.owned.dispose();
  }
}

/** Counts the targets of rows that are not ignored. */
export function keptTargets(rows: readonly BatchRow[]): number {
  let count = 0;
  for (const { ids, targets } of rows) {
    for (let t = 0; t < Math.min(ids.length, targets?.length ?? 0); t++) if (targets![t] >= 0) count++;
  }
  return count;
}
