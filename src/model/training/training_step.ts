/**
 * The training step: forward, backward and update as two programs that are replayed.
 *
 * `micro` runs a micro-batch forward and backward and adds to the gradients; `update` measures their norm, clips and
 * applies AdamW. A batch of k micro-batches is k replays of the first and one of the second. Nothing is awaited:
 * losses and norms gather in a ring on the GPU and are read when somebody wants to see them.
 *
 * @module
 */
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import { type Device, type MemoryPlan, type Program, Recorder, type Save, Tensor } from "../../gpu/mod.ts";
import { Batch, type BatchRow } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import type { ModelState } from "../model_state.ts";
import type { LoraSettings } from "./lora_options.ts";
import { Adapters, type NamedWeights } from "./lora_adapters.ts";
import { checkMatrices } from "../weights/weight_source.ts";
import { allWeights, type Trainable } from "./trainable.ts";
import {
  drainArena,
  fillArena,
  type ParameterPieces,
  type TransferOptions,
} from "../weights/stream_weights.ts";
import { makeArena, type ParameterLayout, readParameters } from "../weights/weight_layout.ts";
import {
  adamw,
  type AdamWOptions,
  finishStep,
  lossSum,
  outputLoss,
  type StepState,
  stepWords,
} from "../../ops/mod.ts";

/** The shape and the constants of a run's steps. */
export interface TrainingStepOptions extends AdamWOptions {
  /** Train adapters of this kind instead of the weights themselves, drawn with `seed`. */
  lora?: LoraSettings & { seed: number };
  /** Sequences of a micro-batch. */
  microBatch: number;
  /** Positions of a sequence. */
  context: number;
  /** What the forward pass keeps for the backward pass. */
  save: Save;
  /** Decoupled weight decay on tensors of two dimensions. */
  weightDecay: number;
  /** Largest gradient norm. */
  clip: number;
  /** Standard deviations above the last losses at which a step is not applied; 0, the default, to apply all. */
  spike?: number;
}

/** What a step leaves in the ring. */
export interface StepRecord {
  /** Index of the step, counted from 1. */
  step: number;
  /** Loss of the batch before the update, nats per kept target. */
  loss: number;
  /** Gradient norm before clipping. */
  gradNorm: number;
  /** Learning rate of the update. */
  learningRate: number;
  /** True when nothing was updated: loss or norm was not finite, or the loss a spike. */
  skipped: boolean;
}

/** The first or the second moment of AdamW. */
export type AdamMoment = "m" | "v";

const slots = 256;

/** A model's training step, with gradients and moments. */
export class TrainingStep {
  #trained: Trainable;
  #device: Device;
  #options: TrainingStepOptions;
  #batch: Batch;
  #micro: Program;
  #update: Program;
  #state: StepState;
  #gradients: Tensor;
  #moments: { m: Tensor; v: Tensor };
  #owned: GPUBuffer[];
  /** Steps enqueued whose records were not read yet. */
  #pending: number[] = [];

  private constructor(parts: {
    device: Device;
    trained: Trainable;
    options: TrainingStepOptions;
    batch: Batch;
    micro: Program;
    update: Program;
    state: StepState;
    gradients: Tensor;
    moments: { m: Tensor; v: Tensor };
    owned: GPUBuffer[];
  }) {
    this.#trained = parts.trained;
    this.#device = parts.device;
    this.#options = parts.options;
    this.#batch = parts.batch;
    this.#micro = parts.micro;
    this.#update = parts.update;
    this.#state = parts.state;
    this.#gradients = parts.gradients;
    this.#moments = parts.moments;
    this.#owned = parts.owned;
  }

