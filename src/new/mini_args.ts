/**
 * Replaces `parseArgs` of `@std/cli` on a machine that cannot reach JSR: the part of it that is used here.
 *
 * @module
 */

/** The options of `parseArgs` that are used here. */
export interface ArgOptions {
  /** Names of flags that take a value: `--name value` or `--name=value`. */
  string: string[];
  /** Names of boolean flags: `--name`, `--name=false`, `--name false`. */
  boolean: string[];
  /** Names of flags that `--no-name` turns off. */
  negatable: string[];
  /** Called with every other argument before `--`; false keeps it out of the result. */
  unknown: (arg: string) => unknown;
}

/**
 * Reads the flags in `args` by name, and other words under `_`. A missing boolean flag is false, a missing value `""`.
 * Short flags (`-x`), numbers, lists, aliases and defaults of the original are left out.
 */
export type ParseArgs = (args: string[], options: ArgOptions) => Record<string, unknown>;

/** Reads flags as {@linkcode ParseArgs} says. */
export const parseArgs: ParseArgs = (args, { string, boolean, negatable, unknown }) => {
  const found: Record<string, unknown> = Object.fromEntries(boolean.map((name) => [name, false]));
  const words: string[] = [];
  const end = args.indexOf("--");
  const [flags, rest] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
  for (let i = 0; i < flags.length; i++) {
    const arg = flags[i];
    const [, no, name, value] = /^--(no-)?([^=]+)(?:=(.+))?$/s.exec(arg) ?? [];
    const next = flags[i + 1];
    if (no && negatable.includes(name) && !value) found[name] = false;
    else if (boolean.includes(name) && !no) {
      found[name] = (value ?? next) !== "false";
      if (!value && /^(true|false)$/.test(next)) i++;
    } else if (string.includes(name) && !no) {
      const takesNext = !value && next && !next.startsWith("-");
      found[name] = value ?? (takesNext ? next : "");
      if (takesNext) i++;
    } else if (unknown(arg) !== false) words.push(arg);
  }
  return { ...found, _: [...words, ...rest] };
};
