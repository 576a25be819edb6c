/**
 * The time of each call of a program, by the GPU's own clock: every call runs as a pass of its own, with a timestamp at
 * both ends of the pass. An exchange is timed by the clock of the host.
 *
 * @module
 */
import { ConfigError, DeviceError } from "../base/errors.ts";
import { Displayable, fixed, percent, type Picture, plural, table } from "../display/mod.ts";
import { type Call, type Exchange, isDispatch, nameOfCall, shapesOfCall } from "./call.ts";
import type { Device } from "./device.ts";

/** Options of a profile. */
export interface ProfileOptions {
  /** Runs of the program (default 5) after one that is not counted; the time of a call is their median. */
  runs?: number;
  /** Sends `args.x` of an exchange and writes `args.y`: needed for a program that has exchanges. */
  exchange?: (call: Exchange) => Promise<void>;
}

/** A call and its time. */
export interface CallTime {
  /** The call. */
  call: Call;
  /** Milliseconds: the median of the runs. */
  ms: number;
  /** Billions of floating-point operations per second, where the call counts them. */
  gflops?: number;
}

/** Milliseconds and GFLOP/s of each call of a program. */
export class Profile extends Displayable {
  /** The calls in order. */
  readonly calls: readonly CallTime[];

  /** Joins calls with their times in milliseconds. */
  constructor(
    /** The owner of the program, such as `model 5M: train`. */
    readonly owner: string,
    calls: readonly Call[],
    ms: readonly number[],
  ) {
    super();
    this.calls = calls.map((call, i) => ({
      call,
      ms: ms[i],
      gflops: call.flop ? call.flop / ms[i] / 1e6 : undefined,
    }));
  }

  /** The sum over all calls, in milliseconds. */
  get ms(): number {
    return this.calls.reduce((sum, { ms }) => sum + ms, 0);
  }

