/**
 * A program is a static list of calls with memory, pipelines and bind groups made beforehand.
 *
 * Replaying it is one compute pass and one submission: nothing is allocated and nothing is awaited. A program with exchanges
 * between processes consists of segments, each of which is such a pass; the exchanges stand between them.
 *
 * @module
 */
import { Displayable, type Picture } from "../display/display.ts";
import { bytes, fixed, flop, plural } from "../display/format.ts";
import { DeviceError } from "../base/errors.ts";
import { type Call, type Dispatch, type Exchange, isDispatch } from "./call.ts";
import { compileAhead } from "./compile_ahead.ts";
import type { Device } from "./device.ts";
import { bindGroupLayout, packParams, pipeline } from "./kernel.ts";
import { passOf } from "./listing/call_facts.ts";
import { Explanation } from "./listing/explain_call.ts";
import { findCall } from "./listing/find_call.ts";
import { programPicture } from "./listing/program_picture.ts";
import { type MemoryPlan, plan } from "./memory.ts";
import { Profile, type ProfileOptions, timeCalls } from "./profile.ts";
import type { Tensor } from "./tensor.ts";

/** A dispatch that is ready to be encoded. */
interface ReadyDispatch {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  x: number;
  y: number;
  z: number;
}

/**
 * Returns a sentence on what to do about a program that does not fit: for the error of a tensor that is too large, of
 * which the share `fitting` is not, and without a share for that of all tensors together.
 */
export type Remedy = (fitting?: number) => string;

/** Bytes from the parameters of one call to those of the next in the uniform buffer. */
const slot = 256;

/** Calls of a program that are submitted together, up to an exchange or to the end of the program. */
export interface Segment {
  /** Index of its first call. */
  first: number;
  /** Index after its last call. */
  end: number;
  /** The exchange that follows; undefined for the last segment. */
  exchange?: Exchange;
}

/** A list of calls that is ready to be replayed. */
export class Program extends Displayable {
  /** The parts that are submitted one after another: one more than there are exchanges. */
  readonly segments: readonly Segment[];
  /** The dispatches by the indices of their calls; exchanges have none. */
  #dispatches: (ReadyDispatch | undefined)[];
  #owned: GPUBuffer[];
  #disposed = false;
  #profile?: Profile;

  private constructor(
    readonly device: Device,
    /** The owner in memory reports and errors, such as `model 5M: train`. */
    readonly owner: string,
    /** The calls in order. */
    readonly calls: readonly Call[],
    /** Number of calls of the forward pass, which come first. */
    readonly forwardCalls: number,
    /** The memory of its own tensors. */
    readonly memory: MemoryPlan,
    owned: GPUBuffer[],
    dispatches: (ReadyDispatch | undefined)[],
  ) {
    super();
    this.segments = segmentsOf(calls);
    this.#owned = owned;
    this.#dispatches = dispatches;
  }

  /**
   * Plans memory, compiles the kernels and makes the bind groups.
   *
   * @param keep tensors that stay readable after a replay
   * @param remedy says what to do about what does not fit
   * @param forwardCalls calls of the forward pass, which come first (default: all)
   * @throws {DeviceError} for a kernel that does not compile, and beyond a limit of the device
   */
  static async compile(
    device: Device,
    owner: string,
    calls: readonly Call[],
    keep: readonly Tensor[],
    remedy: Remedy,
    forwardCalls: number = calls.length,
  ): Promise<Program> {
    checkSizes(device, calls, remedy);
    const pipelines = await Promise.all(
      calls.map((call) => isDispatch(call) ? pipeline(device, call.kernel) : undefined),
    );
    const uses = calls.map((call) => Object.values(call.args).map((tensor) => tensor.storage));
    const owned: GPUBuffer[] = [];
    const make = (what: string, bytes: number, usage = 0) => {
      const buffer = device.buffer(`${owner}: ${what}`, bytes, { usage, remedy: remedy() });
      owned.push(buffer);
      return buffer;
    };
    try {
      const kept = new Set(keep.map((tensor) => tensor.storage));
      const memory = plan(
        uses,
        kept,
        (bytes) => make("activations", bytes),
        (s, buffer) => s.buffer = buffer,
      );
      const params = make("parameters", slot * calls.length, 0x40); // UNIFORM
      const words = new Uint32Array(slot / 4 * calls.length);
      const ready = calls.flatMap((call, i) => {
        if (!isDispatch(call)) return [];
        const own = packParams(call.kernel, call.params);
        words.set(own, i * slot / 4);
        const [x, y = 1, z = 1] = call.grid;
        const group = bindGroup(device, call, params, i * slot);
        return [{ index: i, kernel: call.kernel, words: own, pipeline: pipelines[i]!, group, x, y, z }];
      });
      if (words.length) device.write(params, words); // of an empty array Deno 2.9 panics
      device.check();
      await compileAhead(device, ready);
      const dispatches: (ReadyDispatch | undefined)[] = calls.map(() => undefined);
      for (const { index, pipeline, group, x, y, z } of ready) {
        dispatches[index] = { pipeline, group, x, y, z };
      }
      return new Program(device, owner, calls, forwardCalls, memory, owned, dispatches);
    } catch (error) {
      for (const buffer of owned) device.free(buffer);
      throw error;
    }
  }

