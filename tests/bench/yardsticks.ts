/**
 * The yardsticks: the peak of the adapter in arithmetic and in moving memory. All other speeds are shares of one of
 * them, measured in turns with it.
 *
 * @module
 */
import { type Device, grid2d, kernel, type Program, Recorder } from "../../src/gpu/mod.ts";
import { median, spread } from "./statistics.ts";
import type { Figure, Section, Speed, Unit } from "./figure.ts";
import { inTurns, repeat, repeats, type Times, type Work } from "./timing.ts";
import copySource from "./copy.wgsl" with { type: "text" };
import peakSource from "./peak.wgsl" with { type: "text" };

/** Work that runs at the peak of the adapter. */
export interface Yardstick {
  /** Enqueues the work. */
  work: Work;
  /** Amount of work: floating-point operations or bytes. */
  amount: number;
}

/** Both yardsticks of an adapter. */
export interface Yardsticks {
  /** Multiply-add chains. */
  peak: Yardstick;
  /** Reading and writing each number once. */
  copy: Yardstick;
}

/** Target milliseconds of a yardstick: long compared with a submission, short compared with the whole bench. */
const target = 15;

/** Makes both yardsticks. */
export async function makeYardsticks(device: Device): Promise<Yardsticks> {
  const invocations = device.software ? 2 ** 14 : 2 ** 20;
  const rounds = 256;
  const p = new Recorder(device, "all", false);
  const y = p.tensor("y", [invocations]);
  p.call(kernel("peak", peakSource), { y }, { rounds, factor: 1e-9 }, [invocations / 64]);
  const size = 2 ** (device.software ? 20 : 22);
  const c = new Recorder(device, "all", false);
  const x = c.tensor("x", [size, 4]);
  const z = c.tensor("z", [size, 4]);
  c.call(kernel("copy", copySource), { x, y: z }, { size }, grid2d(size / 64));
  const yardstick = async (program: Program, amount: number) => {
    const count = await repeats(program, target);
    return { work: repeat(program, count), amount: amount * count };
  };
  return {
    peak: await yardstick(await p.compile("bench: peak"), invocations * rounds * 64 * 2),
    copy: await yardstick(await c.compile("bench: copy"), size * 32),
  };
}

/** Measures a program of `amount` operations or bytes in turns with a yardstick. */
export async function measure(
  program: Program,
  amount: number,
  yardstick: Yardstick,
  rounds = 7,
): Promise<Speed> {
  const count = await repeats(program, target);
  return await measureWork(program.device, repeat(program, count), amount, count, yardstick, rounds);
}

/** Measures work that does `amount` each of `count` times. */
export async function measureWork(
  device: Device,
  work: Work,
  amount: number,
  count: number,
  yardstick: Yardstick,
  rounds: number,
): Promise<Speed> {
  const [own, best] = await inTurns(device, [work, yardstick.work], { rounds, warm: 1 });
  // Ratio of the speeds in each round.
  const share = (of: (times: Times) => number) => {
    const scale = amount * count / yardstick.amount;
    return spread(own.map((times, i) => scale * of(best[i]) / of(times)));
  };
  const ms = spread(own.map((times) => times.ms / count));
  const told = own[0].cpu !== undefined;
  return {
    ms,
    speed: amount / ms.median / 1e6,
    share: share((times) => times.ms),
    cpuShare: device.software && told ? share((times) => times.cpu!) : undefined,
  };
}

/** Returns the figures of the yardsticks. */
export async function adapterSection(device: Device, { peak, copy }: Yardsticks): Promise<Section> {
  const [a, c] = await inTurns(device, [peak.work, copy.work], { rounds: 15 });
  const figure = (name: string, unit: Unit, { amount }: Yardstick, times: Times[]): Figure => ({
    name,
    value: amount / median(times.map(({ ms }) => ms)) / 1e6,
    unit,
    ms: spread(times.map(({ ms }) => ms)),
  });
  return {
    name: "Adapter",
    about: "What this adapter can do at most; all shares below are measured in turns with these.",
    figures: [
      figure("multiply-add chains", "GFLOP/s", peak, a),
      figure("copy, read and write counted", "GB/s", copy, c),
    ],
  };
}
