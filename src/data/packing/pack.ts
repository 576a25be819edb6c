/**
 * Packing: a source tokenized into the shards of one folder.
 *
 * @module
 */
import type { Encoder } from "../../base/encoder.ts";
import { DataError, FormatError } from "../../base/errors.ts";
import type { Document, Entry } from "../document.ts";
import { encodedPlan } from "./encode_step.ts";
import { packConversations } from "./pack_conversations.ts";
import { packDocuments } from "./pack_documents.ts";
import type { PackJob } from "./pack_job.ts";
import { PackWriter, type WriterState } from "./pack_writer.ts";
import { type DatasetPlan, describePlan, entriesOf, plansIn } from "../plan/plan.ts";
import { Pass } from "../plan/pass.ts";
import { skipPlan } from "../steps/basic_steps.ts";
import type { PackFacts } from "../plan/pass.ts";

/**
 * Packs a source into `folder`, going on where a process that was killed at the same work left off.
 *
 * @throws {DataError} when it has no records, or one that cannot be tokenized
 */
export async function pack(folder: string, job: PackJob): Promise<PackFacts> {
  const reading = new Pass({ signal: job.signal, workers: job.workers });
  const { kind, plan } = await known(job.plan, reading);
  const isDocuments = kind === "documents";
  const done = isDocuments ? readProgress(folder) : start;
  const writer = writerIn(folder, job, done);
  try {
    const counts = isDocuments
      ? await packDocuments(
        entriesOf(encodedFrom(plan, job.encoder, writer.done), reading),
        writer.files,
        job,
        writer.done,
        (state) => writeProgress(folder, state),
      )
      : await packConversations(entriesOf(plan, reading), writer.files, job);
    if (counts.documents === 0) throw nothingLeft(job.plan, reading);
    writer.files.finish();
    if (isDocuments) Deno.removeSync(progressIn(folder));
    return { kind, ...counts, steps: reading.steps(plansIn(job.plan)) };
  } catch (error) {
    writer.files.abandon();
    throw error;
  }
}

/** The plan, and what it reads, which the first record tells where the plan does not. */
async function known(
  plan: DatasetPlan,
  reading: Pass,
): Promise<{ kind: PackFacts["kind"]; plan: DatasetPlan }> {
  if (plan.kind) return { kind: plan.kind, plan };
  const entries = entriesOf(plan, reading);
  const head = await entries.next();
  if (head.done) throw nothingLeft(plan, reading);
  const begun: DatasetPlan = {
    op: plan.op,
    options: {},
    inputs: [],
    open: () => startingWith(head.value, entries),
  };
  return { kind: kindOf(head.value), plan: begun };
}

/** The documents that are not packed yet, with their ids. */
function encodedFrom(plan: DatasetPlan, encoder: Encoder, { borders }: WriterState): DatasetPlan<Document> {
  return encodedPlan(borders > 0 ? skipPlan(plan, borders) : plan, encoder);
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

function kindOf(entry: Entry<unknown>): PackFacts["kind"] {
  return Array.isArray((entry.value as { messages?: unknown } | null)?.messages)
    ? "conversations"
    : "documents";
}

function nothingLeft(plan: DatasetPlan, reading: Pass): DataError {
  const losses = reading.steps(plansIn(plan)).flatMap(({ step, dropped }) =>
    Object.entries(dropped).map(([reason, count]) => `${step} dropped ${count} (${reason})`)
  );
  return new DataError(
    `Cannot tokenize ${describePlan(plan).map((line) => line.trim()).join(" > ")}: no document is left, ` +
      (losses.length ? losses.join(", ") : "check that the source holds text"),
  );
}
