/**
 * The numbers of a plan.
 *
 * @module
 */
import type { ParameterCount } from "../architecture/config.ts";
import type { PlanBytes } from "../training/step_memory.ts";
import type { MeasuredNetwork, NetworkFigures, Traffic } from "./network.ts";

/** Ranks that hold equally many bytes. */
export interface RankMemory {
  /** The first of them. */
  first: number;
  /** The last of them. */
  last: number;
  /** Memory on the device of each. */
  bytes: PlanBytes;
  /**
   * Memory of the host of each at most, for what is exchanged between steps: staging buffers, buckets on their way, and
   * weights received. Rows of activations come and go beside it.
   */
  host: number;
}

/** Seconds of a step. */
export interface StepSeconds {
  /** The arithmetic of the rank that has most of it. */
  arithmetic: number;
  /** Exchanges on the network, by group. */
  network: Readonly<Record<"world" | "data" | "model", number>>;
  /** Copies between the device and its host for them, by group. */
  staging: Readonly<Record<"world" | "data" | "model", number>>;
  /** The part of the exchanges that lies under the arithmetic. */
  hidden: number;
  /** The step as a whole: arithmetic, and what of the exchanges and copies does not lie under it. */
  total: number;
}

/** The processes of a plan, what they hold and what they send. */
export interface ParallelFacts {
  /** Number of processes, each with a device of its own. */
  processes: number;
  /** Ranks that hold one copy of the model, t. */
  model: number;
  /** Copies of the model, D. */
  data: number;
  /** Parts of a batch whose gradients are summed apart. */
  lanes: number;
  /** 1 where the moments are divided over the copies of the model. */
  zero: 0 | 1;
  /** Memory of all ranks, in their order. */
  memory: readonly RankMemory[];
  /** Exchanges of the first rank in a step, by group and label. */
  traffic: readonly Traffic[];
  /** Number of exchanges of a rank in a step. */
  exchanges: number;
  /** Bytes that the first rank sends in a step. */
  sent: number;
  /** Speed of the network, where it is known. */
  network?: NetworkFigures | MeasuredNetwork;
  /** Seconds of a step, where the speeds of device and network are known. */
  step?: StepSeconds;
}

/** The facts of a plan. */
export interface PlanFacts {
  /** Numbers of weights by part. */
  parameters: ParameterCount;
  /** Number of weights that are trained: all, or those of adapters. */
  trainable: number;
  /** Tokens to train on. */
  tokens: number;
  /** Tokens per batch. */
  batchTokens: number;
  /** Number of updates. */
  steps: number;
  /** Floating-point operations per token. */
  flopPerToken: number;
  /** Floating-point operations of the whole run. */
  flop: number;
  /** Achieved FLOP/s of a device; undefined unless a speed is known. */
  flops?: number;
  /** Memory on one device; of several the one that needs most. */
  bytes: PlanBytes;
  /** The processes; undefined for one. */
  parallel?: ParallelFacts;
  /**
   * Wall-clock seconds; undefined unless a speed is known. Of several processes whose network is unknown, those of the
   * arithmetic alone.
   */
  seconds?: number;
  /** Energy in watt-hours; undefined unless speed and power are known. */
  wattHours?: number;
  /** Emissions in grams of CO2eq; undefined unless the energy is known. */
  gramsCO2eq?: number;
}
