/**
 * Python as an oracle of tests: it runs a script where the machine has Python and the packages.
 *
 * @module
 */

/** The result of a run of Python. */
export interface PythonRun {
  /** Exit code; -1 where there is no Python. */
  code: number;
  /** Standard output. */
  text: string;
  /** Standard error. */
  error: string;
}

/** Runs `python3` with `input` on its standard input, which it need not read to the end. */
export async function python(args: string[], input = ""): Promise<PythonRun> {
  try {
    const command = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped", stderr: "piped" });
    const child = command.spawn();
    const output = child.output();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
    const { code, stdout, stderr } = await output;
    const decoder = new TextDecoder();
    return { code, text: decoder.decode(stdout), error: decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { code: -1, text: "", error: String(error) };
    throw error;
  }
}

/** Runs a script with `input` as JSON and reads the JSON of the last line that it prints, if any. */
export async function oracle<T>(script: URL, args: string[], input: unknown = {}): Promise<T> {
  const { code, text, error } = await python([script.pathname, ...args], JSON.stringify(input));
  if (code !== 0) throw new Error(`${script.pathname} failed:\n${error}`);
  return JSON.parse(text.split("\n").filter(Boolean).at(-1) ?? "null");
}

/** Tells if Python has all of `packages`; where it has not, `reason` is for the name of the ignored test. */
export async function pythonHas(...packages: string[]): Promise<{ ignore: boolean; reason: string }> {
  const missing = packages.map((name) => `i.find_spec('${name}') is None`).join(" or ");
  const ignore = (await python(["-c", `import importlib.util as i; exit(${missing})`])).code !== 0;
  return { ignore, reason: ignore ? ` (ignored: python3 has no ${packages.join(", ")})` : "" };
}
