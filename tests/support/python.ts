/**
 * Python as an oracle: runs a script where Python and the packages that it needs are.
 *
 * @module
 */

/** How a run of Python ended. */
export interface PythonRun {
  /** True for exit code 0. */
  ok: boolean;
  /** What it wrote. */
  out: string;
  /** What went wrong. */
  err: string;
}

/** Runs `python3` with `args` and `input` on stdin; undefined where there is none. */
export async function python(args: string[], input = ""): Promise<PythonRun | undefined> {
  try {
    const child = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
    const output = child.output(), writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).then(() => writer.close(), () => {}); // it may end unread
    const { success, stdout, stderr } = await output, text = new TextDecoder();
    return { ok: success, out: text.decode(stdout), err: text.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** True where Python can import `packages`. */
export async function pythonHas(...packages: string[]): Promise<boolean> {
  const missing = packages.map((name) => `i.find_spec('${name}') is None`).join(" or ");
  return (await python(["-c", `import importlib.util as i; exit(${missing})`]))?.ok ?? false;
}
