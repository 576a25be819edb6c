/**
 * A Python interpreter as a bare WebAssembly instance: pyodide's build of CPython without pyodide's JavaScript.
 *
 * The first interpreter starts Python, and its memory becomes an image. Every program then runs in an instance whose memory
 * is a fresh copy of that image; an instance whose files were changed is not used again. So nothing of one program is left
 * for the next. The caller uses CPython's C interface and reads from its return values if a part of the program raised: no
 * Python frame, closure or module takes part in a verdict.
 *
 * @module
 */
import {
  diskFull,
  gatedImports,
  LATE,
  MAX_FILES,
  type ProgramLimits,
  Stopped,
  type Surroundings,
} from "./wasm_imports.ts";

/** The parts that instances are made of. */
export interface PythonParts {
  /** The compiled WebAssembly. */
  module: WebAssembly.Module;
  /** The standard library, a zip archive. */
  stdlib: Uint8Array;
  /** The function that makes an instance with files in memory (pyodide.asm.mjs). */
  create: (settings: Record<string, unknown>) => Promise<unknown>;
}

/** The memory of a started interpreter. */
export interface MemoryImage {
  /** All bytes. */
  bytes: Uint8Array;
  /** Position of the WebAssembly stack. */
  stack: number;
}

/** The end of a program that did not pass. */
export interface Failure {
  /** The exception as one line, or the way in which the program was ended. */
  error: string;
  /** The module that an import did not find. */
  missing?: string;
}

/** The files in memory, as far as they are used. */
interface MemoryFiles {
  streams: unknown[];
  mkdirTree(path: string): void;
  writeFile(path: string, bytes: Uint8Array, options: { canOwn: boolean }): void;
  chdir(path: string): void;
  ErrnoError: new (errno: number) => Error;
  filesystems: { MEMFS: Record<"expandFileStorage" | "resizeFileStorage", Resize> };
}

/** A function that gives a file space for `bytes`. */
type Resize = (node: { contents: Uint8Array }, bytes: number) => void;

/** The argument of the first callback of pyodide.asm.mjs. */
interface Glue {
  FS: MemoryFiles;
  ENV: Record<string, string>;
}

type Call = (...args: number[]) => number;

/** The exports that are used; pointers are numbers. */
type Exports = Record<string, Call> & {
  memory: WebAssembly.Memory;
  __stack_pointer: WebAssembly.Global;
  PyExc_ModuleNotFoundError: WebAssembly.Global;
  PyImport_Inittab: WebAssembly.Global;
  PyUnicode_Type: WebAssembly.Global;
  Py_EMSCRIPTEN_SIGNAL_HANDLING: WebAssembly.Global;
};

/** Memory beyond the image that an instance may have when it is used again, in bytes. */
const MAX_KEPT = 128 << 20;

/**
 * Built-in modules that lead out of Python, or into its insides for CPython's own tests: their names in the table of
 * built-in modules become empty.
 */
const hiddenModules =
  /^(?:_pyodide_core|_ctypes|_ctypes_test|_posixsubprocess|_remote_debugging|_test\w+|_?xx\w+)$/;

/** Start symbol of a file for CPython's compiler. */
const FILE_INPUT = 257;

/** Compiler flags of a text that is UTF-8 whatever it says: PyCF_SOURCE_IS_UTF8, PyCF_IGNORE_COOKIE. */
const SOURCE_FLAGS = 0x100 | 0x800;

/** A Python interpreter. */
export class WasmPython {
  readonly #exports: Exports;
  readonly #files: MemoryFiles;
  readonly #streams: readonly unknown[];
  #changed: boolean;
  /** A copy of the builtins that programs cannot reach, as it was before the program. */
  #builtins = 0;

  private constructor(exports: Exports, files: MemoryFiles) {
    this.#exports = exports;
    this.#files = files;
    this.#streams = [...files.streams];
    this.#changed = false;
  }

