/**
 * The program inside the sandbox's process: it loads Python, shuts the doors that lead from Python to JavaScript, and
 * answers each job with its secret word, a verdict and how the interpreter is.
 *
 * What it needs for an answer is taken hold of before any program runs, so that none can be replaced.
 *
 * @module
 */
import { importPackage } from "../../base/lazy_package.ts";
import source from "./guard.py" with { type: "text" };

if (import.meta.main) await serve(Deno.args[0], Number(Deno.args[1]) << 20);

/** The part of pyodide that is used. */
interface Pyodide {
  loadPyodide(options: Record<string, unknown>): Promise<{ runPython(source: string): unknown }>;
}

/** What guard.py gives. */
interface Guard {
  run(program: string): string | undefined;
  health(): string;
}

async function serve(folder: string, most: number): Promise<void> {
  const write = Deno.stdout.writeSync.bind(Deno.stdout);
  const encoder = new TextEncoder();
  const encode = encoder.encode.bind(encoder);
  const { parse } = JSON;
  const say = (line: string) => void write(encode(line + "\n"));
  const memory = capMemory(most);
  const { loadPyodide } = (await importPackage<Pyodide>("pyodide")).value;
  const nothing = () => {};
  const python = await loadPyodide({
    indexURL: `${folder}/`,
    stdout: nothing,
    stderr: nothing,
    stdin: () => null,
    env: { HOME: "/home" },
    jsglobals: Object.create(null),
  });
  const guard = python.runPython(source) as Guard;
  const run = guard.run.bind(guard);
  const health = guard.health.bind(guard);
  say(`ready ${JSON.stringify(permissions(folder))}`);
  let begun = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (begun + text).split("\n");
    begun = lines.pop()!;
    for (const line of lines) {
      const { nonce, program } = parse(line) as { nonce: string; program: string };
      const error = run(program);
      const state = memory() > most / 2 ? "heavy" : health();
      say(`${nonce} ${error === undefined ? "pass" : "fail"} ${state} ${error ?? ""}`);
    }
  }
}

/** Python's heap grows by this method alone; it says how large the heap is. */
function capMemory(most: number): () => number {
  const grow = WebAssembly.Memory.prototype.grow;
  let bytes = 0;
  WebAssembly.Memory.prototype.grow = function (pages: number): number {
    const wanted = this.buffer.byteLength + pages * 65536;
    if (wanted > most) throw new RangeError(`more than ${most} bytes`);
    const before = grow.call(this, pages);
    bytes = wanted;
    return before;
  };
  return () => bytes;
}

/** What this process may do. */
function permissions(folder: string): string[] {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;
  const granted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const all = names.filter((name) => granted({ name } as Deno.PermissionDescriptor));
  return [...all, ...granted({ name: "read", path: folder }) ? [`read ${folder}`] : []];
}
