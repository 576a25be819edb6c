/**
 * Rows of JSON Lines files, as they are or as documents.
 *
 * @module
 */
import { z } from "zod";
import { parseOptions, type Same, show } from "../base/schema.ts";
import { readJsonl, type Row } from "../formats/jsonl.ts";
import { type Document, type Entry, wrongField } from "./document.ts";
import type { Paths } from "./files.ts";
import type { Plan } from "./plan.ts";
import { readerPlan } from "./reader.ts";

/** How rows become documents: the names of the fields that hold their parts. */
export interface JsonlOptions {
  /** The field that holds the text; the other fields go to `meta`. Without it the rows stay as they are. */
  text?: string;
  /** The field that holds a unique id (a string or a number); default: path and line number. */
  id?: string;
  /** The field that says where the text came from; default: the path. */
  source?: string;
}

const schema = z.strictObject({
  text: z.string().optional(),
  id: z.string().optional(),
  source: z.string().optional(),
}).refine(
  ({ text, id, source }) => text !== undefined || (id === undefined && source === undefined),
  "id and source need text, which makes documents of the rows",
) satisfies z.ZodType<JsonlOptions>;
true satisfies Same<keyof z.input<typeof schema>, keyof JsonlOptions>;

/** The rows of JSON Lines files, or with `{ text: "field" }` documents made of them. */
export function jsonlPlan(paths: Paths, options: JsonlOptions = {}): Plan<Row> | Plan<Document> {
  const fields = parseOptions(schema, options, "Dataset.jsonl");
  const { text } = fields;
  return text === undefined
    ? readerPlan(paths, { op: "jsonl", options: {}, read: rowsOf })
    : readerPlan(paths, {
      op: "jsonl",
      options: { ...fields },
      kind: "documents",
      async *read(path) {
        for await (const entry of rowsOf(path)) {
          yield { ...entry, value: documentOf(entry, { ...fields, text }) };
        }
      },
    });
}

async function* rowsOf(path: string): AsyncGenerator<Entry<Row>> {
  for await (const { row, line } of readJsonl(path)) {
    yield { value: row, id: `${path}:${line}`, place: { file: path, line } };
  }
}

function documentOf(entry: Entry<Row>, fields: JsonlOptions & { text: string }): Document {
  const { meta, ...rest } = entry.value;
  const others: Row = { ...(isObject(meta) ? meta : meta === undefined ? {} : { meta }), ...rest };
  const take = (field: string) => {
    const value = entry.value[field];
    delete others[field];
    if (typeof value === "string" || (typeof value === "number" && field !== fields.text)) {
      return String(value);
    }
    throw wrongField(entry, field, `must be a string, current value is ${show(value)}`);
  };
  const text = take(fields.text);
  const id = fields.id === undefined ? entry.id : take(fields.id);
  const source = fields.source === undefined ? entry.place.file! : take(fields.source);
  return { text, source, id, ...(Object.keys(others).length ? { meta: others } : {}) };
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
