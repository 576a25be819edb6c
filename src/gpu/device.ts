/**
 * The GPU and an account of its memory, in which every buffer has an owner.
 *
 * The features that an adapter lists are not the features that it
 * grants: all optional ones are requested, and those that are refused stay unused.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, DeviceError } from "../base/errors.ts";
import { HighWater } from "../base/high_water.ts";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { requestAdapter } from "./adapters/request_adapter.ts";
import {
  adapterName,
  driverAdvice,
  installLineHere,
  isSoftware,
  isSoftwareGl,
  noAdapter,
  slowAdapter,
} from "./adapters/software_adapter.ts";

/**
 * The kernels that a device takes where several do the same. `subgroup`: one subgroup of 4, 8 or 16 lanes per workgroup
 * and no barriers, for software adapters; `shared`: workgroups that share memory, for GPUs; `plain`: for any adapter.
 */
export type KernelFamily = "subgroup" | "shared" | "plain";

/** An optional feature: subgroups, 64-bit integers, half precision, timestamps of passes. */
export type OptionalFeature = "subgroups" | "int64" | "f16" | "timestamps";

/** Options of {@linkcode openDevice}. */
export interface DeviceOptions {
  /** Upper limit of the bytes of all buffers of this device; a request beyond it is a {@linkcode DeviceError}. */
  memoryLimit?: number;
  /** Kernels to take; default: those that suit the adapter. `plain` also leaves every optional feature unused. */
  family?: KernelFamily;
  /** Optional features that are not requested, for tests of the baseline. */
  without?: readonly OptionalFeature[];
  /** Largest buffer in bytes, below the adapter's own limit; for tests of what is cut. */
  maxBufferSize?: number;
  /** Largest part of a buffer that a kernel binds, in bytes, below the adapter's own limit; for tests of what is cut. */
  maxBindingSize?: number;
}

/** WebGPU names of the optional features. */
const featureNames: Readonly<Record<OptionalFeature, string>> = {
  subgroups: "subgroups",
  int64: "wgpu-shader-int64",
  f16: "shader-f16",
  timestamps: "timestamp-query",
};

const size = z.int().min(2 ** 16, "expected at least 65,536 bytes");

const schema = optionsSchema<DeviceOptions>()(z.strictObject({
  memoryLimit: z.number().positive("expected more than 0 bytes").optional(),
  family: z.enum(["subgroup", "shared", "plain"]).optional(),
  without: z.array(z.enum(["subgroups", "int64", "f16", "timestamps"])).readonly().optional(),
  maxBufferSize: size.optional(),
  maxBindingSize: size.optional(),
}));

/** Options of {@linkcode Device.buffer}. */
export interface BufferOptions {
  /** WebGPU usages besides copies and storage. */
  usage?: number;
  /** A sentence for the error of a buffer that does not fit: what to do. */
  remedy?: string;
}

/** The memory that a device holds now. */
export interface MemoryReport {
  /** Bytes of all live buffers. */
  bytes: number;
  /** Largest number of bytes that it may hold; Infinity unless the device was opened with a `memoryLimit`. */
  limit: number;
  /** Largest number of bytes held at once so far. */
  peak: number;
  /** Every live buffer, in the order of creation. */
  buffers: { owner: string; bytes: number }[];
}

/** The properties of a device that a recording depends on: enough to plan a model without a GPU. */
export interface DeviceProfile {
  /** Kernels to take. */
  readonly family: KernelFamily;
  /** Lanes of a subgroup, one fixed number, in the family `subgroup`, else 0. */
  readonly subgroup: number;
  /** True where subgroups are granted, of whatever sizes. */
  readonly subgroups: boolean;
  /** True where 64-bit integers are granted. */
  readonly int64: boolean;
  /** True where shaders may store half precision; elsewhere they read halves packed, two in a word. */
  readonly f16: boolean;
  /** The limits that recordings respect. */
  readonly limits: Readonly<DeviceLimits>;
}

