/**
 * The build of a training step: the tensors of gradients and moments, and the two programs that use them.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Group } from "../../base/exchange.ts";
import { type Device, type Program, Recorder, type Remedy, type Save, Tensor } from "../../gpu/mod.ts";
import { adamw, type AdamWOptions, finishStep, type StepState } from "../../ops/mod.ts";
import { Batch } from "../architecture/batch.ts";
import type { ModelState } from "../model_state.ts";
import { Arena } from "../weights/arena.ts";
import { Adapters } from "./lora_adapters.ts";
import type { LoraSettings } from "./lora_options.ts";
import { recordMicroBatch } from "./micro_batch.ts";
import { requireStepRoom } from "./step_room.ts";
import { allWeights, type Trainable, type TrainedWeights } from "./trainable.ts";

/** The shape and the constants of a run's steps. */
export interface TrainingStepOptions extends AdamWOptions {
  /** Trains adapters of this kind, drawn with `seed`, instead of the weights. */
  lora?: LoraSettings & { seed: number };
  /** Sequences per micro-batch. */
  microBatch: number;
  /** Positions per sequence. */
  context: number;
  /** The activations that the forward pass keeps for the backward pass. */
  save: Save;
  /** Decoupled weight decay on tensors of two dimensions. */
  weightDecay: number;
  /** Largest gradient norm. */
  clip: number;
  /** Standard deviations above the last losses at which a step is not applied; 0, the default, applies all. */
  spike?: number;
  /** A sentence for the error of a step that does not fit (default: names options of a run). */
  remedy?: string;
}

/** The first or the second moment of AdamW. */
export type AdamMoment = "m" | "v";

/** Records of steps that the ring on the GPU holds. */
export const ringSize = 256;

/** A sentence for the error of gradients and moments that do not fit. */
export const arenaRemedy =
  "Gradients and moments take 12 bytes per weight: train adapters (lora), choose a smaller model, or use " +
  "an adapter or a memoryLimit that has room";

/** The parts of a training step that it shares with a step of several processes. */
export interface MicroBatchParts<T extends TrainedWeights = TrainedWeights> {
  readonly device: Device;
  /** The processes that hold the model together. */
  readonly group: Group;
  /** The weights or the adapters that are trained. */
  readonly trainable: T;
  /** The inputs of `micro`. */
  readonly batch: Batch;
  /** Runs one micro-batch forward and backward, and adds to `gradients` and to the loss. */
  readonly micro: Program;
  /** The scalars of a step, and the ring of records. */
  readonly state: StepState;
  /** The sum of gradients over the micro-batches. */
  readonly gradients: Arena;
}

/** The tensors and the programs of a training step. */
export interface StepParts extends MicroBatchParts<Trainable> {
  /** Measures the norm of `gradients`, clips them, applies AdamW, and writes a record to the ring. */
  readonly update: Program;
  /** Both moments. */
  readonly moments: Readonly<Record<AdamMoment, Arena>>;
  /** Keeps the weights in f32 that the step made for itself: a model that no step has changed does without them again. */
  markChanged(): void;
  /** Frees all of the above. */
  readonly owned: DisposableStack;
}

/**
 * Allocates gradients and moments, and compiles the programs. The moments start at zero.
 *
 * @throws {DeviceError} when it does not fit the device; nothing stays allocated
 */
export async function buildStep(model: ModelState, options: TrainingStepOptions): Promise<StepParts> {
  const { device } = model;
  using building = new DisposableStack();
  model.checkTrainable();
  checkShared(model, options);
  requireStepRoom(model, options);
  const { trainable, markChanged } = await buildTrainable(model, options, building);
  const arena = (name: AdamMoment) => allocateArena(model, name, trainable, options, building);
  const moments = { m: arena("m"), v: arena("v") };
  const parts = await buildMicroBatch(model, options, trainable, building);
  const { gradients, state } = parts;

  const update = new Recorder(device, "all", false);
  trainable.collectGradients(update, gradients);
  finishStep(update, gradients.chunks, state);
  const { decayed } = trainable.layout;
  const arrays = {
    weights: trainable.arena.chunks,
    gradients: gradients.chunks,
    m: moments.m.chunks,
    v: moments.v.chunks,
  };
  adamw(update, { ...arrays, decayed }, state, options);
  trainable.syncToModel(update);
  const program = await update.compile(`${ownerOf(model)} update`);
  building.defer(() => program.dispose());
  return { ...parts, update: program, moments, markChanged, owned: building.move() };
}

