/**
 * Timing on a device that answers late: the queue is idle when `onSubmittedWorkDone` returns, which in Deno is before
 * its promise resolves.
 *
 * @module
 */
import type { Device, Program } from "../../src/gpu/mod.ts";
import { cpuTime } from "./cpu_time.ts";

/** Enqueues something; returns at once. */
export type Work = () => void;

/** What a work took, in milliseconds. */
export interface Times {
  /** From its call until the queue was idle. */
  ms: number;
  /** Of that, until the call returned. */
  host: number;
  /** Processor time of this process, where the system tells it. */
  cpu?: number;
}

/** Times a work once. */
export async function time(device: Device, work: Work): Promise<Times> {
  const before = cpuTime();
  const start = performance.now();
  work();
  const returned = performance.now();
  const done = device.gpu.queue.onSubmittedWorkDone();
  const idle = performance.now();
  const after = cpuTime();
  await done;
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  return { ms: idle - start, host: returned - start, cpu };
}

/**
 * Times works in turns, so that whatever else the machine does falls on all of them alike.
 *
 * @returns the times of each work in each round, rounds that warm up left out
 */
export async function inTurns(
  device: Device,
  works: readonly Work[],
  { rounds = 9, warm = 2 } = {},
): Promise<Times[][]> {
  const found: Times[][] = works.map(() => []);
  for (let round = -warm; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const times = await time(device, work);
      if (round >= 0) found[i].push(times);
    }
  }
  return found;
}

/** Replays a program `count` times in one submission. */
export function repeat(program: Program, count: number): Work {
  return () => {
    const encoder = program.device.gpu.createCommandEncoder();
    for (let i = 0; i < count; i++) program.encode(encoder);
    program.device.gpu.queue.submit([encoder.finish()]);
  };
}

/** How often a program must be repeated to take `target` milliseconds, at most 200 times. */
export async function repeats(program: Program, target: number): Promise<number> {
  await time(program.device, repeat(program, 1)); // compiles
  const { ms } = await time(program.device, repeat(program, 1));
  return Math.max(1, Math.min(200, Math.ceil(target / ms)));
}