/** The limits of a device that recordings and allocations respect, in bytes. */
export interface DeviceLimits {
  /** Largest buffer, at most 2 GiB - 1. */
  maxBufferSize: number;
  /** Largest part of a buffer that a kernel binds. */
  maxStorageBufferBindingSize: number;
  /** Largest workgroup memory of a kernel. */
  maxComputeWorkgroupStorageSize: number;
}

/** Limits requested at the adapter's own value, because the defaults are small. */
const raisedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/** Lanes of a subgroup that the kernels of the family `subgroup` are made for. */
const subgroupWidths: readonly number[] = [4, 8, 16];

/** Lanes up to which 64-bit loads pay: for more, the compiler of a software adapter moves each of them through memory. */
const widest64 = 8;

const bufferUsage = 0x4 | 0x8 | 0x80; // COPY_SRC | COPY_DST | STORAGE: written out because importing must not need WebGPU

/** The open devices of this thread. */
const unfinished = new Set<WeakRef<Device>>();

/**
 * Finishes the work of all devices before the process ends. Processes that ended while a software adapter worked have
 * crashed, and Deno panics where the work takes longer than seconds.
 */
function finishAll(): void {
  for (const device of unfinished) device.deref()?.finish();
}

/** An open GPU. */
export class Device implements DeviceProfile {
  /** The WebGPU device itself, for kernels and programs. */
  readonly gpu: GPUDevice;
  /** The options that it was opened with. */
  readonly options: Readonly<DeviceOptions>;
  /** The adapter's own description, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly adapter: string;
  /** True for a software adapter, which runs on the CPU: correct but slow. */
  readonly software: boolean;
  /** Kernels that it takes. */
  readonly family: KernelFamily;
  /** Lanes of a subgroup, one fixed number, in the family `subgroup`, else 0. */
  readonly subgroup: number;
  /** True where subgroups are granted, of whatever sizes. */
  readonly subgroups: boolean;
  /** True where 64-bit integers are granted and pay: eight floats then move in one load. */
  readonly int64: boolean;
  /** True where shaders may store half precision; elsewhere they read halves packed, two in a word. */
  readonly f16: boolean;
  /** True where passes can write timestamps. */
  readonly timestamps: boolean;
  /** The limits that it keeps: the adapter's, or lower ones that the options name. */
  readonly limits: Readonly<DeviceLimits>;
  /** Bytes of all live buffers. */
  readonly held: HighWater = new HighWater();
  #owners: Map<GPUBuffer, string> = new Map();
  #limit: number;
  #fault?: string;
  #closed = false;
  readonly #self: WeakRef<Device> = new WeakRef(this);

