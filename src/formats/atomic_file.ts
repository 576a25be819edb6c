/**
 * Atomic file writes: the bytes go to a temporary file, are synced to the disk, and the file is renamed into place.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";

/** A function that appends bytes to the file. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/** The most bytes per system call, which keeps the runtime's copies small. */
const CHUNK = 4 << 20;

/**
 * Creates or replaces the file at `path` with what `fill` writes. If `fill` or the disk fails, or `signal` aborts, an
 * earlier file stays as it was and the temporary file is removed.
 *
 * @throws {DataError} when another process has removed the temporary file
 */
export async function writeAtomically(
  path: string,
  fill: (write: Write) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      await fill((bytes) => writeAll(file, bytes, signal));
      await file.sync();
    }
    signal?.throwIfAborted();
    await Deno.rename(temporary, path).catch((cause) => {
      throw cause instanceof Deno.errors.NotFound ? removed(path, cause) : cause;
    });
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(path);
}

function removed(path: string, cause: Error): DataError {
  return new DataError(
    `Cannot write ${path}: what was written of it so far has been removed, by another process that does the same work ` +
      "or with its folder; let one process at a time do it, and run this one again",
    { file: path, cause },
  );
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    signal?.throwIfAborted();
    done += await file.write(bytes.subarray(done, done + CHUNK));
  }
}

/**
 * Syncs the folder, which holds the new name. Some folders cannot be opened or synced (Windows, some network disks,
 * no read permission); the file is in place even then.
 */
async function syncFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path.replace(/[^/]*$/, "") || ".");
    await folder.sync();
  } catch { /* this file system offers no more */ }
}
