/**
 * A schema of options as flags of a command line, and their `--help` text.
 *
 * @module
 */
import { z } from "zod";

/** A flag. */
export interface Flag {
  /** As typed, without dashes: `learning-rate`. */
  name: string;
  /** Key of the option: `learningRate`. */
  key: string;
  /** `boolean` takes no value. */
  kind: "string" | "number" | "boolean";
  /** Value when it is not given. */
  fallback: unknown;
  /** True where it must be given. */
  required: boolean;
  /** The only values allowed. */
  choices: unknown[] | undefined;
  /** What it means. */
  about: string;
}

interface Property {
  type?: string;
  default?: unknown;
  enum?: unknown[];
  description?: string;
}

/** The flags of an object schema, one a key; `.describe()` says what each means. */
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

/** The text that `--help` prints: one line a flag, aligned. */
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
  else if (kind !== "boolean" && fallback !== undefined) parts.push(`default ${fallback}`);
  return parts.length ? `(${parts.join("; ")})` : "";
}
