/**
 * The steps of a training run as the loop and the checkpoints see them: of one process, or of several that train together.
 *
 * @module
 */
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import type { MemoryPlan, Program } from "../../gpu/mod.ts";
import type { HeldParameters } from "../ranks/held_parameters.ts";
import type { OwnedArena } from "../weights/owned_arena.ts";
import type { ParameterPieces, TransferOptions } from "../weights/stream_weights.ts";
import type { ParameterLayout } from "../weights/weight_layout.ts";
import type { AdamMoment } from "./build_step.ts";
import type { Adapters } from "./lora_adapters.ts";

/** The record of one step in the ring. */
export interface StepRecord {
  /** Index of the step, counted from 1. */
  step: number;
  /** Loss of the batch before the update, in nats per target that is not ignored. */
  loss: number;
  /** Gradient norm before clipping. */
  gradNorm: number;
  /** Learning rate of the update. */
  learningRate: number;
  /** True when nothing was updated: loss or norm was not finite, or the loss a spike. */
  skipped: boolean;
}

/** The steps of a training run: everything but the call that runs one. */
export interface Stepping {
  /** The parameters that are trained. */
  readonly layout: ParameterLayout;
  /** The adapters, when they are trained instead of the weights. */
  readonly adapters?: Adapters;
  /** The part of both moments that this rank holds, where they are divided over ranks; undefined where each holds all. */
  readonly owned?: Readonly<Record<AdamMoment, OwnedArena>>;
  /** The memory of activations and scratch. */
  readonly memory: MemoryPlan;
  /** The recorded forward and backward pass. */
  readonly program: Program;
  /** Waits until the weights of the last step are in the model, or throws the error of their way there. */
  settle(): Promise<void>;
  /** Reads the records of the steps since the last call, of the newest 256; waits for the GPU. */
  read(): Promise<StepRecord[]>;
  /** Writes the records of earlier steps to the ring, so that the spike rule compares the next steps with them. */
  recall(records: readonly StepRecord[]): void;
  /**
   * Returns the first parameter whose gradient is not finite, or undefined. Every rank calls it and is told the same name.
   */
  nonFinite(): Promise<string | undefined>;
  /** Returns a moment as this rank holds it, for checkpoints. */
  held(moment: AdamMoment): HeldParameters;
  /**
   * Reads a moment for a checkpoint, parameter after parameter in pieces of 16 MB. Where moments are divided, every rank
   * reads all of it in the same order.
   */
  moments(moment: AdamMoment, options?: TransferOptions): AsyncGenerator<ParameterPieces>;
  /**
   * Replaces the moments by those of a checkpoint, piece by piece; a rank keeps what it owns.
   *
   * @param file the checkpoint's file, for errors
   * @throws {FormatError} for a parameter that is missing, unknown or of another shape
   */
  restore(
    moments: Readonly<Record<AdamMoment, ReadonlyMap<string, FileMatrix>>>,
    file: string,
  ): Promise<void>;
  /** Frees gradients, moments and programs. */
  dispose(): void;
}