/** Makes what is trained: the weights in f32 of a model that has only halves, or adapters. */
export async function buildTrainable(
  model: ModelState,
  { lora }: TrainingStepOptions,
  building: DisposableStack,
): Promise<{ trainable: Trainable; markChanged(): void }> {
  const madeHere = { changed: false };
  if (await model.requireTrained()) building.defer(() => madeHere.changed || model.dropTrained());
  const trainable = lora ? await Adapters.create(model, lora, lora.seed) : allWeights(model);
  building.defer(() => trainable.dispose());
  return { trainable, markChanged: () => madeHere.changed = true };
}

/** Allocates gradients, inputs and scalars of a step, and compiles the micro-batch. */
export async function buildMicroBatch<T extends TrainedWeights>(
  model: ModelState,
  options: TrainingStepOptions,
  trainable: T,
  building: DisposableStack,
): Promise<MicroBatchParts<T>> {
  const { device } = model;
  const { microBatch, context } = options;
  const owner = ownerOf(model);
  const gradients = allocateArena(model, "gradients", trainable, options, building);
  const small = (name: string, shape: number[]) => smallTensor(model, name, shape, building);
  const state: StepState = {
    step: small("step", [8]),
    loss: small("loss", [1]),
    control: small("control", [2]),
    ring: small("ring", [ringSize, 4]),
  };
  const { config, shard } = model.layout;
  const batch = building.use(new Batch(device, owner, microBatch, context, config.vocabSize, shard));
  const r = new Recorder(device, options.save);
  const { tokens, positions, spans, targets } = batch;
  const input = { tokens, positions, spans, angles: model.angles, batch: microBatch, shard };
  const { step, loss } = state;
  recordMicroBatch(r, trainable.weights(gradients), input, config, { targets, step, loss });
  const micro = await r.compile(owner, [], smallerMicroBatch(options));
  building.defer(() => micro.dispose());
  return { device, group: model.group, trainable, batch, micro, state, gradients };
}

/** Returns the owner of a step's memory. */
export function ownerOf({ name }: ModelState): string {
  return `${name}: train`;
}

/** Allocates an arena beside the trained parameters. */
function allocateArena(
  model: ModelState,
  name: string,
  { layout }: TrainedWeights,
  { remedy = arenaRemedy }: TrainingStepOptions,
  building: DisposableStack,
): Arena {
  const made = Arena.allocate(model.device, `${ownerOf(model)} ${name}`, layout.places, { remedy });
  return building.adopt(made, () => made.free(model.device));
}

/** Allocates a small tensor of f32. */
export function smallTensor(
  model: ModelState,
  name: string,
  shape: number[],
  building: DisposableStack,
): Tensor {
  const { device } = model;
  const bytes = shape.reduce((a, b) => a * b, 1) * 4;
  const buffer = device.buffer(`${ownerOf(model)} ${name}`, bytes);
  building.defer(() => device.free(buffer));
  return new Tensor(name, shape, "f32", { name, bytes, buffer, offset: 0 });
}

/**
 * Refuses a step that the processes of a model cannot share out.
 *
 * @throws {ConfigError} for rows that their number does not divide, naming what fits
 */
export function checkShared({ layout: { shard: { of } } }: ModelState, options: TrainingStepOptions): void {
  if (of === 1) return;
  const { microBatch, context } = options;
  if (microBatch * context % of === 0) return;
  const fitting = Array.from({ length: of }, (_, i) => i + 1).find((n) => n * context % of === 0);
  throw new ConfigError(
    `Cannot train on ${microBatch} sequences of ${context} positions at a time: the ${of} processes of the model share ` +
      `their ${microBatch * context} rows equally. Use a microBatch that is a multiple of ${fitting}`,
    { path: "microBatch", value: microBatch },
  );
}

/** Returns the remedy of a micro-batch: for a tensor that is too large the largest micro-batch or context that fits. */
function smallerMicroBatch({ microBatch, context, save, remedy }: TrainingStepOptions): Remedy {
  return (fitting) => {
    if (remedy !== undefined) return remedy;
    if (fitting === undefined) {
      const sizes = microBatch > 1 ? "microBatch or context" : "context";
      return `Lower ${sizes}, ${save === "block" ? "" : 'choose save: "block", '}or choose a smaller model`;
    }
    const rows = microBatch * context * fitting + 1e-6; // the share is rounded
    return rows >= context
      ? `A microBatch of at most ${Math.floor(rows / context)} fits`
      : `With a microBatch of 1 a context of at most ${Math.floor(rows)} fits`;
  };
}
