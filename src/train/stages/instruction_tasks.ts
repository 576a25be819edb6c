/**
 * A mixture of instruction tasks [paper 4]: capped, with several templates per task, with and without worked examples.
 *
 * The protocol is that of Chung et al. 2022.
 *
 * @module
 */
import { z } from "zod";
import { digest } from "../../base/cache.ts";
import { ConfigError, DataError } from "../../base/errors.ts";
import { hash32, Random } from "../../base/random.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import { type Conversation, Dataset } from "../../data/mod.ts";

/** A row of a task: its fields by name. */
export type TaskFields = Record<string, unknown>;

/** The words of an example: text with `{field}` in it, or a function of the row. */
export interface InstructionTemplate {
  /** The question. */
  prompt: string | ((row: TaskFields) => string);
  /** The answer; the end of sequence behind it is learned too. */
  answer: string | ((row: TaskFields) => string);
}

/** A task of a mixture. */
export interface InstructionTask {
  /** Rows: objects whose fields the templates name. */
  from: Dataset<object>;
  /** Templates; each example takes one, by a hash of the row. */
  templates: readonly InstructionTemplate[];
  /** Largest number of examples, the first ones. Chung et al. take 30,000, 20,000, 5,000 and 100,000 in their four mixtures. */
  cap?: number;
  /** Factor on the number of examples by which the task is drawn. Default 1. */
  weight?: number;
  /** Name of the group that it belongs to, where the options have `shares`. */
  group?: string;
  /** Numbers of worked examples in front of a question; each example takes one of them. Default [0]. */
  shots?: readonly number[];
}

/** Options of {@linkcode taskMixture}. */
export interface TaskMixtureOptions {
  /** Share of each group; inside a group, tasks are drawn by their capped examples. Default: there are no groups. */
  shares?: Record<string, number>;
  /** Words in front of a question and an answer among worked examples; each example takes a pair. */
  delimiters?: readonly (readonly [question: string, answer: string])[];
  /** Seed of templates, worked examples and order. Default 42. */
  seed?: number;
  /** Stops the reading. */
  signal?: AbortSignal;
}

const wordsOf = z.custom<InstructionTemplate["prompt"]>(
  (value) => typeof value === "function" || (typeof value === "string" && value !== ""),
  "must be a text that is not empty, or a function",
);
const taskSchema = optionsSchema<InstructionTask>()(z.strictObject({
  from: z.custom<Dataset<object>>((value) => value instanceof Dataset, "must be a Dataset"),
  templates: z.array(z.strictObject({ prompt: wordsOf, answer: wordsOf })).min(
    1,
    "needs at least one template",
  ).readonly(),
  cap: z.int("must be a whole number, at least 1").min(1, "must be at least 1").optional(),
  weight: z.number("must be a number above 0").positive("must be above 0").default(1),
  group: z.string().optional(),
  shots: z.array(z.int("must be whole numbers").min(0, "must be at least 0")).min(1).readonly().default([0]),
}));
const taskMixtureSchema = optionsSchema<TaskMixtureOptions>()(z.strictObject({
  shares: z.record(z.string(), z.number("must be a number above 0").positive("must be above 0")).optional(),
  delimiters: z.array(z.tuple([z.string(), z.string()]).readonly()).min(1).readonly()
    .default([["Q: ", "A: "], ["Question: ", "Answer: "], ["Input: ", "Output: "], ["", ""]]),
  seed: z.int("must be a whole number").default(42),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "must be an AbortSignal").optional(),
}));

type Task = z.output<typeof taskSchema>;
type MixtureSettings = z.output<typeof taskMixtureSchema>;
interface Example {
  prompt: string;
  completion: string;
}

/** Number of rows, the first ones of a task, from which worked examples are drawn. */
const poolSize = 64;

/**
 * Mixes tasks into one dataset for {@linkcode Trainer.instruct}. Reads every task once, to count its bytes.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk";
 * import { taskMixture } from "@llamero/sdk/train";
 *
 * const reviews = Dataset.from([
 *   { text: "A calm animal.", label: "good" },
 *   { text: "It spat at me.", label: "bad" },
 * ]);
 * const conversations = await taskMixture({
 *   mood: {
 *     from: reviews,
 *     templates: [
 *       { prompt: "Is this review good or bad? {text}", answer: "{label}" },
 *       { prompt: "{text}\nThe mood of this text is", answer: "{label}" },
 *     ],
 *     shots: [0, 1],
 *   },
 * });
 * console.log(await conversations.toArray());
 * ```
 *
 * @throws {ConfigError} for an unknown option, or a group without a share
 * @throws {DataError} naming the field that a template asks for and a row does not have, or a task without rows
 */
