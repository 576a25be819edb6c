/**
 * Where token shards live: one folder a source, named by what they were made of, written whole or not at all.
 *
 * @module
 */
import { cacheHome } from "../base/cache.ts";
import { FormatError } from "../base/errors.ts";
import type { Facts } from "./pack_job.ts";

/** Raised when the layout of a folder changes; older folders are then left alone and made again elsewhere. */
export const layoutVersion = 1;

/** A folder of shards and what stands in its `facts.json`. */
export interface Shards {
  /** The folder. */
  folder: string;
  /** What the packing counted. */
  facts: Facts;
}

/**
 * The shards of `key` under `root`: opened where they were made before, else made by `make` in a folder beside it
 * that takes its name only when it is complete. Who is second at the same work throws his away.
 */
export async function shardsOf(
  root: string,
  key: string,
  make: (folder: string) => Promise<Facts>,
): Promise<Shards> {
  const folder = `${root}/${key}`;
  const known = readFacts(folder);
  if (known) return { folder, facts: known };
  const draft = `${root}/.${key}.${crypto.randomUUID()}`;
  await Deno.mkdir(draft, { recursive: true });
  try {
    const facts = await make(draft);
    await Deno.writeTextFile(`${draft}/facts.json`, JSON.stringify(facts, null, 1));
    await publish(draft, folder);
    return { folder, facts };
  } finally {
    await Deno.remove(draft, { recursive: true }).catch(() => {});
  }
}

async function publish(draft: string, folder: string): Promise<void> {
  try {
    await Deno.rename(draft, folder);
  } catch (error) {
    if (!readFacts(folder)) throw error;
  }
}

function readFacts(folder: string): Facts | undefined {
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
    throw new FormatError(`Cannot read the facts of token shards: delete the folder to make them again`, {
      file: path,
      cause,
    });
  }
}

/** The folder of shards that outlive the process. */
export function lastingRoot(): string {
  return `${cacheHome()}/tokens`;
}

let passing: string | undefined;

/** The folder of shards that only this process can use; it goes when the process ends. */
export function passingRoot(): string {
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
