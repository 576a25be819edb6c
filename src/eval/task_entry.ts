/**
 * A task in an evaluator's plan: which data, how many items, how many examples.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { nearest, optionsSchema, parseOptions } from "../base/schema.ts";
import { Dataset } from "../data/mod.ts";
import { chatting } from "./models/chat_model.ts";
import type { ScoreText, TextScorer } from "./tasks/grader.ts";
import type { ItemCache } from "./models/answer_cache.ts";
import { sum } from "./tasks/metric.ts";
import { remembering } from "./models/cached_model.ts";
import { modelFacts, type PlanEntry, type Protocol } from "./tasks/task_result.ts";
import type { EvalModel } from "./models/eval_model.ts";
import {
  isFilePath,
  type TaskData,
  type TaskFile,
  type TaskParts,
  TaskSource,
} from "./task_data/task_source.ts";
import type { Task } from "./tasks/task.ts";

/** How a task is added. */
export interface AddOptions {
  /**
   * A file, a folder that holds the published file, a `Dataset`, or `{ test, shots?, labels?, stats? }`. Default: the
   * folder that the environment variable LLAMERO_DATA names.
   */
  data?: TaskData;
  /** Only the first so many items are asked; default all. */
  limit?: number;
  /** Examples in front of each prompt; default those of the paper, 0 for most tasks. */
  shots?: number;
  /** Its name in reports; default the task's, with the variant. */
  name?: string;
  /** Another way to run it: `maj1@100` of `gsm8k`, `respectful` of `real-toxicity-prompts`. */
  variant?: string;
  /** Texts drawn for an item, where the task or its variant draws several. */
  samples?: number;
  /** What judges generated texts, where a task needs that: `{ name, score }` or a function. */
  scorer?: TextScorer | ScoreText;
  /** Whether prompts go through the tokenizer's chat template, as the words of a user; default false. */
  chat?: boolean;
}

const isPlace = (value: unknown) => (typeof value === "string" && value !== "") || value instanceof URL;
const place = z.custom<string | URL>(isPlace, "must be a path or a URL");
const file = z.custom<TaskFile>(
  (value) => isPlace(value) || value instanceof Dataset,
  "must be a path, a URL or a Dataset",
);
const parts = optionsSchema<TaskParts>()(z.strictObject({
  test: file,
  shots: file.optional(),
  labels: place.optional(),
  stats: file.optional(),
}));
const options = optionsSchema<AddOptions>()(z.strictObject({
  data: z.custom<TaskData>((value) => value !== null).optional(),
  limit: z.int().min(1).optional(),
  shots: z.int().min(0).optional(),
  name: z.string().min(1).optional(),
  variant: z.string().optional(),
  samples: z.int().min(1).optional(),
  scorer: z.custom<TextScorer | ScoreText>(
    (value) => typeof value === "function" || typeof value === "object",
    "must be a function or { name, score }",
  ).optional(),
  chat: z.boolean().default(false),
}));

/**
 * The plan of a task. Looks for no file.
 *
 * @throws {ConfigError} for an unknown option or a wrong value
 */
export function taskEntry(base: Task, given: AddOptions): PlanEntry {
  const path = `add(${base.name})`;
  const chosen = parseOptions(options, given, path);
  const { limit, data, variant, chat } = chosen;
  const task = configured(base, chosen, path);
  const { name = variant === undefined ? base.name : `${base.name} ${variant}`, shots = task.shots } = chosen;
  if (data !== undefined) parseOptions<TaskData>(isFilePath(data) ? file : parts, data, `${path}.data`);
  if (data !== undefined && !task.reads) {
    throw new ConfigError(`Cannot use ${path}.data: the task brings its own items`, { path: `${path}.data` });
  }
  const { kind, rule, prompt, header, decoding } = task;
  const asked = new TaskSource(task, data).describe();
  const facts = { task: base.name, variant, kind, data: asked, limit, shots, rule, prompt, header, decoding };
  return {
    name,
    facts: chat ? { ...facts, chat } : facts,
    async run(model, { model: as, seed, signal, cache }) {
      const source = new TaskSource(task, data, signal);
      const run = { name, model: as, seed, shots, limit, signal, cache };
      const { measures, items, notes = [] } = await task.run(askerOf(model, name, chat, cache), source, run);
      const protocol: Protocol = {
        variant,
        rule,
        shots,
        seed,
        prompt,
        header,
        decoding,
        data: asked,
        limit,
        ...modelFacts(model),
        chatTemplate: chat,
        truncated: items.filter(({ cut }) => cut > 0).length,
        droppedShots: sum(items.map(({ dropped }) => dropped)),
        notes,
      };
      return { task: name, benchmark: base.name, model: as, kind, measures, protocol, items };
    },
  };
}

/** The model as it is asked: through its chat template, or through the cache of its answers. */
function askerOf(model: EvalModel, task: string, chat: boolean, cache: ItemCache | undefined): EvalModel {
  const wrappedModel = chat ? chatting(model, task) : model;
  const how = chat ? `chat ${wrappedModel.tokenizer!.encode("?", { bos: true }).join(" ")}` : "";
  return cache ? remembering(wrappedModel, cache, how) : wrappedModel;
}

/** The task in the variant and with the settings that were asked for. */
function configured(
  base: Task,
  { variant, samples, scorer }: Pick<AddOptions, "variant" | "samples" | "scorer">,
  path: string,
): Task {
  const task = variant === undefined ? base : variantOf(base, variant, path);
  const settings = Object.entries({ samples, scorer }).filter(([, value]) => value !== undefined);
  if (settings.length === 0) return task;
  if (task.configure) return task.configure(Object.fromEntries(settings));
  const [key] = settings[0];
  throw new ConfigError(`Cannot use ${path}.${key}: the task writes no text`, { path: `${path}.${key}` });
}

function variantOf({ name, variants = {} }: Task, variant: string, path: string): Task {
  if (Object.hasOwn(variants, variant)) return variants[variant];
  const names = Object.keys(variants);
  const near = nearest(variant, names);
  const hint = near ? `did you mean "${near}"?` : names.length ? `it has ${names.join(", ")}` : "it has none";
  throw new ConfigError(`Cannot find the variant "${variant}" of "${name}": ${hint}`, {
    path: `${path}.variant`,
    value: variant,
  });
}
