/**
 * Strict options: an unknown key is refused with the nearest known name, a wrong value with its path.
 *
 * An options interface is written and documented by hand; its zod schema stands beside the class that it configures and
 * is tied to the interface by {@linkcode optionsSchema}.
 *
 * @module
 */
import type { z } from "zod";
import { ConfigError } from "./errors.ts";
import { firstProblem, problemText } from "./option_problem.ts";

/** The type `true` when two unions of keys are equal, else the keys that only one of them has. */
type SameKeys<A, B> = [A] extends [B] ? ([B] extends [A] ? true : Exclude<B, A>) : Exclude<A, B>;

const named = new Map<string, z.ZodType>();

/** Returns the schema of the options interface `name`, of those in the modules that are loaded. */
export function schemaOf(name: string): z.ZodType | undefined {
  return named.get(name);
}

/**
 * Returns the schema itself, tied to its documented interface: `optionsSchema<Options>("Options")(z.strictObject({ ... }))`
 * is a type error unless both have the same keys and every value that the schema accepts is one that the interface allows.
 *
 * @param name the interface's name, by which the texts of `help()` find the schema's defaults
 */
export function optionsSchema<Options>(name?: string): <S extends z.ZodType<unknown, Options>>(
  schema:
    & S
    & (SameKeys<keyof z.input<S>, keyof Options> extends true ? unknown
      : { keysThatDiffer: SameKeys<keyof z.input<S>, keyof Options> }),
) => S {
  return (schema) => {
    if (name !== undefined) named.set(name, schema);
    return schema;
  };
}

/**
 * Checks `value` against `schema` and returns it with defaults filled in.
 *
 * @param path the place of the options, such as `Trainer.pretrain`, which opens the error message
 * @throws {ConfigError} naming the path, the value and the allowed values
 */
export function parseOptions<Out>(schema: z.ZodType<Out>, value: unknown, path: string): Out {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = firstProblem(result.error.issues);
  const at = [path, ...issue.path.map(String)].join(".");
  const found = issue.path.reduce<unknown>((v, key) => (v as Record<PropertyKey, unknown>)?.[key], value);
  if (issue.code === "unrecognized_keys") throw unknownKey(schema, issue.keys[0], issue.path, at);
  const current = found === undefined ? "" : `, current value is ${show(found)}${nearestValue(issue, found)}`;
  throw new ConfigError(`Cannot use ${at}: ${problemText(issue, found)}${current}`, {
    path: at,
    value: found,
  });
}

function unknownKey(schema: z.ZodType, key: string, path: PropertyKey[], at: string): ConfigError {
  const known = keysAt(schema, path);
  const near = nearest(key, known);
  const hint = near ? `did you mean "${near}"?` : `known options: ${known.join(", ")}`;
  return new ConfigError(`Cannot use ${at}.${key}: unknown option, ${hint}`, { path: `${at}.${key}` });
}

/** Returns a question for the value that was meant, where one of a few texts was misspelled. */
function nearestValue(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code !== "invalid_value" || typeof found !== "string") return "";
  const near = nearest(found, issue.values.filter((value) => typeof value === "string"));
  return near === undefined ? "" : `, did you mean "${near}"?`;
}

/** Returns the keys that a schema takes at `path`, inside lists, alternatives, and optional, default and similar wrappers. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes = alternatives(schema);
  for (const key of path) {
    nodes = nodes.flatMap(({ shape, def }) => alternatives(shape?.[key] ?? def?.element ?? def?.valueType));
  }
  return [...new Set(nodes.flatMap(({ shape }) => Object.keys(shape ?? {})))];
}

/** A schema as far as its keys are concerned. */
interface SchemaNode {
  shape?: Record<PropertyKey, SchemaNode>;
  def?: {
    innerType?: SchemaNode;
    in?: SchemaNode;
    options?: SchemaNode[];
    element?: SchemaNode;
    valueType?: SchemaNode;
  };
}

/** Returns the schemas behind wrappers and alternatives. */
function alternatives(schema: unknown): SchemaNode[] {
  const node = schema as SchemaNode | undefined;
  const { innerType, in: input, options } = node?.def ?? {};
  const inner = options ?? [innerType ?? input].filter((one) => one !== undefined);
  return inner.length ? inner.flatMap((one) => alternatives(one)) : node ? [node] : [];
}

/** Returns the error of an argument of the wrong kind, `wanted` being such as `a Dataset`. */
export function wrongArgument(where: string, wanted: string, value: unknown): ConfigError {
  return new ConfigError(`Cannot use ${where}: it needs ${wanted}, current value is ${show(value)}`, {
    path: where,
    value,
  });
}

/**
 * Checks that `path` can be the path of a file or folder.
 *
 * @param where the call, such as `Model.load`, which opens the error message
 * @throws {ConfigError} for anything but a text, an empty text, and the address of a file
 */
export function checkPath(path: unknown, where: string): asserts path is string {
  const isText = typeof path === "string" && path !== "";
  if (isText && !path.startsWith("file:")) return;
  throw wrongArgument(where, "a path", path);
}

/**
 * Returns the entry of `names` that `word` most likely means: closest by edit distance if it is close enough to be a
 * misspelling, else one that begins with it, or whose initials it is (`lr` for `learningRate`).
 */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const scored = names.map((name) => ({ name, distance: editDistance(typed, name.toLowerCase()) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  const most = Math.min(typed.length - 1, Math.max(2, Math.floor(typed.length / 3)));
  if (best && best.distance <= most) return best.name;
  const begun = names.filter((name) => typed.length >= 3 && name.toLowerCase().startsWith(typed));
  const initials = names.filter((name) => typed.length >= 2 && initialsOf(name) === typed);
  return [begun, initials].find((found) => found.length === 1)?.[0];
}

function initialsOf(name: string): string {
  return (name[0] + name.slice(1).replace(/[^A-Z]/g, "")).toLowerCase();
}

/** Returns the Levenshtein distance; one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** Returns a value as error messages show it: at most 80 characters, and never `[object Object]`. */
export function show(value: unknown): string {
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (value instanceof Promise) return "a Promise (write await in front of it)";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
