/**
 * Typed flags for the example scripts: a zod schema says what there is, `@std/cli` reads the command line.
 *
 * @module
 */
import type { z } from "zod";
import { ConfigError } from "../../src/base/errors.ts";
import { nearest, parseOptions } from "../../src/base/schema.ts";
import { type Flag, flagsOf, helpText } from "./help.ts";
import type { ParseArgs } from "../../src/new/mini_args.ts";
import { loadParseArgs } from "../../src/new/parse_args.ts";

/**
 * The options in `args`, checked by `schema` and completed with its defaults.
 *
 * @throws {ConfigError} for an unknown flag, a missing or a wrong value
 */
export function parseFlags<Out>(
  schema: z.ZodType<Out>,
  args: string[],
  program: string,
  parse: ParseArgs,
): Out {
  const flags = flagsOf(schema);
  const names = (wanted: boolean): string[] =>
    flags.filter((flag) => (flag.kind === "boolean") === wanted).map((flag) => flag.name);
  const given = parse(args, {
    string: names(false),
    boolean: names(true),
    negatable: names(true),
    unknown: (arg) => refuse(arg, flags, program),
  });
  for (const word of given._ as string[]) refuse(word, flags, program); // what stood behind a bare "--"
  const options = flags.flatMap((flag) =>
    isGiven(flag, args) ? [[flag.key, valueOf(flag, given[flag.name])]] : []
  );
  return parseOptions(schema, Object.fromEntries(options), program);
}

/** The arguments with the words in front of the first flag given to the flags of these names, in their order. */
export function words(names: readonly string[], args: readonly string[] = Deno.args): string[] {
  const first = args.findIndex((arg) => arg.startsWith("-"));
  const end = first < 0 ? args.length : first;
  return args.flatMap((arg, i) => i < end && names[i] ? [`--${names[i]}`, arg] : [arg]);
}

/** Reads the flags of a script; prints the help or the mistake and ends the process where that is what is due. */
export async function readFlags<Out>(
  schema: z.ZodType<Out>,
  program: string,
  about: string,
  args: string[] = Deno.args,
): Promise<Out> {
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    console.log(helpText(program, about, flagsOf(schema)));
    Deno.exit(0);
  }
  try {
    return parseFlags(schema, args, program, await loadParseArgs());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`${error.message}\n(${program} --help lists the flags)`);
    Deno.exit(2);
  }
}

/** An on-off flag that is absent reads as false; the schema's default must win then. */
function isGiven({ name }: Flag, args: readonly string[]): boolean {
  return args.some((arg) => [`--${name}`, `--no-${name}`].includes(arg.split("=")[0]));
}

function valueOf(flag: Flag, value: unknown): unknown {
  if (value === "") {
    throw new ConfigError(`Cannot use --${flag.name}: a value must follow it`, { path: flag.key });
  }
  return flag.kind === "number" && !Number.isNaN(Number(value)) ? Number(value) : value;
}

function refuse(arg: string, flags: readonly Flag[], program: string): never {
  const near = nearest(arg.replace(/^-+/, "").split("=")[0], flags.map((flag) => flag.name));
  const hint = near
    ? `did you mean --${near}?`
    : `${program} takes ${flags.map((flag) => `--${flag.name}`).join(" ")}`;
  throw new ConfigError(`Cannot use ${arg}: unknown flag, ${hint}`, { path: arg });
}
