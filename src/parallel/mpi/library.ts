/**
 * Choosing the MPI library that belongs to the launcher.
 *
 * `libmpi.so` may be any library, so that each file is asked for its version before it is used. A library of another kind than
 * the launcher's would make every process the only rank of a world of its own.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import { setting } from "../../base/setting.ts";
import type { Environment } from "../environment.ts";
import type { Launcher } from "../launcher.ts";
import { type AbiName, askLibrary } from "./abi.ts";

/** An MPI library. */
export interface Library {
  /** Its file, or a name that the system's search finds. */
  path: string;
  /** The first line of its own version, such as `Open MPI v4.1.4, package: ...`. */
  version: string;
  /** Its binary interface. */
  abi: AbiName;
}

/** The facts of the process on which {@linkcode findLibrary} decides; tests pass their own. */
export interface LibrarySearch {
  /** The operating system, as `Deno.build.os` names it. */
  os: string;
  /** Reads a variable of the environment. */
  read: Environment;
  /** Returns the folder of the launcher's program, where that can be seen. */
  launcherFolder(): string | undefined;
  /** Asks a file for its version; throws where it cannot be opened. */
  ask(path: string): { version: string; abi: AbiName };
}

const ownProcess: LibrarySearch = {
  get os() {
    return Deno.build.os;
  },
  read: setting,
  launcherFolder,
  ask: askLibrary,
};

/** Programs that start ranks; one of them is the parent of a rank. */
const launcherPrograms =
  /^(orterun|orted|prterun|prted|mpirun|mpiexec|hydra_pmi_proxy|pmi_proxy|hydra_bstrap_proxy)\b/;

/**
 * Finds the library of a launcher: `LLAMERO_MPI`, or the first of the usual names that is of the launcher's kind, beside its
 * program or by the system's search.
 *
 * @throws {ConfigError} where none is found, FFI is not permitted, or on Windows
 */
export function findLibrary(launcher: Launcher, search: LibrarySearch = ownProcess): Library {
  if (search.os === "windows") {
    throw new ConfigError(
      "Cannot use several processes on Windows: MS-MPI is untested and refused. Use Linux, such as WSL, or one process",
    );
  }
  const forced = search.read("LLAMERO_MPI");
  if (forced !== undefined) {
    try {
      return { path: forced, ...search.ask(forced) };
    } catch (error) {
      if (isRefused(error)) throw notPermitted(launcher, error);
      throw notFound(launcher, `LLAMERO_MPI names ${forced}, which does not open as an MPI library`, error);
    }
  }
  const names = libraryNames(launcher, search.os);
  const folder = search.launcherFolder();
  const beside = folder === undefined ? [] : names.map((name) => join(dirname(folder), "lib", name));
  const others: string[] = [];
  for (const path of [...beside, ...names]) {
    try {
      const library = { path, ...search.ask(path) };
      if (suits(launcher, library.version)) return library;
      others.push(`${path} is ${library.version.slice(0, 40)}`);
    } catch (error) {
      if (isRefused(error)) throw notPermitted(launcher, error);
    }
  }
  const seen = others.length > 0 ? `; of another kind: ${others.join(", ")}` : "";
  throw notFound(launcher, `none of ${[...beside, ...names].join(", ")} opens${seen}`);
}

/** Returns the file names of libraries that belong to a launcher, in the order in which they are tried. */
export function libraryNames({ kind, pmix }: Launcher, os: string): string[] {
  const mac = os === "darwin";
  const open = mac ? ["libmpi.40.dylib"] : ["libmpi.so.40"];
  const pmi = mac
    ? ["libmpi_abi.1.dylib", "libmpi.12.dylib"]
    : ["libmpi_abi.so.1", "libmpich.so.12", "libmpi.so.12"];
  if (kind === "openmpi") return [...open, pmi[0]];
  if (kind === "mpich") return pmi;
  return pmix ? [...open, ...pmi] : [...pmi, ...open];
}

/** Returns true where a library of this version can talk to the launcher; a Slurm step may speak to either kind. */
function suits({ kind }: Launcher, version: string): boolean {
  return kind === "slurm" || version.startsWith("Open MPI") === (kind === "openmpi");
}

/** Returns the folder of the program that started this rank, where its name and the permissions allow that. */
export function launcherFolder(): string | undefined {
  try {
    const parent = Deno.readLinkSync(`/proc/${Deno.ppid}/exe`);
    return launcherPrograms.test(basename(parent)) ? dirname(parent) : undefined;
  } catch {
    return undefined; // no such file system, or not permitted
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable;
}

function notPermitted({ rank, size }: Launcher, cause: unknown): ConfigError {
  return new ConfigError(
    `Cannot run as rank ${rank} of ${size}: the MPI library needs --allow-ffi (or -A)`,
    { path: "--allow-ffi", cause },
  );
}

function notFound({ rank, size, kind }: Launcher, problem: string, cause?: unknown): ConfigError {
  const install = { openmpi: "apt-get install openmpi-bin", mpich: "pip install mpich", slurm: "" }[kind] ||
    "apt-get install openmpi-bin, or pip install mpich";
  return new ConfigError(
    `Cannot run as rank ${rank} of ${size}: no MPI library was found, ${problem}. ` +
      `Install it (${install}) or set LLAMERO_MPI to its file`,
    { path: "LLAMERO_MPI", cause },
  );
}