  /** Allocates gradients and moments, records and compiles the programs. Moments start at zero. */
  static async create(model: ModelState, options: TrainingStepOptions): Promise<TrainingStep> {
    const { device, config } = model;
    const owner = `${model.name}: train`;
    const owned: GPUBuffer[] = [];
    let batch: Batch | undefined;
    let micro: Program | undefined;
    let trained: Trainable | undefined;
    try {
      const { lora } = options;
      trained = lora ? await Adapters.create(model, lora, lora.seed) : allWeights(model);
      const { size, decayed } = trained.layout;
      const arena = (name: string) => keep(makeArena(device, `${owner} ${name}`, size));
      const keep = (tensor: Tensor) => {
        owned.push(tensor.storage.buffer!);
        return tensor;
      };
      const small = (name: string, shape: number[]) => {
        const bytes = shape.reduce((a, b) => a * b, 1) * 4;
        const buffer = device.buffer(`${owner} ${name}`, bytes);
        return keep(new Tensor(name, shape, "f32", { name, bytes, buffer, offset: 0 }));
      };
      const gradients = arena("gradients");
      const moments = { m: arena("m"), v: arena("v") };
      const state = {
        step: small("step", [8]),
        loss: small("loss", [1]),
        control: small("control", [2]),
        ring: small("ring", [slots, 4]),
      };
      batch = new Batch(device, owner, options.microBatch, options.context, config.vocabSize);

      const r = new Recorder(device, options.save);
      const weights = trained.weights(gradients);
      const { tokens, positions, spans, targets } = batch;
      const x = llama(r, weights, {
        tokens,
        positions,
        spans,
        angles: model.angles,
        batch: options.microBatch,
      }, config);
      const nll = r.tensor("nll", [x.rows]);
      outputLoss(r, x, weights.output, { targets, scale: state.step, nll });
      lossSum(r, nll, state.step, state.loss);
      r.backward();
      micro = await r.compile(owner);

      const u = new Recorder(device, "all", false);
      trained.collectGradients(u, gradients);
      finishStep(u, gradients, state);
      adamw(u, { weights: trained.arena, gradients, ...moments, decayed }, state, options);
      trained.syncToModel(u);
      const update = await u.compile(`${owner} update`);
      return new TrainingStep({
        device,
        trained,
        options,
        batch,
        micro,
        update,
        state,
        gradients,
        moments,
        owned,
      });
    } catch (error) {
      micro?.dispose();
      batch?.dispose();
      trained?.dispose();
      for (const buffer of owned) device.free(buffer);
      throw error;
    }
  }

  /**
   * Enqueues one step and returns at once.
   *
   * @param rows the batch: any number of micro-batches of at most `microBatch` sequences each
   * @param step index of the update, counted from 1
   * @throws {DataError} for ids outside the vocabulary
   */
  run(rows: readonly BatchRow[], step: number, learningRate: number): void {
    this.#device.check();
    const { weightDecay, clip, spike } = this.#options;
    const kept = rows.reduce((sum, row) => sum + countKept(row), 0);
    const values = { kept, learningRate, weightDecay, t: step, clip, slot: step % slots, spike };
    this.#write(this.#state.step, stepWords(values, this.#options));
    this.#submit(rows, this.#update);
    this.#pending.push(step);
    if (this.#pending.length > slots) this.#pending.shift(); // overwritten in the ring
  }

  /**
   * Clears the gradients, runs every micro-batch forward and backward, then `after`. One submission for each
   * micro-batch, since each needs its ids in place; the last one carries what comes after.
   */
  #submit(rows: readonly BatchRow[], after?: Program): void {
    const { gpu } = this.#device;
    const size = this.#batch.batch;
    const count = Math.max(1, Math.ceil(rows.length / size));
    for (let i = 0; i < count; i++) {
      this.#batch.fill(rows.slice(i * size, (i + 1) * size));
      const encoder = gpu.createCommandEncoder();
      if (i === 0) {
        for (const tensor of [this.#gradients, this.#state.loss, ...this.#trained.scratch]) {
          encoder.clearBuffer(tensor.range().buffer);
        }
      }
      this.#micro.encode(encoder);
      if (i === count - 1) after?.encode(encoder);
      gpu.queue.submit([encoder.finish()]);
    }
  }

  #write(tensor: Tensor, data: Float32Array<ArrayBuffer>): void {
    const { buffer, offset } = tensor.range();
    this.#device.write(buffer, data, offset);
  }

