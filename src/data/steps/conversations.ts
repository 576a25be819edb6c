/**
 * Instruction data [paper 4] as conversations: from `{ instruction, input, output }`, `{ prompt, completion }` or
 * `{ messages }`.
 *
 * @module
 */
import { z } from "zod";
import type { Message } from "../../base/encoder.ts";
import { ConfigError, DataError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import { type Conversation, type Entry, type Row, wrongField } from "../document.ts";
import { onEachSource } from "./mix.ts";
import { type DatasetPlan, sourceName } from "../plan/plan.ts";
import { stepPlan } from "./stateful_step.ts";

/** Names of the fields of a row, where they are not the names of the parts themselves. */
export interface ConversationFields {
  /** The instruction; goes with `output`. */
  instruction?: string;
  /** The input, appended to the instruction after a blank line. May be missing or empty in a row. */
  input?: string;
  /** The answer to the instruction. */
  output?: string;
  /** The prompt; goes with `completion`. */
  prompt?: string;
  /** The answer to the prompt. */
  completion?: string;
  /** A list of `{ role, content }`. */
  messages?: string;
}

/** Settings of conversations made of rows. */
export interface ConversationOptions {
  /** Other names for the fields; the parts that are named decide the shape. Default: the first shape that fits the row. */
  fields?: ConversationFields;
}

const field = z.string().optional();
const fieldsSchema = optionsSchema<ConversationFields>("ConversationFields")(z.strictObject({
  instruction: field,
  input: field,
  output: field,
  prompt: field,
  completion: field,
  messages: field,
}));
const schema = optionsSchema<ConversationOptions>("ConversationOptions")(
  z.strictObject({ fields: fieldsSchema.optional() }),
);

type Shape = "messages" | "instruction" | "prompt";
const answerOf = { instruction: "output", prompt: "completion" } as const;
const roles = ["system", "user", "assistant"];

/**
 * Returns the plan of the rows as conversations. Contents stay as they are, spaces included.
 *
 * @throws {ConfigError} when `fields` names parts of two shapes
 */
export function conversationsPlan(
  input: DatasetPlan,
  options: ConversationOptions,
): DatasetPlan<Conversation> {
  const { fields = {} } = parseOptions(schema, options, "Dataset.conversations");
  const shape = shapeOfFields(fields);
  return onEachSource(input, (source) =>
    stepPlan<unknown, Conversation>(source, {
      op: "conversations",
      options: Object.keys(fields).length ? { fields } : {},
      kind: "conversations",
      reach: "record",
      async *run(entries, counts) {
        for await (const entry of entries) {
          const messages = messagesOf(entry, fields, shape);
          counts.kept++;
          yield { ...entry, value: { messages, source: entry.place.file ?? sourceName(source) } };
        }
      },
    }));
}

/** Returns the shape whose parts are named; undefined when none is. */
function shapeOfFields(fields: ConversationFields): Shape | undefined {
  const shapes = new Set<Shape>();
  if (fields.messages !== undefined) shapes.add("messages");
  if (fields.instruction ?? fields.input ?? fields.output) shapes.add("instruction");
  if (fields.prompt ?? fields.completion) shapes.add("prompt");
  if (shapes.size < 2) return [...shapes][0];
  throw new ConfigError(
    "Cannot use Dataset.conversations.fields: name the fields of one shape, either instruction, input and output, " +
      `or prompt and completion, or messages; current value is ${show(fields)}`,
    { path: "Dataset.conversations.fields", value: fields },
  );
}

function messagesOf(entry: Entry<unknown>, fields: ConversationFields, named: Shape | undefined): Message[] {
  const row = (typeof entry.value === "object" && entry.value !== null ? entry.value : {}) as Row;
  const shape = named ?? shapeOfRow(row);
  if (shape === undefined) throw unknownShape(entry, row);
  if (shape === "messages") return checkMessages(entry, fields.messages ?? "messages", row);
  const question = textOf(entry, fields[shape] ?? shape, row);
  const input = shape === "instruction" ? inputOf(entry, fields.input ?? "input", row) : "";
  const answer = textOf(entry, fields[answerOf[shape]] ?? answerOf[shape], row);
  return [
    { role: "user", content: input === "" ? question : `${question}\n\n${input}` },
    { role: "assistant", content: answer },
  ];
}

function shapeOfRow(row: Row): Shape | undefined {
  return (["messages", "instruction", "prompt"] as const).find((name) => row[name] !== undefined);
}

function textOf(entry: Entry<unknown>, name: string, row: Row): string {
  const value = row[name];
  if (typeof value === "string" && value !== "") return value;
  throw wrongField(entry, name, `must be a text that is not empty, current value is ${show(value)}`);
}

function inputOf(entry: Entry<unknown>, name: string, row: Row): string {
  const value = row[name] ?? "";
  if (typeof value === "string") return value;
  throw wrongField(entry, name, `must be a text, current value is ${show(value)}`);
}

function checkMessages(entry: Entry<unknown>, name: string, row: Row): Message[] {
  const list = row[name];
  if (!Array.isArray(list) || list.length === 0) {
    throw wrongField(entry, name, `must be a list of { role, content }, current value is ${show(list)}`);
  }
  const messages = list.map((message, i) => checkMessage(entry, `${name}[${i}]`, message));
  if (messages.some(({ role }) => role === "assistant")) return messages;
  throw wrongField(entry, name, "must hold a message of the assistant: there is no answer to learn from");
}

function checkMessage(entry: Entry<unknown>, name: string, message: unknown): Message {
  const { role, content } = (message ?? {}) as Row;
  if (typeof role !== "string" || !roles.includes(role)) {
    throw wrongField(
      entry,
      `${name}.role`,
      `must be one of ${roles.join(", ")}, current value is ${show(role)}`,
    );
  }
  if (typeof content !== "string" || (content === "" && role === "assistant")) {
    throw wrongField(
      entry,
      `${name}.content`,
      `must be a text that is not empty, current value is ${show(content)}`,
    );
  }
  return { role: role as Message["role"], content };
}

function unknownShape(entry: Entry<unknown>, row: Row): DataError {
  const found = Object.keys(row).join(", ") || show(entry.value);
  const record = entry.place.line === undefined ? `record ${entry.id}: ` : "";
  return new DataError(
    `${record}Cannot make a conversation: expected the fields instruction and output, prompt and completion, or ` +
      `messages, found ${found}; name them, such as { fields: { prompt: "question", completion: "answer" } }`,
    entry.place,
  );
}
