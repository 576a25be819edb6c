/**
 * The frame of every example: it runs the work, says an error in one line, and ends the process.
 *
 * @module
 */
import { LlameroError } from "@llamero/sdk";
import { printable } from "@llamero/sdk/display";

/** Exit code of a program that failed. Wrong flags end in 2: `readFlags` does that. */
const failed = 1;

/** Exit code of a program that Ctrl-C ended, as shells have it: 128 and the number of SIGINT. */
const interrupted = 130;

/**
 * Runs `main` and ends the process, which the GPU's threads would keep: with the exit code that `main` returns (0 where it
 * returns none), with 1 after an error, with 130 after Ctrl-C. An error is a message on standard error; `LLAMERO_TRACE=1` shows
 * its frames too.
 */
export async function runMain(main: () => Promise<number | void>): Promise<never> {
  let code: number;
  try {
    code = await main() ?? 0;
  } catch (error) {
    code = isAbort(error) ? interrupted : failed;
    if (isUntaken(error)) console.error(errorText(error, Deno.env.get("LLAMERO_TRACE") === "1"));
  }
  Deno.exit(code);
}

/** Returns the text that a failed program prints: the message alone, or with `trace` all frames of the error and its causes. */
export function errorText(error: unknown, trace = false): string {
  if (isAbort(error)) return "Stopped.";
  if (trace) return Deno.inspect(error, { colors: false });
  if (error instanceof LlameroError) return `error: ${error.message}`;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `error: ${printable(text)}\n(LLAMERO_TRACE=1 shows where it was thrown)`;
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * Offers the error to listeners for uncaught ones: a rank of a parallel run says which rank it was and ends all others. Returns
 * true where no listener took it.
 */
function isUntaken(error: unknown): boolean {
  return dispatchEvent(new ErrorEvent("error", { error, cancelable: true }));
}