  /**
   * Submits the calls in order and returns at once.
   *
   * @throws {DeviceError} after {@linkcode Program.dispose}
   * @throws {Error} for a program with exchanges, which {@linkcode Program.run} runs
   */
  replay(): void {
    const encoder = this.device.gpu.createCommandEncoder();
    this.encode(encoder);
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Adds the calls to a submission of the caller as one pass: those of a segment, or all of a program without exchanges. */
  encode(encoder: GPUCommandEncoder, segment?: Segment): void {
    if (this.#disposed) throw new DeviceError(`Cannot replay the program of ${this.owner}: it was disposed`);
    if (!segment && this.segments.length > 1) {
      throw new Error(`Cannot replay the program of ${this.owner} at once: it has exchanges, call run`);
    }
    const pass = encoder.beginComputePass();
    let current: GPUComputePipeline | undefined;
    const { first, end } = segment ?? this.segments[0];
    for (let i = first; i < end; i++) {
      const d = this.#dispatches[i]!;
      if (d.pipeline !== current) pass.setPipeline(current = d.pipeline);
      pass.setBindGroup(0, d.group);
      pass.dispatchWorkgroups(d.x, d.y, d.z);
    }
    pass.end();
  }

  /**
   * Submits the calls segment by segment, and awaits the exchange behind each. A program without exchanges is one
   * submission.
   *
   * @param exchange sends `args.x` of an exchange and writes `args.y`
   * @throws {DeviceError} after {@linkcode Program.dispose}
   */
  async run(exchange: (call: Exchange) => Promise<void>): Promise<void> {
    for (const segment of this.segments) {
      const encoder = this.device.gpu.createCommandEncoder();
      this.encode(encoder, segment);
      this.device.gpu.queue.submit([encoder.finish()]);
      if (segment.exchange) await exchange(segment.exchange);
    }
  }

  /**
   * Runs the program a few times and measures the time of each call. A run has the effects of a replay: it adds to
   * gradients and updates weights. From then on the printed program shows the times.
   *
   * @throws {ConfigError} for less than one run, and for a program with exchanges without `exchange`
   * @throws {DeviceError} where the device has no timestamps
   */
  async profile(options: ProfileOptions = {}): Promise<Profile> {
    const dispatch = (pass: GPUComputePassEncoder, i: number) => {
      const d = this.#dispatches[i]!;
      pass.setPipeline(d.pipeline);
      pass.setBindGroup(0, d.group);
      pass.dispatchWorkgroups(d.x, d.y, d.z);
    };
    if (this.#disposed) throw new DeviceError(`Cannot profile the program of ${this.owner}: it was disposed`);
    const ms = await timeCalls(this.device, this.owner, this.calls, dispatch, options);
    return this.#profile = new Profile(this.owner, this.calls, ms);
  }

  /** Floating-point operations of one replay: the sum over the calls that count them. */
  get flop(): number {
    return this.calls.reduce((sum, call) => sum + call.flop, 0);
  }

  /** Frees the program's memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const buffer of this.#owned) this.device.free(buffer);
    this.#dispatches = [];
  }

  /**
   * Returns the explanation of a call: the formula of its kernel, its tensors and its WGSL.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * const model = await Model.create("nano");
   * await model.generate(Uint32Array.of(1, 2, 3), { maxTokens: 2 }).ids();
   * await model.program!.explain("block 0 rope").show();
   * ```
   *
   * @param call its number, or words such as "rope" and "block 0 attention": the part, the kernel, what it writes
   * @throws {ConfigError} for a call that the program does not have
   */
  explain(call: number | string): Explanation {
    const { owner, calls, forwardCalls } = this;
    const index = findCall(calls, forwardCalls, call);
    const ms = this.#profile?.calls[index].ms;
    return new Explanation(calls[index], { owner, index, pass: passOf(index, forwardCalls, calls), ms });
  }

  /** Returns the calls by parts of the model, with their work and, after a profile, their times. */
  picture(): Picture {
    const { owner, calls, forwardCalls, memory } = this;
    const time = this.#profile ? `, ${fixed(this.#profile.ms, 2)} ms` : "";
    const title = `${owner}: ${plural(calls.length, "call")}, ${flop(this.flop)}${time}, ` +
      `${bytes(memory.bytes)} in ${plural(memory.count, "buffer")} (${bytes(memory.unshared)} unshared)`;
    const ms = this.#profile?.calls.map(({ ms }) => ms);
    return programPicture({ title, calls, forwardCalls, ms, canRun: !this.#disposed });
  }
}

/** Cuts a list of calls behind each exchange. */
function segmentsOf(calls: readonly Call[]): Segment[] {
  const segments: Segment[] = [];
  let first = 0;
  calls.forEach((call, i) => {
    if (isDispatch(call)) return;
    segments.push({ first, end: i, exchange: call });
    first = i + 1;
  });
  return [...segments, { first, end: calls.length }];
}

function bindGroup(device: Device, call: Dispatch, params: GPUBuffer, offset: number): GPUBindGroup {
  const { kernel, args } = call;
  for (const name of Object.keys(args)) {
    if (!kernel.bindings.some((b) => b.name === name)) {
      throw new Error(`Kernel ${kernel.name}: it has no binding ${name}`);
    }
  }
  const entries: GPUBindGroupEntry[] = kernel.bindings.map(({ name }, binding) => {
    const tensor = args[name];
    if (!tensor) throw new Error(`Kernel ${kernel.name}: no tensor for binding ${name}`);
    return { binding, resource: resource(tensor) };
  });
  entries.push({ binding: entries.length, resource: { buffer: params, offset, size: slot } });
  return device.gpu.createBindGroup({ label: kernel.name, layout: bindGroupLayout(device, kernel), entries });
}

/**
 * Refuses tensors that a kernel cannot bind, and those that no buffer holds.
 *
 * @throws {DeviceError} naming the tensor that exceeds its limit most, and how much of it would fit
 */
function checkSizes({ limits }: Device, calls: readonly Call[], remedy: Remedy): void {
  let worst = { ratio: 1, limit: "", wanted: 0, have: 0, name: "" };
  const compare = (name: string, wanted: number, limit: "maxBufferSize" | "maxStorageBufferBindingSize") => {
    const have = limits[limit];
    if (wanted / have > worst.ratio) worst = { ratio: wanted / have, limit, wanted, have, name };
  };
  for (const tensor of calls.flatMap(({ args }) => Object.values(args))) {
    const { name, shape, bytes, storage } = tensor;
    compare(`${name} [${shape.join(" ")}]`, bytes, "maxStorageBufferBindingSize");
    if (!storage.buffer) compare(storage.name, storage.bytes, "maxBufferSize");
  }
  const { ratio, limit, wanted, have, name } = worst;
  if (ratio === 1) return;
  const message = `Cannot compute ${name}: ${limit} is ${have} bytes, wanted ${wanted}. ${remedy(1 / ratio)}`;
  throw new DeviceError(message, { limit, wanted, have });
}

function resource(tensor: Tensor): GPUBufferBinding {
  const { buffer, offset, bytes } = tensor.range();
  return { buffer, offset, size: Math.min(Math.ceil(bytes / 16) * 16, buffer.size - offset) };
}
