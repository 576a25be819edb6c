/**
 * Python as an oracle: runs a script beside the tests where the machine has it and its packages.
 *
 * @module
 */

/** What a run gave. */
export interface PythonResult {
  code: number;
  text: string;
  error: string;
}

/** Runs `python3` with `input` on its standard input; code -1 where there is no Python. */
export async function python(args: string[], input = ""): Promise<PythonResult> {
  try {
    const command = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped", stderr: "piped" });
    const child = command.spawn(), writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { code, stdout, stderr } = await child.output();
    return { code, text: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
  } catch (error) {
    return { code: -1, text: "", error: String(error) };
  }
}

/** Runs a script of tests/reference and reads the JSON that it prints. */
export async function oracle<T>(script: string, args: string[], input: unknown = {}): Promise<T> {
  const path = new URL(script, import.meta.url).pathname;
  const { code, text, error } = await python([path, ...args], JSON.stringify(input));
  if (code !== 0) throw new Error(`${script} failed:\n${error}`);
  return JSON.parse(text.split("\n").filter(Boolean).at(-1)!);
}

/** Whether Python can import all of `packages`; `reason` says so in a test's name where it cannot. */
export async function pythonHas(packages: string): Promise<{ ignore: boolean; reason: string }> {
  const ignore = (await python(["-c", `import ${packages}`])).code !== 0;
  return { ignore, reason: ignore ? ` (not run: python3 has no ${packages})` : "" };
}
