/**
 * A task in an evaluator's plan: which data, how many items, how many examples.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { parseOptions, type Same } from "../base/schema.ts";
import { Dataset } from "../data/mod.ts";
import { sum } from "./measure.ts";
import { modelFacts, type PlanEntry, type Protocol } from "./result.ts";
import { isFile, type TaskData, type TaskFile, type TaskParts, TaskSource } from "./source.ts";
import type { Task } from "./task.ts";

/** How a task is added. */
export interface AddOptions {
  /**
   * A file, a folder that holds the published file, a `Dataset`, or `{ test, shots?, labels? }`. Default: the folder
   * that the environment variable LLAMERO_DATA names.
   */
  data?: TaskData;
  /** Only the first so many items are asked; default all. */
  limit?: number;
  /** Examples in front of each prompt; default 0. */
  shots?: number;
  /** Its name in reports; default the task's. */
  name?: string;
}

const isPlace = (value: unknown) => (typeof value === "string" && value !== "") || value instanceof URL;
const place = z.custom<string | URL>(isPlace, "must be a path or a URL");
const file = z.custom<TaskFile>(
  (value) => isPlace(value) || value instanceof Dataset,
  "must be a path, a URL or a Dataset",
);
const parts = z.strictObject({
  test: file,
  shots: file.optional(),
  labels: place.optional(),
}) satisfies z.ZodType<TaskParts>;
true satisfies Same<keyof z.input<typeof parts>, keyof TaskParts>;
const options = z.strictObject({
  data: z.custom<TaskData>((value) => value !== null).optional(),
  limit: z.int().min(1).optional(),
  shots: z.int().min(0).default(0),
  name: z.string().min(1).optional(),
}) satisfies z.ZodType<unknown, AddOptions>;
true satisfies Same<keyof z.input<typeof options>, keyof AddOptions>;

/**
 * The plan of a task. Looks for no file.
 *
 * @throws {ConfigError} for an unknown option or a wrong value
 */
export function taskEntry(task: Task, given: AddOptions): PlanEntry {
  const path = `add(${task.name})`,
    { name = task.name, limit, shots, data } = parseOptions(options, given, path);
  if (data !== undefined) parseOptions<TaskData>(isFile(data) ? file : parts, data, `${path}.data`);
  if (data !== undefined && !task.reads) {
    throw new ConfigError(`Cannot use ${path}.data: the task brings its own items`, { path: `${path}.data` });
  }
  const { kind, rule, prompt, decoding } = task, asked = new TaskSource(task, data).describe();
  const facts = { task: task.name, kind, data: asked, limit, shots, rule, prompt, decoding };
  return {
    name,
    facts,
    async run(model, { model: as, seed, signal }) {
      const source = new TaskSource(task, data, signal);
      const { measures, items } = await task.run(model, source, {
        name,
        model: as,
        seed,
        shots,
        limit,
        signal,
      });
      const protocol: Protocol = {
        rule,
        shots,
        seed,
        prompt,
        decoding,
        data: asked,
        limit,
        ...modelFacts(model),
        truncated: items.filter(({ cut }) => cut > 0).length,
        droppedShots: sum(items.map(({ dropped }) => dropped)),
      };
      return { task: name, model: as, kind, measures, protocol, items };
    },
  };
}
