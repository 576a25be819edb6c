/**
 * The scalars of a step on the GPU, and the ring of the records of the last 256 steps.
 *
 * @module
 */
import type { Device, Tensor } from "../../gpu/mod.ts";
import { type StepState, type StepValues, stepWords } from "../../ops/mod.ts";
import { ringSize, type TrainingStepOptions } from "./build_step.ts";
import type { StepRecord } from "./stepping.ts";

/** The records of steps. */
export class StepRing {
  /** Steps enqueued whose records were not read yet. */
  #unread: number[] = [];

  /** Makes the ring of a training step. */
  constructor(
    private readonly device: Device,
    private readonly state: StepState,
    private readonly options: TrainingStepOptions,
  ) {}

  /** Writes the scalars of a step of the run. */
  begin(step: number, learningRate: number, kept: number): void {
    const { weightDecay, clip, spike } = this.options;
    this.write({ kept, learningRate, weightDecay, t: step, clip, slot: step % ringSize, spike });
  }

  /** Writes the scalars of a step. */
  write(values: StepValues): void {
    this.#write(this.state.step, stepWords(values, this.options));
  }

  /** Writes the loss of a batch that was summed elsewhere. */
  writeLoss(loss: number): void {
    this.#write(this.state.loss, Float32Array.of(loss));
  }

  #write(tensor: Tensor, data: Float32Array<ArrayBuffer>): void {
    const { buffer, offset } = tensor.range();
    this.device.write(buffer, data, offset);
  }

  /** Notes a step that was enqueued. */
  note(step: number): void {
    this.#unread.push(step);
    if (this.#unread.length > ringSize) this.#unread.shift(); // its record was overwritten
  }

  /** Reads the records of the steps enqueued since the last call, of the newest 256; waits for the GPU. */
  async read(): Promise<StepRecord[]> {
    const steps = this.#unread;
    this.#unread = [];
    const [bytes] = await this.device.read([this.state.ring.range()]);
    const ring = new Float32Array(bytes);
    return steps.map((step) => {
      const at = (step % ringSize) * 4;
      const [loss, gradNorm, updated, learningRate] = ring.subarray(at, at + 4);
      return { step, loss, gradNorm, learningRate, skipped: updated === 0 };
    });
  }

  /** Writes the records of earlier steps, so that the spike rule compares the next steps with them. */
  recall(records: readonly StepRecord[]): void {
    const ring = new Float32Array(4 * ringSize);
    for (const { step, loss, gradNorm, learningRate, skipped } of records.slice(-ringSize)) {
      ring.set([loss, gradNorm, skipped ? 0 : 1, learningRate], step % ringSize * 4);
    }
    this.#write(this.state.ring, ring);
  }
}
