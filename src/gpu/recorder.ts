/**
 * Record once, replay for ever. While a `Recorder` records a forward pass, ops leave their backward calls on a
 * tape; `backward()` plays the tape once, and the result is a static list of kernel calls.
 *
 * Gradients are values: `grad(t, g)` never writes into an earlier gradient, so no op can spoil another's input.
 * The gradient of a weight is the exception: kernels add to its `gradSum`, which is how micro-batches accumulate.
 *
 * @module
 */
import type { Call } from "./call.ts";
import { Device, type DeviceProfile } from "./device.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { type MemoryPlan, plan } from "./memory.ts";
import { grid2d, vectorPrelude, type Workgroups } from "./prelude.ts";
import { Program } from "./program.ts";
import sumSource from "./sum.wgsl" with { type: "text" };
import { bytesOf, type DType, Tensor } from "./tensor.ts";

/**
 * What the forward pass keeps for the backward pass:
 * `all` everything an op asks for; `linear` the outputs of linear layers and attention, the cheap rest is computed
 * again (the paper's section 2.4); `block` only the input of each block.
 */
export type Save = "all" | "linear" | "block";

/** Collects kernel calls and the tape. */
export class Recorder {
  /** Every call so far, in order of execution. */
  readonly calls: Call[] = [];
  /** Number of calls of the forward pass, once {@linkcode backward} ran. */
  forwardCalls = 0;
  #tape: (() => void)[] = [];
  #scope = "";

  /** Records for a device; without `gradients` the tape stays empty. */
  constructor(
    readonly device: DeviceProfile,
    readonly save: Save = "all",
    readonly gradients = true,
  ) {}

  /** A new tensor; its memory comes when the program is compiled. */
  tensor(name: string, shape: readonly number[], dtype: DType = "f32"): Tensor {
    const label = this.#scope ? `${this.#scope}.${name}` : name;
    const bytes = shape.reduce((a, b) => a * b, 1) * bytesOf(dtype);
    return new Tensor(label, shape, dtype, { name: label, bytes, offset: 0 });
  }

  /** Records a dispatch. */
  call(
    kernel: Kernel,
    args: Readonly<Record<string, Tensor>>,
    params: Readonly<Record<string, number>>,
    grid: Workgroups,
    flop = 0,
  ): void {
    this.calls.push({ kernel, args, params, grid, flop, scope: this.#scope });
  }

  /** Names what `record` records after a part of the model. */
  scope<T>(name: string, record: () => T): T {
    const outer = this.#scope;
    this.#scope = outer ? `${outer}.${name}` : name;
    try {
      return record();
    } finally {
      this.#scope = outer;
    }
  }

  /** Leaves `undo` on the tape: it will record the backward calls of an op. */
  onBackward(undo: () => void): void {
    if (!this.gradients) return;
    const scope = this.#scope;
    this.#tape.push(() => {
      const outer = this.#scope;
      this.#scope = scope;
      undo();
      this.#scope = outer;
    });
  }

  /** Marks a forward result as cheap: the policy `linear` computes it again instead of keeping it. */
  recomputable(made: Tensor, remake: () => Tensor): Tensor {
    if (this.save === "linear" && this.gradients) made.recompute = remake;
    return made;
  }

  /** A forward tensor as the backward pass sees it: itself, or computed again. */
  forBackward(tensor: Tensor): Tensor {
    return tensor.recompute ? (tensor.recomputed ??= tensor.recompute()) : tensor;
  }

  /** Adds `g` to the gradient of `tensor`. */
  grad(tensor: Tensor, g: Tensor): void {
    tensor.grad = tensor.grad ? this.sum("dsum", tensor.grad, g) : g;
  }

  /** Takes the gradient gathered so far, for an op that adds its own to it in the same pass. */
  takeGrad(tensor: Tensor): Tensor | undefined {
    const g = tensor.grad;
    tensor.grad = undefined;
    return g;
  }

  /** Records a + b, equal shapes and types: the kernel that the tape and the residual connection share. */
  sum(name: string, a: Tensor, b: Tensor): Tensor {
    const y = this.tensor(name, a.shape, a.dtype);
    const { width, prelude } = vectorPrelude(this.device, { y }, a.size);
    const size = a.size / width;
    this.call(kernel("sum", sumSource, {}, prelude), { a, b, y }, { size }, grid2d(Math.ceil(size / 64)));
    return y;
  }

  /**
   * A block of the model. Under the policy `block` nothing inside it is kept: its backward first records it again
   * from its input (activation checkpointing).
   */
  block(x: Tensor, record: (x: Tensor) => Tensor): Tensor {
    if (this.save !== "block" || !this.gradients) return record(x);
    const y = this.#recordDetached(() => record(x)).result;
    this.onBackward(() => {
      const input = x.view(x.name, x.shape);
      const { result, tape } = this.#recordDetached(() => record(input));
      result.grad = y.grad;
      for (const undo of tape.reverse()) undo();
      if (input.grad) this.grad(x, input.grad);
    });
    return y;
  }

  /** Records with a tape of its own; inside it everything is kept. */
  #recordDetached(record: () => Tensor): { result: Tensor; tape: (() => void)[] } {
    const outer = this.#tape;
    this.#tape = [];
    const result = record();
    const tape = this.#tape;
    this.#tape = outer;
    return { result, tape };
  }

  /** Plays the tape backwards: records the backward pass. */
  backward(): void {
    this.forwardCalls = this.calls.length;
    for (const undo of this.#tape.reverse()) undo();
    this.#tape = [];
  }

  /** Compiles the calls into a program. Tensors in `keep` stay readable after it ran. */
  compile(owner: string, keep: readonly Tensor[] = []): Promise<Program> {
    if (!(this.device instanceof Device)) {
      throw new Error("Cannot compile a recording that was made without a device");
    }
    return Program.compile(this.device, owner, this.calls, keep);
  }

  /** The memory that a program of these calls would take, without making it. */
  measure(): MemoryPlan {
    const uses = this.calls.map((call) => Object.values(call.args).map((tensor) => tensor.storage));
    return plan(uses, new Set(), (bytes) => ({ size: Math.ceil(bytes / 256) * 256 }), () => {});
  }
}