  /** Starts Python, or makes an instance for the memory of a started one. */
  static async start(parts: PythonParts, limits: ProgramLimits, image?: MemoryImage): Promise<WasmPython> {
    const started: { python?: WasmPython } = {};
    let files: MemoryFiles | undefined;
    let exports: Exports | undefined;
    const { module, stdlib, create } = parts;
    const around: Surroundings = {
      ...limits,
      memory: () => exports!.memory,
      closed: () => started.python !== undefined,
      changed: () => started.python!.#changed = true,
    };
    const ignore = () => {};
    const settings: Record<string, unknown> = {
      noInitialRun: image !== undefined,
      noImageDecoding: true,
      noAudioDecoding: true,
      noWasmDecoding: true,
      API: { config: {}, runtimeEnv: {}, lockFilePromise: new Promise(ignore) }, // pyodide's own start is never reached
      arguments: [],
      thisProgram: "python",
      print: ignore,
      printErr: ignore,
      stdin: () => null,
      stdout: ignore,
      stderr: ignore,
      preRun: [(glue: Glue) => makeFiles(glue, stdlib), ({ FS }: Glue) => files = FS],
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: unknown, module: unknown) => void) {
        Object.assign(imports.env, { Jsv_GetError_import: () => null, JsvError_Check: () => 0 });
        const instance = new WebAssembly.Instance(module, gatedImports(module, imports, around));
        exports = instance.exports as unknown as Exports;
        limitMemory(exports.memory, limits.maxBytes);
        done(instance, module);
        return {};
      },
    };
    if (image) settings.INITIAL_MEMORY = image.bytes.length;
    await create(settings);
    return started.python = new WasmPython(exports!, files!);
  }

  /**
   * Makes the interpreter as new: its memory becomes a copy of the image. Returns false when that is not enough, because
   * its last program changed files, left one open or took much memory.
   */
  restore({ bytes, stack }: MemoryImage): boolean {
    const { memory, __stack_pointer } = this.#exports;
    const { streams } = this.#files;
    const sameStreams = streams.every((stream, i) =>
      (stream ?? undefined) === (this.#streams[i] ?? undefined)
    );
    if (this.#changed || !sameStreams || memory.buffer.byteLength > bytes.length + MAX_KEPT) return false;
    if (memory.buffer.byteLength < bytes.length) {
      memory.grow((bytes.length - memory.buffer.byteLength) / 65536);
    }
    const all = new Uint8Array(memory.buffer);
    all.set(bytes);
    all.fill(0, bytes.length);
    __stack_pointer.value = stack;
    this.#reseed();
    return true;
  }

  /** Starts the random numbers anew, as those of a new process. */
  #reseed(): void {
    const failure = this.run(["import random as __random\n__random.seed()\ndel __random"]);
    if (failure) throw new Error(`reseed: ${failure.error}`);
  }

  /** Runs the preparations of guard.py and returns the memory for the instances to come. */
  image(guard: string): MemoryImage {
    const failure = this.run([guard]);
    if (failure) throw new Error(`guard.py: ${failure.error}`);
    this.#hideModules();
    const { memory, __stack_pointer, Py_EMSCRIPTEN_SIGNAL_HANDLING } = this.#exports;
    const bytes = new Uint8Array(memory.buffer).slice();
    bytes[Py_EMSCRIPTEN_SIGNAL_HANDLING.value] = 1; // Python's loop asks for signals, by which a late program ends
    return { bytes, stack: __stack_pointer.value };
  }

  /**
   * Runs the parts of a program one after another in one namespace. Each part is compiled by itself, and those after the
   * first look up builtins in a copy. While they run, nothing calls code of an earlier part but they themselves. Returns undefined when all of them ended without an exception.
   */
  run(parts: readonly string[]): Failure | undefined {
    try {
      return this.#run(parts);
    } catch (stop) {
      if (stop instanceof Stopped) return { error: stop.message };
      return { error: "ended the interpreter" }; // a trap, or too deep a recursion below Python
    }
  }

  #run(parts: readonly string[]): Failure | undefined {
    const python = this.#exports;
    const main = python.PyModule_GetDict(python.PyImport_AddModule(this.#text("__main__")));
    const builtins = python.PyEval_GetBuiltins();
    this.#builtins = python.PyDict_Copy(builtins);
    const copy = python.PyDict_Copy(builtins);
    const collector = this.#collector();
    const flags = python.calloc(8, 1);
    this.#words().setInt32(flags, SOURCE_FLAGS, true);
    for (const [i, part] of parts.entries()) {
      if (part.includes("\0")) return { error: "SyntaxError: source code cannot contain null bytes" };
      const code = python.Py_CompileStringExFlags(
        this.#text(part),
        this.#text("<program>"),
        FILE_INPUT,
        flags,
        -1,
      );
      if (i > 0) {
        if (!this.#hasPlainNames(main)) return { error: "has names of its own kind" };
        python.PyDict_Copy(main); // never freed: what a name stood for lives on, and has no last word
        collector.detach();
        python.PyDict_SetItemString(main, this.#text("__builtins__"), copy);
      }
      const value = code && python.PyEval_EvalCode(code, main, main);
      if (!value) return this.#failure();
      if (this.#differs(builtins) || this.#differs(copy)) return { error: "changed Python's builtins" };
    }
    return undefined;
  }

  /**
   * Returns the garbage collector as it was before the program. After `detach` it calls nothing that the program left:
   * no callbacks, and no last words of objects that exist by then.
   */
  #collector(): { detach(): void } {
    const python = this.#exports;
    const module = python.PyImport_ImportModule(this.#text("gc"));
    const [callbacks, freeze] = ["callbacks", "freeze"].map((name) =>
      python.PyObject_GetAttrString(module, this.#text(name))
    );
    const detach = () => {
      python.PyList_AsTuple(callbacks); // never freed either
      python.PyList_SetSlice(callbacks, 0, 0x7fffffff, 0);
      python.PyObject_CallNoArgs(freeze);
    };
    return { detach };
  }

  /** Returns true when all names in `dictionary` are plain strings, whose comparison calls no code of a program. */
  #hasPlainNames(dictionary: number): boolean {
    const python = this.#exports;
    const at = python.malloc(12);
    this.#words().setUint32(at, 0, true);
    while (python.PyDict_Next(dictionary, at, at + 4, at + 8)) {
      const view = this.#words();
      const type = view.getUint32(view.getUint32(at + 4, true) + 4, true);
      if (type !== python.PyUnicode_Type.value) return false;
    }
    return true;
  }

  /** Returns true when a name of the first builtins has another value in `dictionary`. */
  #differs(dictionary: number): boolean {
    const python = this.#exports;
    const at = python.malloc(12);
    this.#words().setUint32(at, 0, true);
    while (python.PyDict_Next(this.#builtins, at, at + 4, at + 8)) {
      const view = this.#words();
      const value = python.PyDict_GetItemWithError(dictionary, view.getUint32(at + 4, true));
      if (value !== view.getUint32(at + 8, true)) return true;
    }
    return false;
  }

  /** Returns the exception that was raised, as one line. */
  #failure(): Failure {
    const python = this.#exports;
    const error = python.PyErr_GetRaisedException();
    const type = this.#words().getUint32(error + 4, true);
    const name = this.#string(this.#words().getUint32(type + 12, true)).split(".").at(-1)!;
    const notFound = this.#words().getUint32(python.PyExc_ModuleNotFoundError.value, true);
    const missing = type === notFound
      ? this.#asText(python.PyObject_GetAttrString(error, this.#text("name")))
      : undefined;
    const message = this.#asText(python.PyObject_Str(error));
    const line = [name, message].filter(Boolean).join(": ").split(/\s+/).join(" ").slice(0, 300);
    const module = /^\w{1,60}(?=\.|$)/u.exec(missing ?? "")?.[0]; // a program may put any text there
    return module ? { error: line, missing: module } : { error: line };
  }

  /** Returns the text of a Python string; undefined after an exception and for other objects. */
  #asText(object: number): string | undefined {
    const python = this.#exports;
    const text = object && python.PyUnicode_AsUTF8(object);
    if (text) return this.#string(text);
    python.PyErr_Clear();
    return undefined;
  }

  /** Takes the names of the hidden modules out of the table of built-in modules. */
  #hideModules(): void {
    const { PyImport_Inittab } = this.#exports;
    const words = this.#words();
    for (let at = words.getUint32(PyImport_Inittab.value, true); words.getUint32(at, true) !== 0; at += 8) {
      const name = words.getUint32(at, true);
      if (hiddenModules.test(this.#string(name))) words.setUint8(name, 0);
    }
  }

  /** Writes a text into Python's memory and returns its address. */
  #text(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const at = this.#exports.malloc(bytes.length) >>> 0;
    new Uint8Array(this.#exports.memory.buffer).set(bytes, at);
    return at;
  }

  /** Reads a text, at most 4,096 bytes of it. */
  #string(at: number): string {
    const bytes = new Uint8Array(this.#exports.memory.buffer, at, 4096);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.slice(0, end < 0 ? bytes.length : end));
  }

  #words(): DataView {
    return new DataView(this.#exports.memory.buffer);
  }
}

/** Makes the folders and the one file that Python starts from, and limits the files that it writes. */
function makeFiles({ FS, ENV }: Glue, stdlib: Uint8Array): void {
  FS.mkdirTree("/lib/python3.14/site-packages");
  FS.mkdirTree("/lib/python3.14/lib-dynload");
  FS.writeFile("/lib/python314.zip", stdlib, { canOwn: false });
  FS.chdir("/home");
  Object.assign(ENV, { HOME: "/home", PYTHONHASHSEED: "0", PYTHONINSPECT: "1" });
  const { MEMFS } = FS.filesystems;
  let grown = 0;
  for (const name of ["expandFileStorage", "resizeFileStorage"] as const) {
    const resize = MEMFS[name];
    MEMFS[name] = (node, bytes) => {
      grown += Math.max(0, bytes - node.contents.length);
      if (grown > MAX_FILES) throw new FS.ErrnoError(diskFull);
      resize(node, bytes);
    };
  }
}

/** Limits the growth of a memory. */
function limitMemory(memory: WebAssembly.Memory, maxBytes: number): void {
  memory.grow = function (pages: number): number {
    const wanted = this.buffer.byteLength + pages * 65536;
    if (wanted > maxBytes) throw new RangeError(`more than ${maxBytes} bytes`);
    return WebAssembly.Memory.prototype.grow.call(this, pages);
  };
}

/** Returns true for the end of a program that ran out of time. */
export function isLate(failure: Failure | undefined): boolean {
  return failure?.error === LATE;
}
