/**
 * The functions that the WebAssembly of Python may call while a program runs.
 *
 * Pyodide's module imports some 270 functions. Those that serve files, clocks and memory stay, with limits; those that lead
 * to JavaScript, to sockets, to libraries and to other processes are replaced. WebAssembly can call only what it imports,
 * so nothing else of this process can be reached from Python.
 *
 * @module
 */

/** A function that WebAssembly imports. */
type Import = (...args: never[]) => unknown;

/** Limits of one program. */
export interface ProgramLimits {
  /** Largest size of Python's memory in bytes. */
  maxBytes: number;
  /** Returns true when the program has used up its time. */
  isLate(): boolean;
}

/** The outside of one instance. */
export interface Surroundings extends ProgramLimits {
  /** The memory of the instance. */
  memory(): WebAssembly.Memory;
  /** Returns false during the instance's own start, when all imports work. */
  closed(): boolean;
  /** Notes that something outside the memory may have changed. */
  changed(): void;
}

/** Ends a program from below: no Python code runs on the way. */
export class Stopped extends Error {}

/** The name that a stop for lack of time carries. */
export const LATE = "late";

/** Functions that change nothing but Python's memory and the list of open files. */
const readers = new Set(
  ("fd_close fd_fdstat_get fd_pread fd_read fd_seek fd_sync _munmap_js " +
    "__syscall_dup __syscall_dup3 __syscall_faccessat __syscall_fadvise64 __syscall_fdatasync __syscall_fstat64 " +
    "__syscall_fstatfs64 __syscall_getcwd __syscall_getdents64 __syscall_getuid32_js __syscall_lstat64 " +
    "__syscall_newfstatat __syscall_readlinkat __syscall_stat64 __syscall_statfs64 " +
    "clock_res_get clock_time_get emscripten_date_now emscripten_get_now _gmtime_js _localtime_js _mktime_js " +
    "_timegm_js _tzset_js environ_get environ_sizes_get random_get emscripten_get_heap_max " +
    "emscripten_resize_heap _PyEM_TrampolineCall_JS _Py_emscripten_runtime _emscripten_get_progname").split(
      " ",
    ),
);

/** Functions that may change files, their settings, or the working folder. */
const changers = new Set(
  ("fd_pwrite _mmap_js _msync_js _try_fcntl64 __syscall_chdir __syscall_chmod __syscall_fallocate __syscall_fchdir " +
    "__syscall_fchmod __syscall_fchmodat2 __syscall_fchown32 __syscall_fchownat __syscall_fcntl64 " +
    "__syscall_ftruncate64 __syscall_ioctl __syscall_mkdirat __syscall_mknodat __syscall_openat __syscall_pipe " +
    "__syscall_renameat __syscall_rmdir __syscall_symlinkat __syscall_truncate64 __syscall_umask_js " +
    "__syscall_unlinkat __syscall_utimensat").split(" "),
);

/** Flags of an opened file that allow no change: O_CLOEXEC, O_DIRECTORY, O_LARGEFILE. */
const readOnlyFlags = 0x80000 | 0x10000 | 0x8000;

/** The requests of `ioctl` by which Python asks if a file is a terminal: TCGETS, TIOCGWINSZ. */
const askingRequests = [0x5401, 0x5413];

/** EPERM and ENOSYS as Emscripten numbers them. */
const [notPermitted, notThere] = [63, 52];
/** ENOSPC. */
export const diskFull = 51;

/** Largest size of a program's files together, and of all that it writes, in bytes. */
export const MAX_FILES = 64 << 20;

/** Returns the imports of an instance, each with a gate before it. */
export function gatedImports(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  around: Surroundings,
): WebAssembly.Imports {
  const gated: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  const replaced = replacements(around, imports.wasi_snapshot_preview1.fd_write as Import);
  for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
    const original = imports[space][name];
    gated[space] ??= {};
    if (kind !== "function" || readers.has(name)) {
      gated[space][name] = original;
      continue;
    }
    const open = original as Import;
    const shut = changers.has(name) ? noting(name, open, around) : replaced[name] ?? stopper(name);
    gated[space][name] = (...args: never[]) => around.closed() ? shut(...args) : open(...args);
  }
  return gated;
}

/** Returns the function of a changer that notes the change. */
function noting(name: string, call: Import, around: Surroundings): Import {
  return (...args) => {
    const [, second, flags] = args as number[];
    const harmless = name === "__syscall_openat" && (flags & ~readOnlyFlags) === 0 ||
      name === "__syscall_ioctl" && askingRequests.includes(second);
    if (!harmless) around.changed();
    return call(...args);
  };
}

/** Returns a function that ends the program, or for system calls one that fails as the system would. */
function stopper(name: string): Import {
  if (/^__syscall_|^_try_/.test(name)) return () => -notPermitted;
  if (/^_maybe_/.test(name)) return () => null; // nothing to wait for
  return () => {
    throw new Stopped(`reached for ${name}, which the sandbox does not have`);
  };
}

/** Functions that behave otherwise than pyodide's. */
function replacements(around: Surroundings, write: Import): Record<string, Import> {
  const end = () => {
    throw new Stopped("ended the interpreter");
  };
  let written = 0;
  return {
    exit: end,
    proc_exit: end,
    _abort_js: end,
    __assert_fail: end,
    _emscripten_system: () => -notThere,
    _setitimer_js: () => 0,
    emscripten_runtime_keepalive_push: () => {},
    emscripten_runtime_keepalive_pop: () => {},
    _emscripten_runtime_keepalive_clear: () => {},
    getaddrinfo: () => -4, // EAI_FAIL
    getnameinfo: () => -6, // EAI_FAMILY
    getprotobyname: () => 0,
    _Py_CheckEmscriptenSignals_Helper: () => {
      if (around.isLate()) throw new Stopped(LATE);
      return 0;
    },
    fd_write: (file: number, vectors: number, count: number, result: number) => {
      const view = new DataView(around.memory().buffer);
      let bytes = 0;
      for (let i = 0; i < count; i++) bytes += view.getUint32((vectors >>> 0) + 8 * i + 4, true);
      if (file !== 1 && file !== 2) {
        around.changed();
        written += bytes;
        return written > MAX_FILES ? diskFull : write(...[file, vectors, count, result] as never[]);
      }
      view.setUint32(result >>> 0, bytes, true); // what is printed goes nowhere
      return 0;
    },
  };
}
