/**
 * The store of token shards and cached records: one folder per source, named by a hash of its origin, written whole or not at
 * all.
 *
 * @module
 */
import { cacheHome } from "../../base/cache.ts";
import { FormatError } from "../../base/errors.ts";

/** Version of the layout of a folder: raised when it changes, so that older folders are left alone. */
export const layoutVersion = 1;

/** A folder of the store. */
export interface Shards<F> {
  /** Its path. */
  folder: string;
  /** Its `facts.json`, written when it was made. */
  facts: F;
}

/**
 * Returns the folder of `key` under `root`. If it is not there, `make` fills a draft folder beside it, which takes its name when
 * it is complete. A second process that needs the same folder waits for the first one. The draft of a killed process is kept for
 * `make` to go on with; after an error or an abort it is removed.
 *
 * @param host name of the host, which the draft carries where several hosts share `root`: locks may not reach from one host
 * to another, and the first to be complete then gives its draft the name
 * @throws {FormatError} when `facts.json` cannot be read
 * @throws the reason of `signal` when it is aborted while waiting
 */
export async function shardFolder<F extends object>(
  root: string,
  key: string,
  make: (folder: string) => Promise<F>,
  signal?: AbortSignal,
  host?: string,
): Promise<Shards<F>> {
  const folder = `${root}/${key}`;
  const draft = `${root}/.${key}${host === undefined ? "" : `.${host.replace(/[^\w.-]/g, "_")}`}`;
  const known = readFacts<F>(folder);
  if (known) return { folder, facts: known };
  using lock = await locked(root, draft, signal);
  const made = readFacts<F>(folder);
  if (made) {
    await Deno.remove(draft, { recursive: true });
    return { folder, facts: made };
  }
  try {
    const facts = await make(draft);
    await Deno.writeTextFile(`${draft}/facts.json`, JSON.stringify(facts, null, 1));
    await Deno.remove(lock.path);
    await publish(draft, folder);
    return { folder, facts };
  } finally {
    await Deno.remove(draft, { recursive: true }).catch(() => {});
  }
}

/** Waits for the lock of a draft folder and takes it. The system frees the lock of a process that ends, however it ends. */
async function locked(
  root: string,
  draft: string,
  signal?: AbortSignal,
): Promise<Disposable & { path: string }> {
  const path = `${draft}/lock`;
  await Deno.mkdir(root, { recursive: true });
  while (true) {
    signal?.throwIfAborted();
    await Deno.mkdir(draft, { recursive: true });
    const file = await Deno.open(path, { write: true, create: true }).catch(() => undefined);
    if (!file) continue; // the process before has just moved the folder
    if (await file.tryLock(true) && await isAt(file, path)) {
      return {
        path,
        [Symbol.dispose]: () => file.close(),
      };
    }
    file.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Returns true when an open file is still the one at `path`, and was not removed meanwhile. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const own = await file.stat();
  const there = await Deno.stat(path).catch(() => undefined);
  return there !== undefined && there.ino === own.ino;
}

/** Gives the draft its name, unless another process has made the folder meanwhile. */
async function publish(draft: string, folder: string): Promise<void> {
  try {
    await Deno.rename(draft, folder);
  } catch (error) {
    if (!readFacts(folder)) throw error;
  }
}

function readFacts<F>(folder: string): F | undefined {
  const path = `${folder}/facts.json`;
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(
      "Cannot read the facts of token shards or cached records: delete the folder to make them again",
      { file: path, cause },
    );
  }
}

/** Returns the folder of shards, or of another `kind` of data, that outlive the process. */
export function persistentRoot(kind = "tokens"): string {
  return `${cacheHome()}/${kind}`;
}

let temporary: string | undefined;

/** Returns the folder of shards that only this process can use; it is removed when the process ends. */
export function temporaryRoot(): string {
  if (temporary === undefined) {
    const folder = temporary = Deno.makeTempDirSync({ prefix: "llamero_tokens_" });
    globalThis.addEventListener("unload", () => {
      try {
        Deno.removeSync(folder, { recursive: true });
      } catch {
        // The system may have cleared the temporary folder before.
      }
    });
  }
  return temporary;
}
