/**
 * Typed flags for the example scripts: a zod schema defines them, `@std/cli` reads the command line.
 *
 * @module
 */
import type { z } from "zod";
import { ConfigError } from "../../src/base/errors.ts";
import { nearest, parseOptions } from "../../src/base/schema.ts";
import { examplesOf, type Flag, flagsOf, helpText } from "./help.ts";
import type { ParseArgs } from "../../src/new/mini_args.ts";
import { loadParseArgs } from "../../src/new/parse_args.ts";

/**
 * Reads the options in `args`, checks them by `schema` and adds its defaults.
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
  const parsed = parse(args, {
    string: names(false),
    boolean: names(true),
    negatable: names(true),
    unknown: (arg) => refuse(arg, flags, program),
  });
  for (const word of parsed._ as string[]) refuse(word, flags, program); // words after a bare "--"
  const options = flags.flatMap((flag) =>
    isGiven(flag, args) ? [[flag.key, valueOf(flag, parsed[flag.name])]] : []
  );
  try {
    return parseOptions(schema, Object.fromEntries(options), program);
  } catch (error) {
    throw asTyped(error, flags, program);
  }
}

/** Returns the error of an option by the name that was typed: `--batch-tokens` for `pretrain.batchTokens`. */
function asTyped(error: unknown, flags: readonly Flag[], program: string): unknown {
  if (!(error instanceof ConfigError)) return error;
  const flag = flags.find(({ key }) => error.path === `${program}.${key}`);
  if (!flag) return error;
  const message = error.message.replace(`${program}.${flag.key}:`, `--${flag.name}:`);
  return new ConfigError(message, { path: flag.key, value: error.value });
}

/** Returns the arguments with the words before the first flag turned into values of the flags `names`, in order. */
export function words(names: readonly string[], args: readonly string[] = Deno.args): string[] {
  const first = args.findIndex((arg) => arg.startsWith("-"));
  const end = first < 0 ? args.length : first;
  return args.flatMap((arg, i) => i < end && names[i] ? [`--${names[i]}`, arg] : [arg]);
}

/** Reads the flags of a script. For `--help` and for a wrong flag it prints a text and ends the process. */
export async function readFlags<Out>(
  schema: z.ZodType<Out>,
  program: string,
  about: string,
  args: string[] = Deno.args,
): Promise<Out> {
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    console.log(helpText(program, about, flagsOf(schema), { examples: await examplesOfMain() }));
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

/** Reads the examples in the comment of the script that runs; none where it cannot be read. */
async function examplesOfMain(): Promise<string[]> {
  try {
    return examplesOf(await Deno.readTextFile(new URL(Deno.mainModule)));
  } catch {
    return [];
  }
}

/** Returns true when the flag was typed; for an absent boolean flag the schema's default must win. */
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