  /** The records of all steps enqueued since the last call (the newest 256 of them); waits for the GPU. */
  async read(): Promise<StepRecord[]> {
    const steps = this.#pending;
    this.#pending = [];
    const [bytes] = await this.#device.read([this.#state.ring.range()]);
    const ring = new Float32Array(bytes);
    return steps.map((step) => {
      const [loss, gradNorm, updated, learningRate] = ring.subarray(
        (step % slots) * 4,
        (step % slots) * 4 + 4,
      );
      return { step, loss, gradNorm, learningRate, skipped: updated === 0 };
    });
  }

  /** Puts the records of earlier steps back, so that the next ones are compared with them. */
  recall(records: readonly StepRecord[]): void {
    const ring = new Float32Array(4 * slots);
    for (const { step, loss, gradNorm, learningRate, skipped } of records.slice(-slots)) {
      ring.set([loss, gradNorm, skipped ? 0 : 1, learningRate], step % slots * 4);
    }
    this.#write(this.#state.ring, ring);
  }

  /** Loss and gradients of a batch, without an update: for tests and for looking inside. */
  async gradients(rows: readonly BatchRow[]): Promise<{ loss: number; gradients: NamedWeights }> {
    const kept = rows.reduce((sum, row) => sum + countKept(row), 0);
    this.#write(
      this.#state.step,
      stepWords({ kept, learningRate: 0, weightDecay: 0, t: 1, clip: 1, slot: 0 }, this.#options),
    );
    const r = new Recorder(this.#device, "all", false);
    this.#trained.collectGradients(r, this.#gradients);
    const gather = r.calls.length ? await r.compile("gradients") : undefined;
    this.#submit(rows, gather);
    gather?.dispose();
    const gradients = await readParameters(this.#device, this.layout, this.#gradients);
    const [loss] = await this.#device.read([this.#state.loss.range()]);
    return { loss: new Float32Array(loss)[0], gradients };
  }

  /** Name of the first parameter whose gradient is not finite, or undefined: what a NumericsError names. */
  async nonFinite(): Promise<string | undefined> {
    for (const [name, data] of await readParameters(this.#device, this.layout, this.#gradients)) {
      if (!data.every(Number.isFinite)) return name;
    }
    return undefined;
  }

  /** A moment, parameter after parameter in pieces of some megabytes, for a checkpoint. */
  moments(which: AdamMoment, options: TransferOptions = {}): AsyncGenerator<ParameterPieces> {
    return drainArena(this.#device, this.layout, this.#moments[which], options);
  }

  /**
   * Puts moments back as a checkpoint held them, piece by piece.
   *
   * @throws {FormatError} for a parameter that is missing, unknown or of another shape
   */
  async restore(
    moments: Readonly<Record<AdamMoment, ReadonlyMap<string, FileMatrix>>>,
    file: string,
  ): Promise<void> {
    for (const which of ["m", "v"] as const) checkMatrices(this.layout, moments[which], file);
    for (const which of ["m", "v"] as const) {
      await fillArena(this.#device, this.layout, this.#moments[which], moments[which]);
    }
  }

  /** The parameters that are trained. */
  get layout(): ParameterLayout {
    return this.#trained.layout;
  }

  /** The adapters, where those are what is trained. */
  get adapters(): Adapters | undefined {
    return this.#trained instanceof Adapters ? this.#trained : undefined;
  }

  /** What the programs' own tensors take. */
  get memory(): MemoryPlan {
    return this.#micro.memory;
  }

  /** The recorded forward and backward pass. */
  get program(): Program {
    return this.#micro;
  }

  /** Gives gradients, moments and programs back. */
  dispose(): void {
    this.#micro.dispose();
    this.#update.dispose();
    this.#batch.dispose();
    this.#trained.dispose();
    for (const buffer of this.#owned) this.#device.free(buffer);
    this.#owned = [];
  }
}

function countKept(row: BatchRow): number {
  let kept = 0;
  for (let t = 0; t < Math.min(row.ids.length, row.targets?.length ?? 0); t++) {
    if (row.targets![t] >= 0) kept++;
  }
  return kept;
}
