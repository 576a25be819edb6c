/**
 * Errors of the system about files and folders, in words that say what to do: a full disk, missing rights, a file in the way.
 *
 * @module
 */
import { ConfigError } from "./errors.ts";

/** Returns the reason for which a file or folder cannot be used, and the remedy; undefined for an error of another kind. */
export function fileProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof Deno === "undefined") return undefined;
  const { message } = error;
  const { code } = error as { code?: string };
  const { NotCapable, PermissionDenied, NotADirectory, IsADirectory, AlreadyExists, NotFound } = Deno.errors;
  if (code === "ENOSPC" || /no space left|not enough space|quota/i.test(message)) {
    return `the disk is full (${message}), free some space`;
  }
  if (
    error instanceof NotCapable || error instanceof PermissionDenied || code === "EROFS" ||
    /read-only/i.test(message)
  ) {
    if (/read access|: (stat|lstat|readdir|readfile)\b/i.test(message)) {
      return `it may not be read (${message}), allow it`;
    }
    return `it may not be written (${message}), name another folder or allow it`;
  }
  if (error instanceof NotADirectory) {
    return `a part of the path is a file and not a folder (${message}), name another one`;
  }
  if (error instanceof IsADirectory) return `it is a folder (${message}), name a file`;
  if (error instanceof AlreadyExists) {
    return `a file of that name is in the way (${message}), name another one`;
  }
  if (error instanceof NotFound) return `it is not there (${message})`;
}

/** Returns an error of the system about a file as one that says what to do; other errors as they are. */
export function fileError(error: unknown, task: string, path: string): unknown {
  const problem = fileProblem(error);
  return problem === undefined
    ? error
    : new ConfigError(`Cannot ${task}: ${problem}`, { path, cause: error });
}

/**
 * Runs `work` with files.
 *
 * @param task the words behind `Cannot`, such as `save the model to out`
 * @param path the option or the call that names the file
 * @throws {ConfigError} for an error of the system about files
 */
export async function withFiles<T>(task: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, task, path);
  }
}
