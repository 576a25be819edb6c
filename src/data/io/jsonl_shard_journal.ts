/**
 * Journal of the complete shards of a dataset, so that a later process can resume a write that was killed.
 *
 * @module
 */
import { writeAtomically } from "../../formats/atomic_file.ts";

/** A complete shard. */
interface ShardEntry {
  /** Number of records in the shard. */
  records: number;
  /** Size of its file in bytes. */
  size: number;
}

/** The journal, a hidden file beside the shards. */
export class ShardJournal {
  readonly #pattern: string;
  readonly #key: string;
  #shards: ShardEntry[];
  /** Number of shards of an earlier dataset of the same name; those beyond the new ones are removed at the end. */
  #stale: number;

  private constructor(pattern: string, key: string, shards: ShardEntry[], stale: number) {
    this.#pattern = pattern;
    this.#key = key;
    this.#shards = shards;
    this.#stale = stale;
  }

  /**
   * Reads the journal up to the first shard that is missing or changed in size; starts over for another key or
   * `anew`.
   */
  static async open(pattern: string, key: string, anew: boolean): Promise<ShardJournal> {
    await removeTemporary(pattern);
    const known = await readJournal(pattern);
    const shards: ShardEntry[] = [];
    if (known?.key === key && !anew) {
      for (const entry of known.shards) {
        const { size } = await Deno.stat(shardName(pattern, shards.length)).catch(() => ({ size: -1 }));
        if (size !== entry.size) break;
        shards.push(entry);
      }
    }
    return new ShardJournal(pattern, key, shards, known?.shards.length ?? 0);
  }

  /** Number of records in complete shards. */
  get records(): number {
    return this.#shards.reduce((sum, { records }) => sum + records, 0);
  }

  /** Path of the next shard. */
  get next(): string {
    return shardName(this.#pattern, this.#shards.length);
  }

  /** Records that the next shard is complete. */
  async add(records: number): Promise<void> {
    this.#shards.push({ records, size: (await Deno.stat(this.next)).size });
    await this.#save();
  }

  /** Removes the remaining shards of an earlier, longer dataset. */
  async finish(): Promise<void> {
    for (let i = this.#shards.length; i < this.#stale; i++) {
      await Deno.remove(shardName(this.#pattern, i)).catch(() => {});
    }
    await this.#save();
  }

  async #save(): Promise<void> {
    const text = JSON.stringify({ key: this.#key, shards: this.#shards });
    await writeAtomically(journalName(this.#pattern), (write) => write(new TextEncoder().encode(text)));
  }
}

/** Removes the temporary file of a shard that a killed process was writing. */
async function removeTemporary(pattern: string): Promise<void> {
  const name = pattern.replace(/^.*[\\/]/, "");
  const folder = pattern.slice(0, pattern.length - name.length);
  const temporary = new RegExp(
    `^${name.split("*").map(RegExp.escape).join("\\d{5,}")}\\.[0-9a-f-]{36}\\.tmp$`,
  );
  for await (const { name } of Deno.readDir(folder || ".")) {
    if (temporary.test(name)) await Deno.remove(`${folder}${name}`).catch(() => {});
  }
}

function shardName(pattern: string, index: number): string {
  return pattern.replace("*", String(index).padStart(5, "0"));
}

function journalName(pattern: string): string {
  const name = pattern.replace(/^.*[\\/]/, "");
  return `${pattern.slice(0, pattern.length - name.length)}.${name.replaceAll("*", "")}.shards.json`;
}

async function readJournal(pattern: string): Promise<{ key: string; shards: ShardEntry[] } | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(journalName(pattern)));
  } catch {
    return undefined; // no journal, or a damaged one: start over
  }
}
