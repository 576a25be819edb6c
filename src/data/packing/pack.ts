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

/**
 * Packs a source into `folder`. Documents go on where a process that was killed at the same work left off.
 *
 * @throws {DataError} when the source has no records, or one that cannot be tokenized
 */
export async function pack(folder: string, job: PackJob): Promise<PackFacts> {
  const pass = new Pass({ signal: job.signal, workers: job.workers });
  const { kind, plan } = await withKind(job.plan, pass);
  const write = kind === "documents" ? packDocuments : packConversations;
  const counts = await write(folder, { ...job, plan }, pass);
  if (counts.documents === 0) throw nothingLeft(job.plan, pass);
  return { kind, ...counts, steps: pass.steps(plansIn(job.plan)) };
}

/** Returns a plan with the kind of its records, which the first record tells where the plan does not. */
async function withKind(
  plan: DatasetPlan,
  pass: Pass,
): Promise<{ kind: PackFacts["kind"]; plan: DatasetPlan }> {
  if (plan.kind) return { kind: plan.kind, plan };
  const entries = entriesOf(plan, pass);
  const head = await entries.next();
  if (head.done) throw nothingLeft(plan, pass);
  return {
    kind: kindOf(head.value),
    plan: { op: plan.op, options: {}, inputs: [], open: () => startingWith(head.value, entries) },
  };
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

function nothingLeft(plan: DatasetPlan, pass: Pass): DataError {
  const losses = pass.steps(plansIn(plan)).flatMap(({ step, dropped }) =>
    Object.entries(dropped).map(([reason, count]) => `${step} dropped ${count} (${reason})`)
  );
  return new DataError(
    `Cannot tokenize ${describePlan(plan).map((line) => line.trim()).join(" > ")}: no document is left, ` +
      (losses.length ? losses.join(", ") : "check that the source holds text"),
  );
}
