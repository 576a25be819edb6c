/**
 * The messages between a run that was launched and its ranks: events on the standard output of rank 0, commands on its
 * standard input, each a line of JSON.
 *
 * @module
 */
import type { RunEvent } from "../monitoring/events.ts";
import type { Recipe } from "../recipe.ts";

/** The work of the ranks, as they read it from a file. */
export interface LaunchJob {
  /** The trainer. */
  recipe: Recipe;
  /** Folder of the model to begin with. */
  model: string;
  /** Number format of the weights that products read. */
  dtype: "f32" | "f16";
  /** Ranks that hold one copy of the model. */
  modelRanks: number;
  /** Address of the module that exports what JSON cannot hold. */
  module?: string;
  /** Goes on from the newest checkpoint. */
  resume: boolean;
  /** Replaces the checkpoints of an earlier run. */
  overwrite: boolean;
  /** Step of the run after which it stops by itself. */
  until?: number;
}

/** Returns the file beside a job's in which rank 0 leaves the trace of all ranks. */
export function traceFile(job: string): string {
  return job.replace(/[^/]+$/, "trace.json");
}

/** A command to a run: one of its verbs, with the number of steps for `step`. */
export interface RunCommand {
  /** The verb. */
  verb: "stop" | "pause" | "resume" | "step";
  /** Steps to take. */
  count?: number;
}

/** The key of an event's line, which tells it from what a user's function prints. */
const key = "llamero run event";

/** Returns the line of an event. */
export function eventLine(event: RunEvent): string {
  return JSON.stringify({ [key]: event }) + "\n";
}

/** Returns the event of a line; undefined for a line that is none. */
export function eventOf(line: string): RunEvent | undefined {
  if (!line.startsWith(`{"${key}":`)) return undefined;
  try {
    return (JSON.parse(line) as Record<string, RunEvent>)[key];
  } catch {
    return undefined; // a rank was ended in the middle of a line
  }
}

/** Returns the line of a command. */
export function commandLine(command: RunCommand): string {
  return JSON.stringify(command) + "\n";
}

/** Reads the lines of a stream of bytes. */
export async function* streamLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}
