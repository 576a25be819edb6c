/**
 * Packing: a source tokenized into the shards of one folder.
 *
 * @module
 */
import { DataError, FormatError } from "../base/errors.ts";
import type { Entry } from "./document.ts";
import { packConversations } from "./pack_conversations.ts";
import { packDocuments } from "./pack_documents.ts";
import type { Facts, PackJob } from "./pack_job.ts";
import { PackWriter, type WriterState } from "./pack_writer.ts";
import { describePlan, entriesOf, type Plan, plansIn } from "./plan.ts";
import { Reading } from "./reading.ts";

/**
 * Packs a source into `folder`, going on where a process that was killed at the same work left off.
 *
 * @throws {DataError} when it has no records, or one that cannot be tokenized
 */
export async function pack(folder: string, job: PackJob): Promise<Facts> {
  const reading = new Reading({ signal: job.signal, workers: job.workers });
  const entries = entriesOf(job.plan, reading);
  const head = await entries.next();
  if (head.done) throw nothingLeft(job.plan, reading);
  const kind = job.plan.kind ?? kindOf(head.value);
  const isDocuments = kind === "documents", done = isDocuments ? readProgress(folder) : start;
  const writer = writerIn(folder, job, done);
  try {
    const all = startingWith(head.value, entries);
    const counts = isDocuments
      ? await packDocuments(all, writer.files, job, writer.done, (state) => writeProgress(folder, state))
      : await packConversations(all, writer.files, job);
    writer.files.finish();
    if (isDocuments) Deno.removeSync(progressIn(folder));
    return { kind, ...counts, steps: reading.steps(plansIn(job.plan)) };
  } catch (error) {
    writer.files.abandon();
    throw error;
  }
}

const start: WriterState = { ids: 0, borders: 0, bytes: 0 };

/** Goes on where the files are as the note says, else begins anew. */
function writerIn(
  folder: string,
  { encoder }: PackJob,
  done: WriterState,
): { files: PackWriter; done: WriterState } {
  try {
    return { files: new PackWriter(folder, encoder.vocabSize, done), done };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { files: new PackWriter(folder, encoder.vocabSize), done: start };
  }
}

function progressIn(folder: string): string {
  return `${folder}/progress.json`;
}

function readProgress(folder: string): WriterState {
  try {
    return JSON.parse(Deno.readTextFileSync(progressIn(folder)));
  } catch {
    writeProgress(folder, start); // none yet, or cut short
    return start;
  }
}

function writeProgress(folder: string, state: WriterState): void {
  Deno.writeTextFileSync(`${progressIn(folder)}.new`, JSON.stringify(state));
  Deno.renameSync(`${progressIn(folder)}.new`, progressIn(folder));
}

async function* startingWith(
  head: Entry<unknown>,
  rest: AsyncGenerator<Entry<unknown>>,
): AsyncGenerator<Entry<unknown>> {
  yield head;
  yield* rest;
}

function kindOf(entry: Entry<unknown>): Facts["kind"] {
  return Array.isArray((entry.value as { messages?: unknown } | null)?.messages)
    ? "conversations"
    : "documents";
}

function nothingLeft(plan: Plan, reading: Reading): DataError {
  const losses = reading.steps(plansIn(plan)).flatMap(({ step, dropped }) =>
    Object.entries(dropped).map(([reason, count]) => `${step} dropped ${count} (${reason})`)
  );
  return new DataError(
    `Cannot tokenize ${describePlan(plan).map((line) => line.trim()).join(" > ")}: no document is left, ` +
      (losses.length ? losses.join(", ") : "check that the source holds text"),
  );
}
