/**
 * The recorder turns a model into a static list of calls, forward and backward.
 *
 * While a {@linkcode Recorder} records a forward pass, ops leave their backward calls on a tape; `backward()` plays the
 * tape once, from its end, and what it records are the calls of the backward pass. The list is compiled once and replayed
 * for every step.
 *
 * Gradients are values: `grad(t, g)` never writes into an earlier gradient, so that no op can change the input of
 * another. The gradient of a weight is the exception: kernels add to its `gradSum`, in which micro-batches accumulate.
 *
 * @module
 */
import type { Call, ExchangeKind } from "./call.ts";
import { Device, type DeviceProfile } from "./device.ts";
import { type Kernel, kernel } from "./kernel.ts";
import { type MemoryPlan, plan } from "./memory.ts";
import { grid2d, vectorPrelude, type Workgroups } from "./prelude.ts";
import { Program, type Remedy } from "./program.ts";
import sumSource from "./sum.wgsl" with { type: "text" };
import { bytesOf, type DType, Tensor } from "./tensor.ts";

/**
 * The tensors of the forward pass that are kept for the backward pass. `all`: every one that an op needs; `linear`: the
 * outputs of linear layers and attention, while the rest is recomputed (the paper's section 2.4); `block`: only the input
 * of each block.
 */
export type Save = "all" | "linear" | "block";

const fewerAtATime = () => "Give fewer sequences or tokens at a time, or choose a smaller model";

/** A list of kernel calls under construction, with the tape of the backward pass. */
export class Recorder {
  /** Every call so far, in order of execution. */
  readonly calls: Call[] = [];
  /** Number of calls of the forward pass, set by {@linkcode Recorder.backward}. */
  forwardCalls?: number;
  #tape: (() => void)[] = [];
  #scope = "";

  /** Starts a recording for a device; without `gradients` the tape stays empty. */
  constructor(
    readonly device: DeviceProfile,
    readonly save: Save = "all",
    readonly gradients = true,
  ) {}

  /** Returns a new tensor; its memory is assigned when the program is compiled. */
  tensor(name: string, shape: readonly number[], dtype: DType = "f32"): Tensor {
    const label = this.#scope ? `${this.#scope}.${name}` : name;
    const bytes = shape.reduce((a, b) => a * b, 1) * bytesOf(dtype);
    return new Tensor(label, shape, dtype, { name: label, bytes, offset: 0 });
  }

  /**
   * Records a dispatch.
   *
   * @param args tensors by the names of the kernel's bindings
   * @param params values by the names of the fields of its `Params`
   * @param flop floating-point operations, for listings and speeds
   */
  call(
    kernel: Kernel,
    args: Readonly<Record<string, Tensor>>,
    params: Readonly<Record<string, number>>,
    grid: Workgroups,
    flop = 0,
  ): void {
    const cut = Object.values(args).find(({ pieces }) => pieces);
    if (cut) {
      throw new Error(
        `Kernel ${kernel.name}: ${cut.name} lies in several buffers: record a call for each piece`,
      );
    }
    this.calls.push({ kernel, args, params, grid, flop, scope: this.#scope });
  }

  /**
   * Records an exchange of the rows of `x` with the processes that hold the other parts of the model, `of` in all. It has no
   * backward of its own.
   *
   * @returns y [R, C], whose rows are those of x times `of` for "gather", a part of them for "scatter", and as many for "sum"
   * @throws {Error} for "scatter" of rows that `of` does not divide
   */
  exchange(kind: ExchangeKind, x: Tensor, of: number): Tensor {
    const rows = kind === "gather" ? x.rows * of : kind === "scatter" ? x.rows / of : x.rows;
    if (!Number.isInteger(rows)) {
      throw new Error(`Cannot scatter ${x.name}: ${of} does not divide ${x.rows} rows`);
    }
    const y = this.tensor(kind === "gather" ? "gathered" : "summed", [rows, x.cols], x.dtype);
    this.calls.push({ exchange: kind, args: { x, y }, flop: 0, scope: this.#scope });
    return y;
  }

  /** Runs `record` and labels its calls and tensors with `name`, a part of the model. */
  scope<T>(name: string, record: () => T): T {
    const outer = this.#scope;
    this.#scope = outer ? `${outer}.${name}` : name;
    try {
      return record();
    } finally {
      this.#scope = outer;
    }
  }

  /** Puts `undo` on the tape: it records the backward calls of an op. */
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

  /** Marks a result as cheap to recompute by `remake`: the policy `linear` does not keep it. */
  recomputable(made: Tensor, remake: () => Tensor): Tensor {
    if (this.save === "linear" && this.gradients) made.recompute = remake;
    return made;
  }

  /** Returns a forward tensor for use in the backward pass: the tensor itself, or its recomputed copy. */
  forBackward(tensor: Tensor): Tensor {
    return tensor.recompute ? (tensor.recomputed ??= tensor.recompute()) : tensor;
  }

  /** Adds `g` to the gradient of `tensor`. */
  grad(tensor: Tensor, g: Tensor): void {
    tensor.grad = tensor.grad ? this.sum("dsum", tensor.grad, g) : g;
  }

  /** Takes the gradient so far away from `tensor`, for an op whose kernel adds its own part to it. */
  takeGrad(tensor: Tensor): Tensor | undefined {
    const g = tensor.grad;
    tensor.grad = undefined;
    return g;
  }

  /** Records a + b for equal shapes and types, as residual connections and the tape need it. */
  sum(name: string, a: Tensor, b: Tensor): Tensor {
    const y = this.tensor(name, a.shape, a.dtype);
    const { width, prelude } = vectorPrelude(this.device, { y }, a.size);
    const size = a.size / width;
    this.call(kernel("sum", sumSource, {}, prelude), { a, b, y }, { size }, grid2d(Math.ceil(size / 64)));
    return y;
  }

  /**
   * Records a block of the model. Under the policy `block` only its input is kept, and the backward pass first records the
   * block again (activation checkpointing).
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

  /** Records with a tape of its own and returns the tape. */
  #recordDetached(record: () => Tensor): { result: Tensor; tape: (() => void)[] } {
    const outer = this.#tape;
    this.#tape = [];
    const result = record();
    const tape = this.#tape;
    this.#tape = outer;
    return { result, tape };
  }

  /** Records the backward pass: plays the tape from its end. */
  backward(): void {
    this.forwardCalls = this.calls.length;
    for (const undo of this.#tape.reverse()) undo();
    this.#tape = [];
  }

  /**
   * Compiles the calls into a program.
   *
   * @param owner shown in memory reports and errors
   * @param keep tensors that stay readable after a replay
   * @param remedy says what to do about what does not fit the device
   * @throws {DeviceError} for a kernel that does not compile, and beyond a limit of the device
   */
  compile(owner: string, keep: readonly Tensor[] = [], remedy: Remedy = fewerAtATime): Promise<Program> {
    if (!(this.device instanceof Device)) {
      throw new Error("Cannot compile a recording that was made without a device");
    }
    return Program.compile(
      this.device,
      owner,
      this.calls,
      keep,
      remedy,
      this.forwardCalls ?? this.calls.length,
    );
  }

  /** Returns the memory that a program of these calls would take, without allocating it. */
  measure(): MemoryPlan {
    const uses = this.calls.map((call) => Object.values(call.args).map((tensor) => tensor.storage));
    return plan(uses, new Set(), (bytes) => ({ size: Math.ceil(bytes / 256) * 256 }), () => {});
  }
}
