/**
 * The processor time of this process. On a software adapter it tells what a kernel costs whatever else the machine
 * does, while wall time does not.
 *
 * @module
 */

/** Milliseconds that all living threads of this process have run; undefined where the system does not tell. */
export function cpuTime(): number | undefined {
  try {
    let nanoseconds = 0;
    for (const { name } of Deno.readDirSync("/proc/self/task")) nanoseconds += threadTime(name);
    return nanoseconds / 1e6;
  } catch {
    return undefined;
  }
}

function threadTime(thread: string): number {
  try {
    return Number(Deno.readTextFileSync(`/proc/self/task/${thread}/schedstat`).split(" ")[0]);
  } catch {
    return 0; // it has ended since the folder was read
  }
}
