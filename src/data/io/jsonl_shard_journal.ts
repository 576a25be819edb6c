/**
 * What stands in the shards of a dataset that is being written: who comes after a process that was killed knows from it
 * which are complete.
 *
 * @module
 */
import { writeAtomically } from "../../formats/atomic_file.ts";

interface Entry {
  /** Records in the shard. */
  records: number;
  /** Bytes of its file. */
  size: number;
}

/** The journal of shards: a hidden file beside them. */
export class ShardJournal {
  readonly #pattern: string;
  readonly #key: string;
  #shards: Entry[];
  /** Shards of an earlier dataset of the same name, to be removed if they are not written over. */
  #stale: number;

  private constructor(pattern: string, key: string, shards: Entry[], stale: number) {
    this.#pattern = pattern;
    this.#key = key;
    this.#shards = shards;
    this.#stale = stale;
  }

  /** Reads the journal; another key, or `anew`, starts over. A shard that is missing or of another size ends the list. */
  static async open(pattern: string, key: string, anew: boolean): Promise<ShardJournal> {
    await removeDrafts(pattern);
    const known = await readJournal(pattern);
    const shards: Entry[] = [];
    if (known?.key === key && !anew) {
      for (const entry of known.shards) {
        const { size } = await Deno.stat(shardName(pattern, shards.length)).catch(() => ({ size: -1 }));
        if (size !== entry.size) break;
        shards.push(entry);
      }
    }
    return new ShardJournal(pattern, key, shards, known?.shards.length ?? 0);
  }

  /** Records in complete shards. */
  get records(): number {
    return this.#shards.reduce((sum, { records }) => sum + records, 0);
  }

  /** The name of the shard that comes next. */
  get next(): string {
    return shardName(this.#pattern, this.#shards.length);
  }

  /** Notes that the next shard is complete. */
  async add(records: number): Promise<void> {
    this.#shards.push({ records, size: (await Deno.stat(this.next)).size });
    await this.#save();
  }

  /** Removes shards of an earlier, longer dataset. */
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

/** Removes what a process that was killed left of a shard it was writing. */
async function removeDrafts(pattern: string): Promise<void> {
  const name = pattern.replace(/^.*[\\/]/, "");
  const folder = pattern.slice(0, pattern.length - name.length);
  const draft = new RegExp(`^${name.split("*").map(RegExp.escape).join("\\d{5,}")}\\.[0-9a-f-]{36}\\.tmp$`);
  for await (const { name } of Deno.readDir(folder || ".")) {
    if (draft.test(name)) await Deno.remove(`${folder}${name}`).catch(() => {});
  }
}

function shardName(pattern: string, index: number): string {
  return pattern.replace("*", String(index).padStart(5, "0"));
}

function journalName(pattern: string): string {
  const name = pattern.replace(/^.*[\\/]/, "");
  return `${pattern.slice(0, pattern.length - name.length)}.${name.replaceAll("*", "")}.shards.json`;
}

async function readJournal(pattern: string): Promise<{ key: string; shards: Entry[] } | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(journalName(pattern)));
  } catch {
    return undefined; // none, or one that cannot be read: start over
  }
}
