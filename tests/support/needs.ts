/**
 * Conditions of tests that cannot run everywhere: such a test is ignored, and its name says why.
 *
 * @module
 */

/** Options of `Deno.test`, and the reason that goes behind the test's name: empty when the test runs. */
export interface Condition {
  /** True when the test cannot run here. */
  readonly ignore: boolean;
  /** The reason in parentheses, with a space before it. */
  readonly reason: string;
}

/**
 * Returns the condition of a test that runs only where `met`; `obstacle` says what is in the way otherwise.
 *
 * ```ts ignore
 * const onLinux = needs(Deno.build.os === "linux", "memory is read from /proc");
 * Deno.test(`memory stays flat${onLinux.reason}`, onLinux, async () => {});
 * ```
 */
export function needs(met: boolean, obstacle: string): Condition {
  return { ignore: !met, reason: met ? "" : ` (ignored: ${obstacle})` };
}

/** Returns true where `program` can be started; `args` make it end at once. */
export async function canRun(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
