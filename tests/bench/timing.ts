/**
 * Times of work on a device: in Deno the queue is idle when `onSubmittedWorkDone` returns, before its promise resolves.
 *
 * @module
 */
import type { Device, Program } from "../../src/gpu/mod.ts";
import { cpuTime } from "./cpu_time.ts";

/** A function that enqueues work and returns at once. */
export type Work = () => void;

/** Times of work, in milliseconds. */
export interface Times {
  /** Time from its call until the queue was idle. */
  ms: number;
  /** Part of that time until the call returned. */
  host: number;
  /** Processor time of this process, where the system reports it. */
  cpu?: number;
}

/** Times work once. */
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
 * Times several works in turns, so that other work of the machine disturbs all of them alike.
 *
 * @returns the times of each work in each round, without the rounds that warm up
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

/** Returns the number of repetitions in which a program takes `target` milliseconds, at most 200. */
export async function repeats(program: Program, target: number): Promise<number> {
  await time(program.device, repeat(program, 1)); // compiles
  const { ms } = await time(program.device, repeat(program, 1));
  return Math.max(1, Math.min(200, Math.ceil(target / ms)));
}