export async function taskMixture(
  tasks: Record<string, InstructionTask>,
  options: TaskMixtureOptions = {},
): Promise<Dataset<Conversation>> {
  const o = parseOptions(taskMixtureSchema, options, "taskMixture");
  const names = Object.keys(tasks);
  if (!names.length) throw new ConfigError("Cannot mix tasks: at least one is needed, none was given");
  const parts: { name: string; from: Dataset<Example>; bytes: number; task: Task }[] = [];
  for (const name of names) {
    const task = parseOptions(taskSchema, tasks[name], `taskMixture.${name}`);
    checkGroup(name, task, o);
    const from = await examplesOf(name, task, o);
    const bytes = await bytesOf(name, from, o.signal);
    parts.push({ name, from, bytes, task });
  }
  const total = new Map<string, number>();
  const groupOf = ({ task }: { task: Task }) => o.shares ? task.group! : "";
  for (const part of parts) {
    total.set(groupOf(part), (total.get(groupOf(part)) ?? 0) + part.task.weight * part.bytes);
  }
  const entries = parts.map((part) => {
    const weight = (o.shares?.[groupOf(part)] ?? 1) * part.task.weight * part.bytes /
      total.get(groupOf(part))!;
    return [part.name, { from: part.from.conversations(), weight }] as const;
  });
  return Dataset.mix<Conversation>(Object.fromEntries(entries), { seed: o.seed });
}

function checkGroup(name: string, { group }: Task, { shares }: MixtureSettings): void {
  if (!shares ? group === undefined : group !== undefined && group in shares) return;
  throw new ConfigError(
    `Cannot mix tasks: ${name} must name a group that shares holds${
      shares ? ` (${Object.keys(shares).join(", ")})` : ""
    }` +
      `, current value is ${show(group)}`,
    { path: `taskMixture.${name}.group`, value: group },
  );
}

/** Renders the examples of a task. Everything that the function captures is part of its version, for the caches. */
async function examplesOf(name: string, task: Task, o: MixtureSettings): Promise<Dataset<Example>> {
  const { from, cap, templates, shots } = task;
  const all = from as Dataset<TaskFields>;
  const rows = cap === undefined ? all : all.take(cap);
  const worked = shots.some((count) => count > 0)
    ? await rows.take(poolSize).toArray({ signal: o.signal })
    : [];
  const texts = templates.map(({ prompt, answer }) => [String(prompt), String(answer)]);
  const version = await digest(JSON.stringify([texts, shots, o.delimiters, o.seed, worked]));
  return rows.map((row) => exampleOf(name, task, row, worked, o), { name: `task ${name}`, version });
}

function exampleOf(
  name: string,
  { templates, shots }: Task,
  row: TaskFields,
  worked: TaskFields[],
  o: MixtureSettings,
): Example {
  const json = JSON.stringify(row);
  const random = new Random(hash32(json, hash32(name, o.seed)));
  const template = templates[random.below(templates.length)];
  const count = shots[random.below(shots.length)];
  const [question, answer] = o.delimiters[random.below(o.delimiters.length)];
  const prompt = fill(name, template.prompt, row);
  const completion = fill(name, template.answer, row);
  const others = worked.filter((other) => JSON.stringify(other) !== json);
  const parts: string[] = [];
  for (let i = 0; i < count && others.length; i++) {
    const [other] = others.splice(random.below(others.length), 1);
    parts.push(
      `${question}${fill(name, template.prompt, other)}\n${answer}${fill(name, template.answer, other)}`,
    );
  }
  if (!parts.length) return { prompt, completion };
  return { prompt: [...parts, `${question}${prompt}\n${answer}`.trimEnd()].join("\n\n"), completion };
}

function fill(name: string, words: InstructionTemplate["prompt"], row: TaskFields): string {
  if (typeof words === "function") return words(row);
  return words.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = row[field];
    if (value !== undefined && value !== null) return String(value);
    throw new DataError(
      `Cannot render task ${name}: the template asks for {${field}}, the row has ${
        Object.keys(row).join(", ")
      }`,
      { source: name },
    );
  });
}

async function bytesOf(name: string, examples: Dataset<Example>, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { prompt, completion } of examples) {
    signal?.throwIfAborted();
    bytes += prompt.length + completion.length;
  }
  if (bytes) return bytes;
  throw new DataError(`Cannot mix tasks: ${name} has no rows`, { source: name });
}
