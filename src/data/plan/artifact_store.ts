/**
 * Where token shards and cached records live: one folder a source, named by what they were made of, written whole or not
 * at all.
 *
 * @module
 */
import { cacheHome } from "../../base/cache.ts";
import { FormatError } from "../../base/errors.ts";
import type { PackFacts } from "./pass.ts";

/** Raised when the layout of a folder changes; older folders are then left alone and made again elsewhere. */
export const layoutVersion = 1;

/** A folder of shards and what stands in its `facts.json`. */
export interface Shards<F = PackFacts> {
  /** The folder. */
  folder: string;
  /** What was counted when they were made. */
  facts: F;
}

/**
 * The shards of `key` under `root`: opened where they were made before, else made by `make` in a folder beside it
 * that takes its name only when it is complete. Who comes second to the same work waits for the first. What a process
 * that was killed left behind is there for `make` to go on with; after an error or an abort nothing is left.
 */
export async function shardFolder<F extends object = PackFacts>(
  root: string,
  key: string,
  make: (folder: string) => Promise<F>,
  signal?: AbortSignal,
): Promise<Shards<F>> {
  const folder = `${root}/${key}`;
  const draft = `${root}/.${key}`;
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

/** The draft folder as nobody else's. A lock goes with its process, however that ends. */
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
    if (!file) continue; // who was here before has just taken the folder away
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

/** Whether a file is still the one at `path`, and not one that was removed meanwhile. */
async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  const [own, there] = [await file.stat(), await Deno.stat(path).catch(() => undefined)];
  return there !== undefined && there.ino === own.ino;
}

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
      `Cannot read the facts of token shards or cached records: delete the folder to make them again`,
      {
        file: path,
        cause,
      },
    );
  }
}

/** The folder of shards, or of another `kind` of data, that outlive the process. */
export function persistentRoot(kind = "tokens"): string {
  return `${cacheHome()}/${kind}`;
}

let passing: string | undefined;

/** The folder of shards that only this process can use; it goes when the process ends. */
export function temporaryRoot(): string {
  if (passing === undefined) {
    const folder = passing = Deno.makeTempDirSync({ prefix: "llamero_tokens_" });
    globalThis.addEventListener("unload", () => {
      try {
        Deno.removeSync(folder, { recursive: true });
      } catch {
        // Another part of the system may have cleared the temporary folder before us.
      }
    });
  }
  return passing;
}
