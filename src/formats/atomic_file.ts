/**
 * A file that is either wholly there or not at all: written aside, forced to the disk, then renamed into place.
 *
 * @module
 */

/** Takes the bytes of the file, in order. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/** Most bytes given to the file system at once, which keeps its copies small. */
const CHUNK = 4 << 20;

/**
 * Makes or replaces the file at `path` with what `fill` writes. If `fill` or the disk fails, or `signal` aborts, the
 * earlier file stands untouched and nothing is left beside it.
 */
export async function writeAtomically(
  path: string,
  fill: (write: Write) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const aside = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    {
      using file = await Deno.open(aside, { write: true, createNew: true });
      await fill((bytes) => writeAll(file, bytes, signal));
      await file.sync();
    }
    signal?.throwIfAborted();
    await Deno.rename(aside, path);
  } catch (error) {
    await Deno.remove(aside).catch(() => {});
    throw error;
  }
  await syncFolder(path);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    signal?.throwIfAborted();
    done += await file.write(bytes.subarray(done, done + CHUNK));
  }
}

/**
 * The new name stands in the folder, which has to reach the disk as well. Where folders cannot be opened or synced
 * (Windows, some network disks, no permission to read it), the file is in place all the same.
 */
async function syncFolder(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path.replace(/[^/]*$/, "") || ".");
    await folder.sync();
  } catch { /* as safe as this place can be */ }
}
