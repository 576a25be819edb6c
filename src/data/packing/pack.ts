/**
 * Packing: tokenizes a source into the shards of one folder.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import type { Entry } from "../document.ts";
import { Pass } from "../plan/pass.ts";
import { type DatasetPlan, describePlan, entriesOf, plansIn } from "../plan/plan.ts";
import { packConversations } from "./pack_conversations.ts";
import { packDocuments } from "./pack_documents.ts";
import type { PackFacts, PackJob } from "./pack_job.ts";
import { checkFirstRecord, checkKind, kindOf, type RecordKind } from "./record_kind.ts";

/**
 * Packs a source into `folder`. Documents go on where a process that was killed at the same work left off.
 *
 * @throws {DataError} when the source has no records, one of another kind than asked for, or one that cannot be tokenized
 */
export async function pack(folder: string, job: PackJob): Promise<PackFacts> {
  const pass = new Pass({ signal: job.signal, workers: job.workers });
  const { kind, plan } = await withKind(job.plan, pass, job.kind);
  const write = kind === "documents" ? packDocuments : packConversations;
  const counts = await write(folder, { ...job, plan }, pass);
  if (counts.documents === 0) throw nothingLeft(job.plan, pass);
  return { kind, ...counts, steps: pass.steps(plansIn(job.plan)) };
}

/** Returns a plan with the kind of its records, which the first record tells where the plan does not, checked. */
async function withKind(
  plan: DatasetPlan,
  pass: Pass,
  wanted: RecordKind | undefined,
): Promise<{ kind: RecordKind; plan: DatasetPlan }> {
  if (plan.kind && wanted && plan.kind !== wanted) await checkFirstRecord(plan, wanted);
  if (plan.kind) return { kind: plan.kind, plan };
  const entries = entriesOf(plan, pass);
  const head = await entries.next();
  if (head.done) throw nothingLeft(plan, pass);
  const kind = wanted ?? kindOf(head.value);
  return {
    kind,
    plan: { op: plan.op, options: {}, inputs: [], open: () => ofKind(kind, head.value, entries) },
  };
}

async function* ofKind(
  kind: RecordKind,
  head: Entry<unknown>,
  rest: AsyncGenerator<Entry<unknown>>,
): AsyncGenerator<Entry<unknown>> {
  checkKind(head, kind);
  yield head;
  for await (const entry of rest) {
    checkKind(entry, kind);
    yield entry;
  }
}

function nothingLeft(plan: DatasetPlan, pass: Pass): DataError {
  const losses = pass.steps(plansIn(plan)).flatMap(({ step, dropped }) =>
    Object.entries(dropped).map(([reason, count]) => `${step} dropped ${count} (${reason})`)
  );
  return new DataError(
    `Cannot tokenize ${describePlan(plan).map((line) => line.trim()).join(" > ")}: no document is left, ` +
      (losses.length ? losses.join(", ") : "check that the source holds text"),
  );
}
