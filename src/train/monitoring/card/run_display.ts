/**
 * The live display of a run: a card in a notebook, a line in a terminal, plain lines in a pipe.
 *
 * @module
 */
import { Live, openSink, type Sink } from "../../../display/mod.ts";
import type { RunEvent } from "../events.ts";
import type { RunLog } from "../run_log.ts";
import type { CardFacts } from "./card_facts.ts";
import { plainLine, runCard } from "./run_card.ts";

/** Shows a run until its last event, by default where this process shows things. A display that fails never ends the run. */
export async function showRun(
  log: RunLog,
  facts: () => CardFacts,
  sink: Sink = openSink(),
): Promise<void> {
  const live = new Live({ sink });
  const update = { picture: () => runCard(facts()), line: () => plainLine(facts()) };
  const show = (event?: RunEvent) => {
    const line = event && pipeLine(event);
    if (sink.kind === "pipe" && line) sink.show({ picture: { text: line }, line }, false, false);
    live.update(update);
  };
  let failed = false;
  const attempt = async (work: () => void | Promise<void>) => {
    try {
      if (!failed) await work();
    } catch (error) {
      failed = true;
      console.error("The display of the run failed, the run goes on:", error);
    }
  };
  log.onNote = () => attempt(show);
  if (sink.kind === "notebook") attempt(show); // at once, while the cell that starts the run is the one that runs
  for await (const event of log.events.of<RunEvent["type"]>([])) await attempt(() => show(event));
  log.onNote = undefined;
  await attempt(() => live.end());
}

/** Returns the line of an event that must not be missed between two lines of a pipe; undefined for others. */
function pipeLine(event: RunEvent): string | undefined {
  if (event.type === "warning") return `Warning: ${event.message}`;
  if (event.type === "sample") return `Sample after step ${event.step}: ${event.text}`;
}
