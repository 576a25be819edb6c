/**
 * The processor time of this process, which on a software adapter does not depend on other work of the machine.
 *
 * @module
 */

/** Returns the milliseconds that all threads of this process have run; undefined where the system does not report it. */
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
    return 0; // the thread has ended since the folder was read
  }
}
