/**
 * Turns a schema of options into command-line flags, and prints their `--help` text.
 *
 * @module
 */
import { z } from "zod";
import { entryLines, wrapLines } from "../../src/display/entries.ts";
import { number } from "../../src/display/format.ts";
import type { Help } from "../../src/display/help.ts";
import { presets } from "../../src/model/architecture/config.ts";

/** A command-line flag. */
export interface Flag {
  /** Name as typed, without the leading dashes: `learning-rate`. */
  name: string;
  /** Key of the option in the schema: `learningRate`. */
  key: string;
  /** Type of the value; `boolean` takes none. */
  kind: "string" | "number" | "boolean";
  /** Default value. */
  fallback: unknown;
  /** True when the flag must be given. */
  required: boolean;
  /** Allowed values; undefined for any. */
  choices: unknown[] | undefined;
  /** Meaning of the flag, for `--help`. */
  about: string;
}

interface Property {
  type?: string;
  default?: unknown;
  enum?: unknown[];
  description?: string;
}

/** Returns the flags of an object schema, one per key; `.describe()` gives each its meaning. */
export function flagsOf(schema: z.ZodType): Flag[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Object.entries(json.properties ?? {}).map(([key, value]) => {
    const property = value as Property;
    return {
      name: key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      key,
      kind: kindOf(property.type),
      fallback: property.default,
      required: json.required?.includes(key) ?? false,
      choices: property.enum,
      about: property.description ?? "",
    };
  });
}

function kindOf(type: string | undefined): Flag["kind"] {
  if (type === "boolean") return "boolean";
  return type === "number" || type === "integer" ? "number" : "string";
}

/** Returns the text that `--help` prints, at most `columns` wide: a line or more per flag, then examples. */
export function helpText(
  program: string,
  about: string,
  flags: readonly Flag[],
  { examples = [], columns = 80 }: { examples?: readonly string[]; columns?: number } = {},
): string {
  const entries = [
    ...flags.map((flag) => ({
      name: usage(flag),
      text: [flag.about, ...limits(flag)].filter(Boolean).join("; "),
    })),
    { name: "--help", text: "shows this text" },
  ];
  const left = Math.max(...entries.map(({ name }) => name.length)) + 2;
  const shown = examples.flatMap((line) => commandLines(line, columns));
  return [
    ...`${program}: ${about}`.split("\n").flatMap((line) => hanging(line, columns)),
    "",
    ...entryLines(entries, { columns, left }),
    ...(examples.length ? ["", examples.length > 1 ? "Examples:" : "Example:", ...shown] : []),
  ].join("\n");
}

/** Wraps a line; one of a list, with a name and a text behind two spaces, goes on under its text. */
function hanging(line: string, columns: number): string[] {
  const [, name = ""] = /^( +\S.*? {2,})\S/.exec(line) ?? [];
  const [first, ...rest] = wrapLines(line.slice(name.length), columns - name.length);
  return [name + first, ...rest.map((part) => " ".repeat(name.length) + part)];
}

/** Breaks a command before flags, so that it fits and can be pasted. */
function commandLines(command: string, columns: number): string[] {
  const lines: string[] = [];
  for (const part of command.split(/ (?=--)/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 5 <= columns) {
      lines[lines.length - 1] = `${last} ${part}`;
    } else lines.push(last === undefined ? `  ${part}` : `    ${part}`);
  }
  return lines.map((line, i) => i < lines.length - 1 ? `${line} \\` : line);
}

/** Returns the command lines of a script's module comment, which are its examples; without those that ask for help. */
export function examplesOf(source: string): string[] {
  const comment = /^\/\*\*[^]*?\*\//.exec(source)?.[0] ?? "";
  const lines = [...comment.matchAll(/^ \* {5}(.+)$/gm)].map((line) => line[1]);
  return lines.filter((line) => !line.includes("--help"));
}

/**
 * Returns the meaning of an option as `help()` of the SDK gives it, for a flag: the first sentence, without its period. `isWhole`
 * adds the default.
 */
export function meaning(help: Help, name: string, isWhole = false): string {
  const option = help.options.find((option) => option.name === name);
  if (!option) throw new Error(`There is no option ${name}`);
  const sentence = /^.*?(?=\.(?:\s|$))/.exec(option.about)?.[0] ?? option.about;
  const text = /^[A-Z][a-z]/.test(sentence) ? sentence[0].toLowerCase() + sentence.slice(1) : sentence;
  return isWhole && option.fallback !== undefined ? `${text}; default: ${option.fallback}` : text;
}

/** The names of the presets of a model. */
export const presetNames: string = Object.keys(presets).join(", ");

/** The peak learning rates of the presets. */
export const presetRates: string = Object.entries(presets).map(([name, { learningRate }]) =>
  `${learningRate.toExponential()} for ${name}`
).join(", ");

function usage({ name, kind, fallback }: Flag): string {
  if (kind === "boolean") return fallback === true ? `--no-${name}` : `--${name}`;
  return `--${name} ${kind === "number" ? "N" : "TEXT"}`;
}

function limits({ kind, fallback, required, choices }: Flag): string[] {
  const parts = choices ? [`one of ${choices.join(", ")}`] : [];
  if (required) return [...parts, "required"];
  const isSaid = kind === "boolean" || fallback === undefined || fallback === "";
  return isSaid ? parts : [...parts, `default: ${defaultText(fallback)}`];
}

function defaultText(value: unknown): string {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return number(value);
  return Math.abs(value) < 0.001 ? value.toExponential() : String(value);
}
