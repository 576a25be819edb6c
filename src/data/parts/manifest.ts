/**
 * The manifest of a job over parts of a dataset: one line of JSON for each unit of input, which names the input, the
 * shard made of it, the counts of the steps and the records that could not be read.
 *
 * Each line is a file of its own, `<unit>.json`, in a folder beside the shards. It is written whole under another name
 * and renamed, after the shard itself is complete and on the disk, so a job that is killed leaves no line that is wrong.
 * A line proves its unit while plan and input are those it names and the shard has the size and digest it names.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { hashOf } from "../plan/fingerprint.ts";
import type { FileFacts, FileRange } from "../plan/input_unit.ts";
import type { StepCounts } from "../plan/pass.ts";
import type { RecordTotals } from "../reports/stats.ts";

/** Version of the layout of a line: raised when it changes, so that older lines prove nothing. */
const layout = 1;

/** The shard of a unit. */
export interface ShardFacts {
  /** Name of its file, in the folder that holds the folder of the manifest. */
  name: string;
  /** Size in bytes. */
  size: number;
  /** SHA-256 of the bytes, 64 hex digits. */
  digest: string;
}

/** Records of one step that could not be read, or files that are damaged. */
export interface UnitError {
  /** The step in one line. */
  step: string;
  /** Reason by which they are counted. */
  reason: string;
  /** Number of them. */
  count: number;
  /** Place and problem of the first one. */
  first: string;
}

/** One line of a manifest: a unit of input and what was made of it. */
export interface ManifestLine {
  /** Version of the layout. */
  layout: number;
  /** Identity of the unit, 16 hex digits: its reader, files and range. */
  unit: string;
  /** The input files. */
  inputs: readonly FileFacts[];
  /** The range of the one file; missing where files are read whole. */
  range?: FileRange;
  /** Fingerprint of the plan without its input files, and of the form of the output. */
  fingerprint: string;
  /** The shard. */
  output: ShardFacts;
  /** True when every record is a document, with text, source and id. */
  documents: boolean;
  /** Records and bytes of text in the shard. */
  totals: RecordTotals;
  /** Counts of each step, readers first. */
  steps: readonly StepCounts[];
  /** Records that could not be read. */
  errors: readonly UnitError[];
}

/** The facts by which a line proves a unit. */
export type UnitIdentity = Pick<ManifestLine, "unit" | "inputs" | "range" | "fingerprint">;

/** Returns the digest of the input of units, in their order. */
export function inputDigest(units: readonly UnitIdentity[]): string {
  return hashOf(units.map(({ unit, inputs, range }) => [unit, inputs, range]));
}

/** Paths of the shards and of the manifest of a pattern such as `out/web-*.jsonl.gz`. */
export class ManifestFolder {
  /** Folder of the shards, empty or with a `/` at its end. */
  readonly shards: string;
  /** Folder of the manifest. */
  readonly path: string;
  readonly #name: string;
  #drafts?: string[];

  /** Names the folder; nothing is read or made. `pattern` has one `*`, which stands for the unit. */
  constructor(pattern: string) {
    this.#name = pattern.replace(/^.*[\\/]/, "");
    this.shards = pattern.slice(0, pattern.length - this.#name.length);
    this.path = `${this.shards}${this.#name.replace(/[-_.]?\*/, "").replace(/^\./, "")}.manifest`;
  }

  /** Returns the name of the shard of a unit. */
  shardName(unit: string): string {
    return this.#name.replace("*", unit);
  }

  /** Returns true for the name of a shard of some unit. */
  isShard(name: string): boolean {
    const [before, after] = this.#name.split("*");
    const unit = name.slice(before.length, name.length - after.length);
    return /^[0-9a-f]{16}$/.test(unit) && name === this.shardName(unit);
  }

  /** Returns the path of a shard. */
  pathOf({ name }: Pick<ShardFacts, "name">): string {
    return `${this.shards}${name}`;
  }

  /** Writes the line of a unit whose shard is complete, and returns it; an earlier line is replaced. */
  async write(facts: Omit<ManifestLine, "layout">): Promise<ManifestLine> {
    await Deno.mkdir(this.path, { recursive: true });
    const line = { layout, ...facts };
    const path = this.#lineOf(line.unit);
    const draft = `${path}.${crypto.randomUUID()}.tmp`;
    // Not synced, unlike the shard: a line that a power failure takes away or cuts short is made again.
    await Deno.writeTextFile(draft, `${JSON.stringify(line)}\n`);
    await Deno.rename(draft, path);
    return line;
  }

  /** Reads the line of a unit; undefined when there is none, or one that is damaged or of another layout. */
  async read(unit: string): Promise<ManifestLine | undefined> {
    const line = await readJson<ManifestLine>(this.#lineOf(unit));
    return line?.layout === layout && line.unit === unit ? line : undefined;
  }

  /** Returns the line that proves a unit: plan and input are the same, and the shard is there as the line says. */
  async proof(unit: UnitIdentity): Promise<ManifestLine | undefined> {
    const line = await this.read(unit.unit);
    if (!line || !isSameInput(line, unit)) return undefined;
    return await this.problemOf(line, true) === undefined ? line : undefined;
  }

  /**
   * Compares the shard of a line with the line: its size, and with `digest` its bytes, which are then all read. Returns the
   * difference in words; undefined where there is none.
   */
  async problemOf({ output }: ManifestLine, digest: boolean): Promise<string | undefined> {
    const path = this.pathOf(output);
    const size = await sizeOf(path);
    if (size === undefined) return `its shard ${path} is not there`;
    if (size !== output.size) return `its shard ${path} has ${size} bytes, not ${output.size}`;
    if (!digest || await digestOf(path) === output.digest) return undefined;
    return `the bytes of its shard ${path} are not those that were written`;
  }

  /** Removes the line of a unit and its shard, the line first. */
  async remove({ unit, output }: Pick<ManifestLine, "unit" | "output">): Promise<void> {
    await this.removeLine(unit);
    await removeIfThere(this.pathOf(output));
  }

  /** Removes the line of a unit. */
  async removeLine(unit: string): Promise<void> {
    await removeIfThere(this.#lineOf(unit));
  }

  /** Removes what killed jobs have left of a shard that was not complete. */
  async removeDrafts(shard: string): Promise<void> {
    this.#drafts ??= (await namesIn(this.shards)).filter((name) => name.endsWith(".tmp"));
    for (const draft of this.#drafts) {
      if (draft.startsWith(`${shard}.`)) await removeIfThere(`${this.shards}${draft}`);
    }
  }

  /** Returns the units that have a line, in the order of their names. */
  async units(): Promise<string[]> {
    const units: string[] = [];
    for (const name of await namesIn(this.path)) {
      if (/^[0-9a-f]{16}\.json$/.test(name)) units.push(name.slice(0, 16));
    }
    return units.sort();
  }

  #lineOf(unit: string): string {
    return `${this.path}/${unit}.json`;
  }
}

/** Returns true when a line was made of the same input by the same plan. */
function isSameInput(line: UnitIdentity, unit: UnitIdentity): boolean {
  return line.fingerprint === unit.fingerprint && inputDigest([line]) === inputDigest([unit]);
}

/** Returns the SHA-256 of a file as 64 hex digits. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

/** Reads a file of JSON; undefined when it is not there or damaged. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Returns the names of the files in a folder; none where the folder is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder || ".")) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
