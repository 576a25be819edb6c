/**
 * A task as a line of an evaluator's plan, with its data, number of items and number of examples.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { nearest, optionsSchema, parseOptions } from "../base/schema.ts";
import { Dataset } from "../data/mod.ts";
import type { AnswerCache } from "./models/answer_cache.ts";
import { withAnswerCache } from "./models/cached_model.ts";
import { withOwnDefaults } from "./models/own_defaults.ts";
import { withChatTemplate } from "./models/chat_model.ts";
import type { EvalModel } from "./models/eval_model.ts";
import type { ScoreText, TextScorer } from "./tasks/grader.ts";
import { sum } from "./tasks/metric.ts";
import { modelFacts, type PlanEntry, type Protocol } from "./tasks/task_result.ts";
import type { Task } from "./tasks/task.ts";
import {
  isTaskFile,
  type TaskData,
  type TaskFile,
  type TaskParts,
  TaskSource,
} from "./task_data/task_source.ts";

/** Settings of {@linkcode Evaluator.add}. */
export interface AddOptions {
  /**
   * A file, a folder that holds the published file, a `Dataset`, or `{ test, shots?, labels?, stats? }`. Default: the
   * folder that the environment variable LLAMERO_DATA names.
   */
  data?: TaskData;
  /** Number of items to ask, from the first; default all. */
  limit?: number;
  /** Number of examples before each prompt; default the paper's, which is 0 for most tasks [paper 3]. */
  shots?: number;
  /** Name in reports; default the task's name with the variant. */
  name?: string;
  /** Another way to run the task: `maj1@100` of `gsm8k`, `respectful` of `real-toxicity-prompts`. */
  variant?: string;
  /** Texts drawn per item, for a task or variant that draws several. */
  samples?: number;
  /** Grades generated texts, for a task that takes a scorer: `{ name, score }` or a function. */
  scorer?: TextScorer | ScoreText;
  /** Puts prompts through the tokenizer's chat template, as a user's messages; default false. */
  chat?: boolean;
}

const isPath = (value: unknown) => (typeof value === "string" && value !== "") || value instanceof URL;
const path = z.custom<string | URL>(isPath, "must be a path or a URL");
const file = z.custom<TaskFile>(
  (value) => isPath(value) || value instanceof Dataset,
  "must be a path, a URL or a Dataset",
);
const parts = optionsSchema<TaskParts>()(z.strictObject({
  test: file,
  shots: file.optional(),
  labels: path.optional(),
  stats: file.optional(),
}));
const options = optionsSchema<AddOptions>("AddOptions")(z.strictObject({
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
 * Makes the line of a plan that runs a task. No file is looked for yet.
 *
 * @throws {ConfigError} for an unknown option or a wrong value
 */
export function taskEntry(base: Task, settings: AddOptions): PlanEntry {
  const optionPath = `add(${base.name})`;
  const chosen = parseOptions(options, settings, optionPath);
  const { limit, data, variant, chat } = chosen;
  const task = configured(base, chosen, optionPath);
  const { name = variant === undefined ? base.name : `${base.name} ${variant}`, shots = task.shots } = chosen;
  if (data !== undefined) parseOptions<TaskData>(isTaskFile(data) ? file : parts, data, `${optionPath}.data`);
  if (data !== undefined && !task.reads) {
    throw new ConfigError(`Cannot use ${optionPath}.data: the task brings its own items`, {
      path: `${optionPath}.data`,
    });
  }
  const { kind, rule, prompt, header, decoding } = task;
  const source = new TaskSource(task, data).describe();
  const facts = {
    task: base.name,
    variant,
    kind,
    data: source,
    limit,
    shots,
    rule,
    prompt,
    header,
    decoding,
  };
  return {
    name,
    facts: chat ? { ...facts, chat } : facts,
    async run(model, { model: modelName, seed, signal, cache, shared }) {
      const wrappedModel = wrapModel(model, name, chat, cache);
      const run = { name, model: modelName, seed, shots, limit, signal, cache, shared };
      const taskSource = new TaskSource(task, data, signal);
      const scores = await task.run(wrappedModel, taskSource, run);
      const { all: rejects, unusable } = taskSource.odd;
      const { measures, items, notes = [] } = scores;
      const protocol: Protocol = {
        variant,
        rule,
        shots,
        seed,
        prompt,
        header,
        decoding,
        data: source,
        limit,
        ...modelFacts(model),
        chatTemplate: chat,
        truncated: items.filter(({ cut }) => cut > 0).length,
        droppedShots: sum(items.map(({ dropped }) => dropped)),
        unusable,
        notes,
      };
      const result = { task: name, benchmark: base.name, model: modelName, kind, measures, protocol, items };
      return rejects.length > 0 ? { ...result, rejects } : result;
    },
  };
}

/** Puts a model behind its chat template and behind the cache of its answers, where these are wanted. */
function wrapModel(model: EvalModel, task: string, chat: boolean, cache: AnswerCache | undefined): EvalModel {
  const plainModel = withOwnDefaults(model);
  const chatModel = chat ? withChatTemplate(plainModel, task) : plainModel;
  const mode = chat ? `chat ${chatModel.tokenizer!.encode("?", { bos: true }).join(" ")}` : "";
  return cache ? withAnswerCache(chatModel, cache, mode) : chatModel;
}

/** Returns the task in the chosen variant, with the chosen settings. */
function configured(
  base: Task,
  { variant, samples, scorer }: Pick<AddOptions, "variant" | "samples" | "scorer">,
  optionPath: string,
): Task {
  const task = variant === undefined ? base : variantOf(base, variant, optionPath);
  const settings = Object.entries({ samples, scorer }).filter(([, value]) => value !== undefined);
  if (settings.length === 0) return task;
  if (task.configure) return task.configure(Object.fromEntries(settings));
  const [key] = settings[0];
  throw new ConfigError(`Cannot use ${optionPath}.${key}: the task generates no text`, {
    path: `${optionPath}.${key}`,
  });
}

function variantOf({ name, variants = {} }: Task, variant: string, optionPath: string): Task {
  if (Object.hasOwn(variants, variant)) return variants[variant];
  const names = Object.keys(variants);
  const near = nearest(variant, names);
  const hint = near ? `did you mean "${near}"?` : names.length ? `it has ${names.join(", ")}` : "it has none";
  throw new ConfigError(`Cannot find the variant "${variant}" of "${name}": ${hint}`, {
    path: `${optionPath}.variant`,
    value: variant,
  });
}
