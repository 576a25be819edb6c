/**
 * The kind of records that a stage of training learns from: documents, or conversations.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Entry } from "../document.ts";
import { Pass } from "../plan/pass.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";

/** Documents, of which every token is learned, or conversations, of which the answers are. */
export type RecordKind = NonNullable<DatasetPlan["kind"]>;

/** Returns the kind of a record, as its fields tell it. */
export function kindOf(entry: Entry<unknown>): RecordKind {
  return Array.isArray((entry.value as { messages?: unknown } | null)?.messages)
    ? "conversations"
    : "documents";
}

/**
 * Checks the kind of a record; any kind will do where `wanted` is undefined.
 *
 * @throws {DataError} naming the record and the way to make one of the wanted kind
 */
export function checkKind(entry: Entry<unknown>, wanted: RecordKind | undefined): void {
  if (wanted === undefined || kindOf(entry) === wanted) return;
  throw new DataError(
    `Cannot learn from record ${entry.id}: ` +
      (wanted === "documents" ? isConversation : isNoConversation(entry.value)),
    entry.place,
  );
}

/** Checks the first record of a plan whose kind is known to be another one. */
export async function checkFirstRecord(plan: DatasetPlan, wanted: RecordKind | undefined): Promise<void> {
  for await (const entry of entriesOf(plan, new Pass({}))) return checkKind(entry, wanted);
}

const isConversation =
  "it is a conversation, and pretraining learns all of a document's text. Learn its answers with .instruct(), or " +
  "make documents of conversations with .map(({ messages }) => ({ text: ... }))";

function isNoConversation(value: unknown): string {
  const { text } = (value ?? {}) as { text?: unknown };
  if (typeof text === "string") {
    return "it is a document, and instruction tuning learns the answers of conversations. Learn its text with " +
      ".pretrain(), or make conversations of it with .map(({ text }) => ({ prompt: ..., completion: ... })).conversations()";
  }
  const found = typeof value === "object" && value !== null
    ? `a row with the fields ${Object.keys(value).join(", ")}`
    : show(value);
  return `it is ${found}, and instruction tuning learns the answers of conversations. Make conversations of rows with ` +
    ".conversations()";
}