  /** Wraps a WebGPU device; use {@linkcode openDevice}. */
  constructor(gpu: GPUDevice, info: GPUAdapterInfo, granted: ReadonlySet<string>, options: DeviceOptions) {
    this.gpu = gpu;
    this.options = options;
    this.adapter = adapterName(info);
    this.software = isSoftware(info);
    this.subgroups = granted.has(featureNames.subgroups);
    const lanes = this.subgroups && info.subgroupMinSize === info.subgroupMaxSize ? info.subgroupMinSize : 0;
    this.int64 = granted.has(featureNames.int64) && lanes <= widest64;
    this.f16 = granted.has(featureNames.f16);
    this.timestamps = granted.has(featureNames.timestamps);
    const cpu = subgroupWidths.includes(lanes) ? "subgroup" : "plain";
    this.family = options.family ?? (this.software ? cpu : "shared");
    this.subgroup = this.family === "subgroup" ? lanes : 0;
    this.#limit = options.memoryLimit ?? Infinity;
    const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = gpu.limits;
    this.limits = {
      maxBufferSize: Math.min(maxBufferSize, 2 ** 31 - 1, options.maxBufferSize ?? Infinity),
      maxStorageBufferBindingSize: Math.min(maxStorageBufferBindingSize, options.maxBindingSize ?? Infinity),
      maxComputeWorkgroupStorageSize,
    };
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fault ??= (event as GPUUncapturedErrorEvent).error.message;
    });
    gpu.lost.then((info) => {
      if (!this.#closed) this.#fault ??= `the device was lost: ${info.message}`;
    });
    if (!unfinished.size) globalThis.addEventListener("unload", finishAll);
    unfinished.add(this.#self);
  }

  /**
   * Creates a buffer of zeros that kernels read and write.
   *
   * @param owner its user, as the memory report shows it, such as `model 5M: weights`
   * @param bytes size, rounded up to a multiple of 256
   * @throws {DeviceError} beyond the memory limit or the adapter's largest buffer
   */
  buffer(owner: string, bytes: number, { usage = 0, remedy }: BufferOptions = {}): GPUBuffer {
    const size = Math.max(256, Math.ceil(bytes / 256) * 256);
    this.#refuse("maxBufferSize", size, this.limits.maxBufferSize, owner, remedy);
    this.#refuse("memoryLimit", this.held.value + size, this.#limit, owner, remedy);
    const buffer = this.gpu.createBuffer({ label: owner, size, usage: bufferUsage | usage });
    this.#owners.set(buffer, owner);
    this.held.add(size);
    return buffer;
  }

  #refuse(
    limit: string,
    wanted: number,
    have: number,
    owner: string,
    remedy = `Free what is not needed, or open the device with a larger ${limit}`,
  ): void {
    if (wanted <= have) return;
    throw new DeviceError(
      `Cannot allocate "${owner}": ${limit} is ${have} bytes, wanted ${wanted}. ${remedy}`,
      { limit, wanted, have },
    );
  }

  /** Frees a buffer at once. */
  free(buffer: GPUBuffer): void {
    if (!this.#owners.delete(buffer)) return;
    this.held.add(-buffer.size);
    buffer.destroy();
  }

  /** Returns every live buffer with its owner. */
  memory(): MemoryReport {
    const buffers = [...this.#owners].map(([buffer, owner]) => ({ owner, bytes: buffer.size }));
    return { bytes: this.held.value, limit: this.#limit, peak: this.held.peak, buffers };
  }

  /** Copies `data` into a buffer at a byte offset, in order with submissions. */
  write(buffer: GPUBuffer, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.gpu.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /**
   * Reads ranges of buffers back in one submission: the only place where the SDK waits for the GPU.
   *
   * @throws {DeviceError} for a fault that the GPU reported
   */
  async read(
    ranges: readonly { buffer: GPUBuffer; offset: number; bytes: number }[],
  ): Promise<ArrayBuffer[]> {
    this.check();
    const starts: number[] = [];
    const total = ranges.reduce((at, range) => (starts.push(at), at + Math.ceil(range.bytes / 4) * 4), 0);
    const staging = this.gpu.createBuffer({ size: Math.max(4, total), usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
    try {
      const encoder = this.gpu.createCommandEncoder();
      ranges.forEach((range, i) => {
        const bytes = Math.ceil(range.bytes / 4) * 4;
        if (bytes) encoder.copyBufferToBuffer(range.buffer, range.offset, staging, starts[i], bytes);
      });
      this.gpu.queue.submit([encoder.finish()]);
      await staging.mapAsync(0x1);
      const all = staging.getMappedRange();
      const out = ranges.map((range, i) => all.slice(starts[i], starts[i] + range.bytes));
      this.check();
      return out;
    } finally {
      staging.destroy();
    }
  }

  /**
   * Checks for faults since the last call; WebGPU itself throws none.
   *
   * @throws {DeviceError} for a fault that the GPU reported, and for a closed device
   */
  check(): void {
    if (this.#closed) throw new DeviceError("Cannot use the device: it was closed");
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw new DeviceError(`The GPU refused a command: ${fault}`);
  }

  /** Blocks until the GPU has finished what was submitted, where the runtime waits in the call, as Deno does. */
  finish(): void {
    this.gpu.queue.onSubmittedWorkDone().catch(() => {}); // a lost device has nothing to finish
  }

  /** Waits for the GPU, frees every buffer and closes the device. */
  close(): void {
    this.finish();
    this.#closed = true;
    unfinished.delete(this.#self);
    for (const buffer of [...this.#owners.keys()]) this.free(buffer);
    this.gpu.destroy();
  }
}

/**
 * Opens the GPU. A software adapter on OpenGL is slow; it opens with a warning on stderr, once per process.
 *
 * @throws {ConfigError} for an unknown option, or a family that the adapter cannot run
 * @throws {DeviceError} where no adapter is found, naming what to install
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const o = parseOptions(schema, options, "openDevice");
  const adapter = await requestAdapter();
  if (!adapter) throw new DeviceError(`${noAdapter}. ${driverAdvice(await installLineHere())}`);
  if (isSoftwareGl(adapter.info)) await warnOfSlowness(adapterName(adapter.info));
  const { gpu, granted } = await request(adapter, o);
  const device = new Device(gpu, adapter.info, granted, o);
  if (device.family === "subgroup" && !subgroupWidths.includes(device.subgroup)) {
    device.close();
    throw new ConfigError(
      `Cannot open ${device.adapter} with family "subgroup": it needs subgroups of 4, 8 or 16 lanes, and the adapter ` +
        `${device.subgroup ? `has ${device.subgroup}` : "grants none of one fixed size"}`,
      { path: "openDevice.family", value: "subgroup" },
    );
  }
  return device;
}

let warned = false;

/** Warns once per process, in the words of the set-up. */
async function warnOfSlowness(name: string): Promise<void> {
  if (warned) return;
  warned = true;
  console.warn(`${slowAdapter(name)}.\n${driverAdvice(await installLineHere())}`);
}

/**
 * Requests all optional features at once and, where that is refused, one after another, each from a new adapter: by the
 * standard an adapter gives one device.
 */
async function request(
  adapter: GPUAdapter,
  { family, without = [] }: DeviceOptions,
): Promise<{ gpu: GPUDevice; granted: Set<string> }> {
  const names = Object.keys(featureNames) as OptionalFeature[];
  const wanted = family === "plain"
    ? []
    : names.filter((n) => !without.includes(n)).map((n) => featureNames[n]);
  const requiredLimits = Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]]));
  const from = (adapter: GPUAdapter, features: string[]) =>
    adapter.requestDevice({ requiredFeatures: features as GPUFeatureName[], requiredLimits });
  const ask = async (features: string[]) => from(await requestAdapter() ?? adapter, features);
  const all = await from(adapter, wanted).catch(() => undefined);
  if (all) return { gpu: all, granted: new Set(wanted) };
  try {
    let granted: string[] = [];
    let gpu = await ask([]);
    for (const name of wanted) {
      const more = await ask([...granted, name]).catch(() => undefined);
      if (!more) continue;
      gpu.destroy();
      [gpu, granted] = [more, [...granted, name]];
    }
    return { gpu, granted: new Set(granted) };
  } catch (cause) {
    throw new DeviceError(`Cannot open the GPU: ${(cause as Error).message}`, { cause });
  }
}

let shared: Promise<Device> | undefined;

/**
 * Returns the device that all models share unless they are given another. It is opened at the first call, and anew after
 * it was lost.
 *
 * @throws {DeviceError} where no adapter is found
 */
export function defaultDevice(): Promise<Device> {
  if (shared) return shared;
  const opened = openDevice();
  const forget = () => {
    if (shared === opened) shared = undefined;
  };
  opened.then((device) => device.gpu.lost.then(forget), forget);
  return shared = opened;
}
