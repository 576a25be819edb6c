/**
 * Packing: a source tokenized into the shards of one folder.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import type { Entry } from "./document.ts";
import { packConversations } from "./pack_conversations.ts";
import { packDocuments } from "./pack_documents.ts";
import type { Facts, PackJob } from "./pack_job.ts";
import { PackWriter } from "./pack_writer.ts";
import { describePlan, entriesOf, type Plan, plansIn } from "./plan.ts";
import { Reading } from "./reading.ts";

/**
 * Packs a source into `folder`.
 *
 * @throws {DataError} when it has no records, or one that cannot be tokenized
 */
export async function pack(folder: string, job: PackJob): Promise<Facts> {
  const reading = new Reading({ signal: job.signal });
  const entries = entriesOf(job.plan, reading);
  const head = await entries.next();
  if (head.done) throw nothingLeft(job.plan, reading);
  const kind = job.plan.kind ?? kindOf(head.value);
  const writer = new PackWriter(folder, job.encoder.vocabSize);
  try {
    const run = kind === "conversations" ? packConversations : packDocuments;
    const counts = await run(startingWith(head.value, entries), writer, job);
    writer.finish();
    return { kind, ...counts, steps: reading.steps(plansIn(job.plan)) };
  } catch (error) {
    writer.abandon();
    throw error;
  }
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
