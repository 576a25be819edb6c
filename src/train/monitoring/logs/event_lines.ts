/**
 * The events of a run in a file: one line of JSON for each.
 *
 * @module
 */
import { dirname } from "node:path";
import type { RunEvent } from "../events.ts";

/**
 * Appends `events` to a file until they end. A line that an earlier session left unfinished is ended first.
 *
 * @param replace true to begin the file anew
 */
export async function writeEventLines(
  path: string,
  events: AsyncIterable<RunEvent>,
  replace = false,
): Promise<void> {
  let file: Deno.FsFile | undefined;
  try {
    for await (const event of events) {
      file ??= await openLines(path, replace && event.type !== "done"); // a run that was refused replaces nothing
      await write(file, `${JSON.stringify(event)}\n`);
    }
  } finally {
    file?.close();
  }
}

async function openLines(path: string, replace: boolean): Promise<Deno.FsFile> {
  await Deno.mkdir(dirname(path), { recursive: true });
  if (replace) return await Deno.open(path, { write: true, create: true, truncate: true });
  const file = await Deno.open(path, { read: true, append: true, create: true });
  if (!await endsWithLine(file)) await write(file, "\n");
  return file;
}

async function endsWithLine(file: Deno.FsFile): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const last = new Uint8Array(1);
  await file.seek(size - 1, Deno.SeekMode.Start);
  await file.read(last);
  return last[0] === 10; // the line feed
}

async function write(file: Deno.FsFile, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
