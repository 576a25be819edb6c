/**
 * Turns a schema of options into command-line flags, and prints their `--help` text.
 *
 * @module
 */
import { z } from "zod";

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

/** Returns the text that `--help` prints: one aligned line per flag. */
export function helpText(program: string, about: string, flags: readonly Flag[]): string {
  const rows = [
    ...flags.map((flag) => [usage(flag), [flag.about, limits(flag)].filter(Boolean).join(" ")]),
    ["--help", "shows this text"],
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    `${program}: ${about}`,
    "",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()),
  ]
    .join("\n");
}

function usage({ name, kind, fallback }: Flag): string {
  if (kind === "boolean") return fallback === true ? `--no-${name}` : `--${name}`;
  return `--${name} ${kind === "number" ? "N" : "TEXT"}`;
}

function limits({ kind, fallback, required, choices }: Flag): string {
  const parts = choices ? [`one of ${choices.join(", ")}`] : [];
  if (required) parts.push("required");
  else if (kind !== "boolean" && fallback !== undefined && fallback !== "") parts.push(`default ${fallback}`);
  return parts.length ? `(${parts.join("; ")})` : "";
}
