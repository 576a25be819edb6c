/**
 * The schemas that check task definitions.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import type {
  ChoiceDefinition,
  GenerateDefinition,
  PerplexityDefinition,
  Sampling,
  TaskKind,
} from "./definition.ts";

/** The keys of a definition. Most values are functions of a generic item, whose types a schema cannot express. */
type KeysOf<Definition> = Partial<Record<keyof Definition, unknown>>;

const fn = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === "function",
  "must be a function",
);
const text = z.string().min(1, "must not be empty");
const base = {
  name: text,
  items: z.custom<object>(
    (value) => typeof value === "object" && value !== null || typeof value === "function",
    { error: "must be items, or a function that returns them" },
  ),
  prompt: z.union([z.string(), fn], { error: "must be a template or a function" }),
  published: z.strictObject({
    files: z.array(text),
    hub: text,
    shots: z.array(text).optional(),
    stats: z.array(text).optional(),
  }).optional(),
  header: z.union([z.string(), fn], { error: "must be a template or a function" }).optional(),
  separator: z.string().optional(),
  example: fn.optional(),
  shots: z.int().min(0).optional(),
  exemplars: z.array(text).optional(),
  draw: z.enum(["random", "first"]).optional(),
  pool: fn.optional(),
  groups: fn.optional(),
};
const choice = optionsSchema<KeysOf<ChoiceDefinition<never>>>()(z.strictObject({
  ...base,
  kind: z.literal("choice"),
  options: fn,
  answer: fn,
  pairs: fn.optional(),
  alsoCorrect: fn.optional(),
  metric: text.optional(),
  massMetric: text.optional(),
  normalisation: z.enum(["characters", "ratio", "tokens", "sum"]).optional(),
  unconditionalContext: text.optional(),
}));
const sampling = optionsSchema<Sampling>()(
  z.strictObject({
    temperature: z.number().positive(),
    topP: z.number().gt(0).max(1).optional(),
    samples: z.int().min(1),
    combine: z.enum(["majority", "pass"]),
    k: z.int().min(1).optional(),
  }).refine(({ samples, k = 1 }) => samples >= k, "samples must be at least k"),
);
const generate = optionsSchema<KeysOf<GenerateDefinition<never>>>()(z.strictObject({
  ...base,
  kind: z.literal("generate"),
  answer: fn,
  metric: z.union([z.literal("exact-match"), fn], { error: 'must be "exact-match" or a function' })
    .optional(),
  grader: fn.optional(),
  normalisation: z.union([z.enum(["words", "trim"]), fn], { error: 'must be "words", "trim" or a function' })
    .optional(),
  extract: fn.optional(),
  sampling: sampling.optional(),
  stop: z.array(text).optional(),
  trim: z.boolean().optional(),
  maxTokens: z.int().min(1).optional(),
}));
const perplexity = optionsSchema<KeysOf<PerplexityDefinition<never>>>()(z.strictObject({
  ...base,
  kind: z.literal("perplexity"),
  answer: fn,
  metric: z.literal("perplexity").optional(),
}));
const schemas: Record<TaskKind, z.ZodType> = { choice, generate, perplexity };

/**
 * Checks the definition of a task.
 *
 * @throws {ConfigError} for an unknown kind or field, or a wrong value
 */
export function checkDefinition(definition: { name?: unknown; kind?: unknown }): void {
  const kind = definition.kind as TaskKind;
  if (!Object.hasOwn(schemas, kind)) {
    throw new ConfigError(
      `Cannot use defineTask.kind: must be one of ${Object.keys(schemas).join(", ")}, current value is ${
        show(kind)
      }`,
      { path: "defineTask.kind", value: kind },
    );
  }
  parseOptions(schemas[kind], definition, `defineTask(${show(definition.name)})`);
}
