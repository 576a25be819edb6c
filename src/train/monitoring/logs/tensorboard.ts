/**
 * The curves of a run for TensorBoard: one event file per session, in a folder that the user names.
 *
 * @module
 */
import type { RunEvent } from "../events.ts";
import { type Scalar, scalarRecord, startRecord, versionRecord } from "./tensorboard_file.ts";

/**
 * Writes the losses, norms, rates and speeds of `events` until they end. A resumed run writes another file into the same
 * folder, which cancels what earlier files say of steps that are done again.
 */
export async function writeCurves(folder: string, events: AsyncIterable<RunEvent>): Promise<void> {
  let file: Deno.FsFile | undefined;
  let before: { tokens: number; seconds: number } | undefined;
  try {
    for await (const event of events) {
      const now = Date.now() / 1000;
      if (!file) {
        await Deno.mkdir(folder, { recursive: true });
        const name = `events.out.tfevents.${now.toFixed(3)}.llamero.${crypto.randomUUID().slice(0, 8)}`;
        file = await Deno.open(`${folder}/${name}`, { write: true, createNew: true });
        await write(file, versionRecord(now));
        await write(file, startRecord(now, event.type === "step" ? event.step : event.step + 1));
      }
      const scalars = scalarsOf(event, before);
      if (event.type === "step") before = event;
      if (scalars.length) await write(file, scalarRecord(now, event.step, scalars));
    }
  } finally {
    file?.close();
  }
}

function scalarsOf(event: RunEvent, before?: { tokens: number; seconds: number }): Scalar[] {
  if (event.type === "validation") {
    const { loss, perplexity, bitsPerByte } = event;
    const bits: Scalar[] = bitsPerByte === undefined ? [] : [["validation/bits per byte", bitsPerByte]];
    return [["validation/loss", loss], ["validation/perplexity", perplexity], ...bits];
  }
  if (event.type !== "step") return [];
  const { loss, gradNorm, learningRate, tokens, seconds, skipped } = event;
  const rate = before && seconds > before.seconds
    ? (tokens - before.tokens) / (seconds - before.seconds)
    : undefined;
  return [
    ["train/loss", loss],
    ["train/gradient norm", gradNorm],
    ["train/learning rate", learningRate],
    ["train/skipped", skipped ? 1 : 0],
    ...(rate === undefined ? [] : [["speed/tokens per second", rate] as const]),
  ];
}

async function write(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
