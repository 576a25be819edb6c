/**
 * The program inside the sandbox's process: it starts Python once, and runs each program in a copy of it.
 *
 * A line of JSON comes in per job, and a line of JSON with the job's nonce goes out. Programs cannot reach either: the
 * WebAssembly that runs them imports nothing that writes (wasm_imports.ts).
 *
 * @module
 */
import { importPackage } from "../../base/lazy_package.ts";
import source from "./guard.py" with { type: "text" };
import { ProcessorTime } from "./processor_time.ts";
import type { ProgramLimits } from "./wasm_imports.ts";
import { isLate, type PythonParts, WasmPython } from "./wasm_python.ts";

/** Instances after which a process is replaced: their memory is not returned. */
const MAX_INSTANCES = 12;

/** Memory that a process may have beside twice the limit of a program before it is replaced, in bytes. */
const SPARE_BYTES = 256 << 20;

if (import.meta.main) await serve(Deno.args[0], Number(Deno.args[1]) * 2 ** 20);

/** The first line: Python has started. */
export interface Ready {
  /** The permissions of the process. */
  granted: string[];
}

/** One job, as a line of JSON. */
export interface Job {
  /** A word that the answer repeats. */
  nonce: string;
  /** The parts of the program. */
  parts: readonly string[];
  /** Limit of the processor time in milliseconds. */
  milliseconds: number;
}

/** A line that a program is in a call which nothing but the end of the process can end. */
export interface Stuck {
  /** Number of the job, counted from 1. */
  stuck: number;
}

/** The answer to a job, as a line of JSON. */
export interface Answer {
  /** The job's word. */
  nonce: string;
  /** The way in which the program failed; undefined when it passed. */
  error?: string;
  /** The module that an import did not find. */
  missing?: string;
  /** True when the program used up its processor time. */
  late: boolean;
  /** Processor time of the program in milliseconds. */
  milliseconds: number;
  /** True when the process wants to be replaced. */
  last: boolean;
}

async function serve(folder: string, maxBytes: number): Promise<void> {
  const time = new ProcessorTime();
  const limits: ProgramLimits = { maxBytes, isLate: () => time.isOver };
  const parts: PythonParts = {
    module: await WebAssembly.compile(await Deno.readFile(`${folder}/pyodide.asm.wasm`)),
    stdlib: await Deno.readFile(`${folder}/python_stdlib.zip`),
    create: (await importPackage<PythonParts["create"]>("pyodide", "pyodide.asm.mjs")).value,
  };
  const image = (await WasmPython.start(parts, limits)).image(source);
  let instances = 0;
  const start = async () => {
    instances++;
    const python = await WasmPython.start(parts, limits, image);
    if (!python.restore(image)) throw new Error("a new instance is not as new");
    return python;
  };
  let next = start();
  await next;
  writeLine({ granted: permissions(folder) } satisfies Ready);
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const { nonce, parts, milliseconds } = JSON.parse(line) as Job;
      const python = await next;
      time.begin(milliseconds);
      const failure = python.run(parts);
      const spent = time.end();
      const last = instances >= MAX_INSTANCES || Deno.memoryUsage().rss > 2 * maxBytes + SPARE_BYTES;
      writeLine({ nonce, ...failure, late: isLate(failure), milliseconds: spent, last } satisfies Answer);
      if (!python.restore(image)) next = start(); // while the host is busy with something else
    }
  }
  Deno.exit();
}

function writeLine(value: unknown): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Returns the permissions of this process: names of those granted in full, and `read FOLDER` for that folder. */
function permissions(folder: string): string[] {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;
  const granted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const all = names.filter((name) => granted({ name } as Deno.PermissionDescriptor));
  return [...all, ...granted({ name: "read", path: folder }) ? [`read ${folder}`] : []];
}
