/**
 * The folder of a run: a record per finished stage, so that a run that ended at any moment goes on where it was.
 *
 * A record appears whole or not at all. It counts when the settings of its stage, the stages that it builds on, and the
 * files that it made are the same as when it was written.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { duration } from "@llamero/sdk/display";
import { writeAtomically } from "../../../src/formats/atomic_file.ts";
import type { PaperSettings } from "./settings.ts";

/** A stage of the run. */
export interface StageSpec<T> {
  /** Name, unique in the run. */
  name: string;
  /** Words for a person: the stage in a line. */
  title: string;
  /** Names of the stages that it builds on. */
  after: readonly string[];
  /** Settings that decide its result. */
  settings: unknown;
  /** Files and folders that it makes, below the run's folder. */
  files: readonly string[];
  /** Makes the result; `fingerprint` names the work, for files that a stopped run goes on with. */
  work: (fingerprint: string) => Promise<T>;
}

/** The record of a finished stage. */
export interface StageRecord<T = unknown> {
  /** Name of the stage. */
  stage: string;
  /** Hash of its settings and of the stages that it builds on. */
  fingerprint: string;
  /** Hashes of the files that it made. */
  files: Record<string, string>;
  /** Seconds that its work took, in the session that ended it. */
  seconds: number;
  /** Its result. */
  value: T;
}

/** A folder with the records of a run. */
export class RunFolder {
  /** Path of the folder. */
  readonly path: string;
  /** Settings of the run. */
  readonly settings: PaperSettings;
  /** Records of the stages of this session, in their order. */
  readonly records: StageRecord[] = [];
  readonly #say: (text: string) => void;
  #number = 0;

  /** Makes the run of `settings`; `say` is told of each stage. */
  constructor(settings: PaperSettings, say: (text: string) => void = console.log) {
    this.settings = settings;
    this.path = settings.out;
    this.#say = say;
  }

  /** Returns the path of a file of the run. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Returns the result of a stage: from its record where that counts, else of its work. */
  async stage<T>({ name, title, after, settings, files, work }: StageSpec<T>): Promise<T> {
    const before = after.map((stage) => this.#find(stage, name).fingerprint);
    const fingerprint = hash(JSON.stringify({ name, settings, before })).slice(0, 16);
    const old = await this.#read<T>(name);
    const isKept = old?.fingerprint === fingerprint && await this.#isWhole(old);
    this.#say(`\n${this.#numberOf(name)}. ${title}${isKept ? " (kept from an earlier run)" : ""}`);
    const record = isKept ? old : await this.#do(name, fingerprint, files, work);
    const at = this.records.findIndex(({ stage }) => stage === name);
    this.records.splice(at < 0 ? this.records.length : at, at < 0 ? 0 : 1, record);
    return record.value;
  }

  async #do<T>(
    name: string,
    fingerprint: string,
    files: readonly string[],
    work: StageSpec<T>["work"],
  ): Promise<StageRecord<T>> {
    await Deno.mkdir(this.at("stages"), { recursive: true });
    for (const file of files) await Deno.remove(this.at(file), { recursive: true }).catch(ignoreAbsent);
    const start = performance.now();
    const made = await work(fingerprint);
    const seconds = (performance.now() - start) / 1000;
    const value: T = JSON.parse(JSON.stringify(made)); // the same value as the record gives the next time
    const hashes = Object.fromEntries(
      await Promise.all(files.map(async (file) => [file, await hashTree(this.at(file))])),
    );
    const record: StageRecord<T> = { stage: name, fingerprint, files: hashes, seconds, value };
    await writeText(this.#place(name), JSON.stringify(record, null, 1) + "\n");
    this.#say(`   done in ${duration(seconds)}`);
    return record;
  }

  #find(stage: string, wantedBy: string): StageRecord {
    const record = this.records.find((record) => record.stage === stage);
    if (record) return record;
    throw new Error(`Cannot begin the stage ${wantedBy}: the stage ${stage} comes first`);
  }

  #numberOf(name: string): number {
    const at = this.records.findIndex(({ stage }) => stage === name);
    return at < 0 ? ++this.#number : at + 1;
  }

  #place(name: string): string {
    return this.at(`stages/${name}.json`);
  }

  async #read<T>(name: string): Promise<StageRecord<T> | undefined> {
    try {
      return JSON.parse(await Deno.readTextFile(this.#place(name)));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async #isWhole({ files }: StageRecord): Promise<boolean> {
    for (const [file, hash] of Object.entries(files)) {
      if (await hashTree(this.at(file)).catch(ignoreAbsent) !== hash) return false;
    }
    return true;
  }
}

/** Writes a text file whole or not at all. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
}

/** Returns the bytes of a file, or of all files below a folder. */
export async function sizeOf(path: string): Promise<number> {
  const { isDirectory, size } = await Deno.stat(path);
  if (!isDirectory) return size;
  let sum = 0;
  for await (const { name } of Deno.readDir(path)) sum += await sizeOf(join(path, name));
  return sum;
}

/** Returns a hash of a file, or of the names and contents of all files below a folder. */
export async function hashTree(path: string): Promise<string> {
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) return hash(await Deno.readFile(path));
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
  const hashes: string[] = [];
  for (const name of names) hashes.push(`${name} ${await hashTree(join(path, name))}`);
  return hash(hashes.join("\n"));
}

function hash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function ignoreAbsent(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
