/**
 * The program inside the sandbox's process: it loads Python, closes the ways from Python to JavaScript, and runs jobs.
 *
 * Each answer begins with the job's nonce, followed by the verdict and the state of the interpreter. The functions that
 * an answer needs are bound before any program runs, so that no program can replace them.
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

/** The functions of guard.py. */
interface Guard {
  run(program: string): string | undefined;
  health(): string;
}

async function serve(folder: string, maxBytes: number): Promise<void> {
  const write = Deno.stdout.writeSync.bind(Deno.stdout);
  const encoder = new TextEncoder();
  const encode = encoder.encode.bind(encoder);
  const { parse } = JSON;
  const writeLine = (line: string) => void write(encode(line + "\n"));
  const heapBytes = capMemory(maxBytes);
  const { loadPyodide } = (await importPackage<Pyodide>("pyodide")).value;
  const ignore = () => {};
  const python = await loadPyodide({
    indexURL: `${folder}/`,
    stdout: ignore,
    stderr: ignore,
    stdin: () => null,
    env: { HOME: "/home" },
    jsglobals: Object.create(null),
  });
  const guard = python.runPython(source) as Guard;
  const run = guard.run.bind(guard);
  const health = guard.health.bind(guard);
  writeLine(`ready ${JSON.stringify(permissions(folder))}`);
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const { nonce, program } = parse(line) as { nonce: string; program: string };
      const error = run(program);
      const state = heapBytes() > maxBytes / 2 ? "heavy" : health();
      writeLine(`${nonce} ${error === undefined ? "pass" : "fail"} ${state} ${error ?? ""}`);
    }
  }
}

/**
 * Limits Python's heap by replacing the one method by which it grows. Returns a function that gives the size of the heap
 * in bytes.
 */
function capMemory(maxBytes: number): () => number {
  const grow = WebAssembly.Memory.prototype.grow;
  let bytes = 0;
  WebAssembly.Memory.prototype.grow = function (pages: number): number {
    const wanted = this.buffer.byteLength + pages * 65536;
    if (wanted > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
    const before = grow.call(this, pages);
    bytes = wanted;
    return before;
  };
  return () => bytes;
}

/** Returns the permissions of this process: names of those granted in full, and `read FOLDER` for that folder. */
function permissions(folder: string): string[] {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;
  const granted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const all = names.filter((name) => granted({ name } as Deno.PermissionDescriptor));
  return [...all, ...granted({ name: "read", path: folder }) ? [`read ${folder}`] : []];
}
