/**
 * The logs that a run keeps in files: its events as lines of JSON, and its curves for TensorBoard.
 *
 * @module
 */
import { ConfigError } from "../../../base/errors.ts";
import type { RunEvent } from "../events.ts";
import type { RunLog } from "../run_log.ts";
import { writeEventLines } from "./event_lines.ts";
import { writeCurves } from "./tensorboard.ts";

/** A log in a file or a folder. */
export interface LogPlace {
  /** The content: a line of JSON for each event, or curves for TensorBoard. */
  readonly kind: "events" | "curves";
  /** Path of the file with the events, or of the folder with the curves. */
  readonly path: string;
  /** True to begin the file anew. */
  readonly replace: boolean;
}

/** File of the events in the folder of the checkpoints. */
const eventsFile = "events.jsonl";

/**
 * Returns the places of the logs that the option `log` of a trainer names.
 *
 * @param checkpoint folder of the checkpoints
 * @param replace true for a run that replaces an earlier one in that folder
 * @throws {ConfigError} for events in the folder of the checkpoints where there is none
 */
export function logPlaces(
  log: string | readonly string[] | undefined,
  checkpoint: string | undefined,
  replace: boolean,
): LogPlace[] {
  return [log ?? []].flat().map((path): LogPlace => {
    if (path === "jsonl") {
      return { kind: "events", path: `${folderOf(checkpoint)}/${eventsFile}`, replace };
    }
    return { kind: path.endsWith(".jsonl") ? "events" : "curves", path, replace: false };
  });
}

function folderOf(checkpoint: string | undefined): string {
  if (checkpoint !== undefined) return checkpoint;
  throw new ConfigError(
    `Cannot use Trainer.log: "jsonl" writes ${eventsFile} into the checkpoint folder, and there is none. Give the trainer ` +
      `one, new Trainer(model, { checkpoint: "runs/name", log: "jsonl" }), or name a file: log: "${eventsFile}"`,
    { path: "Trainer.log", value: "jsonl" },
  );
}

/** Writes logs until the events of the run end. A failure is a warning of the run and does not end it. */
export async function writeLogs(places: readonly LogPlace[] = [], log: RunLog): Promise<void> {
  await Promise.all(places.map(async ({ kind, path, replace }) => {
    const events = log.events.of<RunEvent["type"]>([]);
    try {
      await (kind === "events" ? writeEventLines(path, events, replace) : writeCurves(path, events));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.warn(`No more ${kind} are written to ${path}: ${message}`);
    }
  }));
}