  /** Returns a table with one row per call: part of the model, kernel, shapes, milliseconds, share and GFLOP/s. */
  picture(): Picture {
    const rows = this.calls.map(({ call, ms, gflops }, i) => ({
      "#": i,
      where: call.scope,
      kernel: nameOfCall(call),
      shapes: shapesOfCall(call),
      ...this.#figures(ms, gflops),
    }));
    return table(rows, { title: this.#title() });
  }

  /** Returns a table with one row for all calls of a kernel on the same shapes, the slowest first. */
  byKernel(): Picture {
    const groups = Map.groupBy(this.calls, ({ call }) => `${nameOfCall(call)} ${shapesOfCall(call)}`);
    const rows = [...groups.values()].map((same) => {
      const ms = same.reduce((sum, time) => sum + time.ms, 0);
      const { call } = same[0];
      const gflops = call.flop ? call.flop * same.length / ms / 1e6 : undefined;
      const kernel = nameOfCall(call);
      const calls = same.length;
      return { kernel, shapes: shapesOfCall(call), calls, ...this.#figures(ms, gflops) };
    });
    return table(rows.sort((a, b) => b.ms - a.ms), { title: this.#title() });
  }

  #title(): string {
    return `${this.owner}: ${plural(this.calls.length, "call")}, ${fixed(this.ms, 2)} ms`;
  }

  #figures(ms: number, gflops?: number): { ms: number; share: string; "GFLOP/s"?: number } {
    return { ms, share: percent(ms / this.ms), "GFLOP/s": gflops };
  }
}

/** Upper limit of the timestamps in a query set, by the WebGPU standard. */
const maxTimestamps = 4096;

/**
 * Runs calls, each as a pass of its own, and returns the milliseconds of each: the median of `runs`.
 *
 * @param dispatch encodes call `i` into a pass
 * @throws {ConfigError} for less than one run, or exchanges without `options.exchange`
 * @throws {DeviceError} where the device was opened without timestamps
 */
export async function timeCalls(
  device: Device,
  owner: string,
  calls: readonly Call[],
  dispatch: (pass: GPUComputePassEncoder, i: number) => void,
  { runs = 5, exchange }: ProfileOptions = {},
): Promise<number[]> {
  const count = calls.length;
  if (!(runs >= 1)) {
    throw new ConfigError(`Cannot profile: runs must be at least 1, current value is ${runs}`);
  }
  if (!exchange && !calls.every(isDispatch)) {
    throw new ConfigError(
      `Cannot profile the program of ${owner}: it exchanges rows with other processes, give profile({ exchange })`,
    );
  }
  if (!device.gpu.features.has("timestamp-query")) {
    throw new DeviceError(
      `Cannot profile the program of ${owner}: ${device.adapter} was opened without timestamp-query, ` +
        `which this adapter may not grant`,
    );
  }
  const batches = batchesOf(calls);
  const slots = batches.at(-1)!.slot + count;
  const querySet = device.gpu.createQuerySet({
    type: "timestamp",
    count: Math.min(2 * count, maxTimestamps),
  });
  const stamps = device.buffer(`${owner}: timestamps`, 16 * slots, { usage: 0x200 }); // QUERY_RESOLVE
  try {
    const found = Array.from({ length: count }, () => [] as number[]);
    for (let run = 0; run <= runs; run++) {
      const waits: number[] = [];
      for (const batch of batches) {
        submit(device.gpu, querySet, stamps, batch, dispatch);
        const call = calls[batch.end];
        if (call === undefined || isDispatch(call)) continue;
        await device.gpu.queue.onSubmittedWorkDone();
        const began = performance.now();
        await exchange!(call);
        waits[batch.end] = performance.now() - began;
      }
      const [bytes] = await device.read([{ buffer: stamps, offset: 0, bytes: 16 * slots }]);
      if (run === 0) continue;
      const at = new BigUint64Array(bytes);
      waits.forEach((ms, i) => found[i].push(ms));
      for (const { start, end, slot } of batches) {
        for (let i = start, n = 2 * slot; i < end; i++, n += 2) {
          found[i].push(Number(at[n + 1] - at[n]) / 1e6);
        }
      }
    }
    return found.map((ms) => ms.sort((a, b) => a - b)[runs >> 1]);
  } finally {
    querySet.destroy();
    device.free(stamps);
  }
}

/** Calls `start` to `end` (exclusive), which are submitted together; their timestamps begin at slot `slot` of a buffer. */
interface CallBatch {
  start: number;
  end: number;
  slot: number;
}

/** Slots of two timestamps in the 256 bytes at whose multiples timestamps may be resolved. */
const slotUnit = 16;

/** Cuts calls in front of exchanges, which stand in no batch, and where a query set is full. */
function batchesOf(calls: readonly Call[]): CallBatch[] {
  const batches: CallBatch[] = [];
  let slot = 0;
  for (let start = 0; start < calls.length;) {
    let end = start;
    while (end < calls.length && end - start < maxTimestamps / 2 && isDispatch(calls[end])) end++;
    batches.push({ start, end, slot });
    slot += Math.ceil((end - start) / slotUnit) * slotUnit;
    start = end < calls.length && !isDispatch(calls[end]) ? end + 1 : end;
  }
  return batches;
}

/** Submits a batch and writes the timestamps of its calls to their places in `stamps`. */
function submit(
  gpu: GPUDevice,
  querySet: GPUQuerySet,
  stamps: GPUBuffer,
  { start, end, slot }: CallBatch,
  dispatch: (pass: GPUComputePassEncoder, i: number) => void,
): void {
  if (start === end) return;
  const encoder = gpu.createCommandEncoder();
  for (let i = start; i < end; i++) {
    const first = 2 * (i - start);
    const pass = encoder.beginComputePass({
      timestampWrites: { querySet, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 },
    });
    dispatch(pass, i);
    pass.end();
  }
  encoder.resolveQuerySet(querySet, 0, 2 * (end - start), stamps, 16 * slot);
  gpu.queue.submit([encoder.finish()]);
}
