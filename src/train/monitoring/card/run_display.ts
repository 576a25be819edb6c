/**
 * The live display of a run: a card in a notebook, a line in a terminal, plain lines in a pipe.
 *
 * @module
 */
import { Live, openSink } from "../../../display/mod.ts";
import type { RunEvent } from "../events.ts";
import type { RunLog } from "../run_log.ts";
import type { CardFacts } from "./card_facts.ts";
import { plainLine, runCard } from "./run_card.ts";

/** Shows a run until its last event. A display that fails is given up; it never ends the run. */
export async function showRun(log: RunLog, facts: () => CardFacts): Promise<void> {
  try {
    const sink = openSink();
    const live = new Live({ sink });
    const update = { picture: () => runCard(facts()), line: () => plainLine(facts()) };
    log.onNote = () => live.update(update);
    if (sink.kind === "notebook") live.update(update); // at once, while the cell that starts the run is the one that runs
    for await (const event of log.events.of<RunEvent["type"]>([])) {
      const line = pipeLine(event);
      if (sink.kind === "pipe" && line) sink.show({ picture: { text: line }, line }, false, false);
      live.update(update);
    }
    await live.end();
  } catch (error) {
    console.error("The display of the run failed, the run goes on:", error);
  } finally {
    log.onNote = undefined;
  }
}

/** Returns the line of an event that must not be missed between two lines of a pipe; undefined for others. */
function pipeLine(event: RunEvent): string | undefined {
  if (event.type === "warning") return `Warning: ${event.message}`;
  if (event.type === "sample") return `Sample after step ${event.step}: ${event.text}`;
}
