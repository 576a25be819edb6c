/**
 * The three binary interfaces of MPI libraries, as tables of handles.
 *
 * MPI fixes names and arguments of its functions; a library of an own interface fixes how the handles of communicators and
 * types look: addresses of exported structs (Open MPI), 32-bit integers (MPICH and its kin, Intel MPI among them), or small
 * fixed numbers as wide as a pointer (the standard interface of MPI 5, sections 20.3 and A.3 of the standard).
 *
 * @module
 */

/** The name of a binary interface. */
export type AbiName = "openmpi" | "mpich" | "standard";

/** A handle of MPI: 32 bits wide under MPICH, as wide as a pointer elsewhere. */
export type Handle = number | bigint;

/** The handles that are used. */
export interface Handles {
  /** The communicator of all ranks. */
  world: Handle;
  /** The type of a byte. */
  byte: Handle;
  /** The type of a 32-bit float. */
  float: Handle;
  /** The handler that lets errors come back as codes. */
  errorsReturn: Handle;
}

/** One binary interface. */
export interface Abi {
  /** The FFI type of a handle. */
  handle: "i32" | "u64";
  /** The level of threads at which any thread may call (`MPI_THREAD_MULTIPLE`). */
  threadMultiple: number;
  /** The handles by number; Open MPI's are addresses of {@linkcode openMpiStatics}. */
  handles?: Handles;
}

/** The interfaces by name. */
export const abis: Readonly<Record<AbiName, Abi>> = {
  openmpi: { handle: "u64", threadMultiple: 3 },
  mpich: {
    handle: "i32",
    threadMultiple: 3,
    handles: {
      world: 0x44000000,
      byte: 0x4c00010d,
      float: 0x4c00040a,
      errorsReturn: 0x54000001,
    },
  },
  standard: {
    handle: "u64",
    threadMultiple: 4096,
    handles: { world: 0x101n, byte: 0x247n, float: 0x210n, errorsReturn: 0x143n },
  },
};

/** The structs whose addresses are Open MPI's handles. */
export const openMpiStatics: Readonly<Record<keyof Handles, string>> = {
  world: "ompi_mpi_comm_world",
  byte: "ompi_mpi_byte",
  float: "ompi_mpi_float",
  errorsReturn: "ompi_mpi_errors_return",
};

/**
 * Returns the interface of a library.
 *
 * @param version its answer to `MPI_Get_library_version`
 * @param standard the version of the standard interface that it says it has; undefined for a library older than that
 */
export function abiOf(version: string, standard: number | undefined): AbiName {
  if (standard !== undefined && standard > 0) return "standard";
  return version.startsWith("Open MPI") ? "openmpi" : "mpich";
}

/** Bytes of the longest answer of `MPI_Get_library_version` that a library may give. */
const versionBytes = 8192;

/** Asks the library at `path` for its version and its interface, which needs no `MPI_Init`. */
export function askLibrary(path: string): { version: string; abi: AbiName } {
  const asked = Deno.dlopen(path, {
    MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
    MPI_Abi_get_version: { parameters: ["buffer", "buffer"], result: "i32", optional: true },
  });
  try {
    const text = new Uint8Array(versionBytes);
    const length = new Int32Array(1);
    asked.symbols.MPI_Get_library_version(text, length);
    const version = new TextDecoder().decode(text.subarray(0, length[0])).replaceAll("\0", "").split("\n")[0];
    const major = new Int32Array(1);
    const minor = new Int32Array(1);
    const known = asked.symbols.MPI_Abi_get_version?.(major, minor) === 0;
    return { version, abi: abiOf(version, known ? major[0] : undefined) };
  } finally {
    asked.close();
  }
}

/** Libraries in which the system keeps `dlopen`, by operating system. */
const loaders: Readonly<Record<string, readonly string[]>> = {
  linux: ["libc.so.6", "libdl.so.2"],
  darwin: ["libSystem.B.dylib"],
};

/** `RTLD_LAZY`, the one flag with the same number on all systems. */
const lazily = 1;

/**
 * Keeps the library at `path` in memory until the process is gone. Deno unloads its libraries when a thread ends, and a thread
 * that has called MPI runs destructors of that library after that: processes crashed at their end.
 */
export function keepLoaded(path: string): void {
  const name = new TextEncoder().encode(`${path}\0`);
  for (const loader of loaders[Deno.build.os] ?? []) {
    try {
      const { symbols } = Deno.dlopen(loader, {
        dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
      });
      if (symbols.dlopen(name, lazily) !== null) return;
    } catch {
      // another name may have it; without it the end of the process may be reported as a crash
    }
  }
}
