/**
 * The live display of a run: a card in a notebook, a line in a terminal, plain lines in a pipe.
 *
 * @module
 */
import { Live, type Picture } from "../../display/mod.ts";
import type { RunEvent } from "./events.ts";
import type { RunLog } from "./run_log.ts";

/** Shows a run until its last event. A display that fails is given up; it never ends the run. */
export async function showRun(log: RunLog, picture: () => Picture): Promise<void> {
  try {
    const live = new Live();
    log.onNote = () => live.update({ picture });
    for await (const _event of log.events.of<RunEvent["type"]>([])) live.update({ picture });
    await live.end();
  } catch (error) {
    console.error("The display of the run failed, the run goes on:", error);
  } finally {
    log.onNote = undefined;
  }
}
