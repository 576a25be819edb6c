/**
 * The data of a task as its authors publish it: a file, or a folder that holds a file of a published name, with the
 * right answers in the rows or in a file of labels beside them.
 *
 * @module
 */
import { ConfigError, DataError } from "../base/errors.ts";
import { Dataset, type TokenDataset } from "../data/mod.ts";
import { patternsOf } from "../data/files.ts";
import { entriesOf } from "../data/plan.ts";
import { Reading } from "../data/reading.ts";
import { readLines } from "../formats/lines.ts";
import { type Labels, TaskRow } from "./rows.ts";

/** A file, a folder that holds the published file, or rows. */
export type TaskFile = string | URL | Dataset<unknown>;

/** The data of a task in parts. */
export interface TaskParts {
  /** What is asked. */
  test: TaskFile;
  /** What examples are drawn from; default: the other items of `test`. */
  shots?: TaskFile;
  /** The right answers, one a line; default: the rows, or a file of labels beside them. */
  labels?: string | URL;
}

/** The data of a task. */
export type TaskData = TaskFile | TaskParts;

/** Where a task's authors publish its data. */
export interface Published {
  /** Names of the file that is asked; each is also looked for in a folder named after the task, and packed. */
  files: readonly string[];
  /** Its place on the Hugging Face hub. */
  hub: string;
}

/** What a source is made for. */
interface Owner {
  readonly name: string;
  readonly published?: Published;
}

/** The rows of a task, found and checked when they are read. */
export class TaskSource {
  /** Where examples are drawn from, if a place of its own was named. */
  readonly shots?: TaskSource;
  readonly #owner: Owner;
  readonly #test?: TaskFile;
  readonly #labels?: string | URL;
  readonly #signal?: AbortSignal;

  /** Nothing is looked for yet. */
  constructor(owner: Owner, data?: TaskData, signal?: AbortSignal) {
    const { test, labels, shots } = isFile(data) ? { test: data } as Partial<TaskParts> : data ?? {};
    this.#owner = owner;
    this.#test = test;
    this.#labels = labels;
    this.#signal = signal;
    if (shots !== undefined) this.shots = new TaskSource(owner, shots, signal);
  }

  /** The data in one line, as it was given. */
  describe(): string | undefined {
    return this.#test === undefined ? undefined : inOneLine(this.#test);
  }

  /**
   * The rows, each with its label if there is a file of them.
   *
   * @throws {ConfigError} when no data was named
   * @throws {DataError} when a file is missing, damaged, or does not fit its labels
   */
  async *rows(): AsyncGenerator<TaskRow> {
    const file = isFile(this.#test) ? await this.#found(this.#test) : await this.#default();
    const labels = await this.#labelsOf(file);
    const dataset = file instanceof Dataset ? file : Dataset.jsonl(file);
    let n = 0;
    for await (const entry of entriesOf(dataset.plan, new Reading({ signal: this.#signal }))) {
      yield new TaskRow(entry, n++, labels);
    }
    if (labels && labels.lines.length > n) {
      throw new DataError(`there are ${labels.lines.length} labels, but only ${n} items`, {
        file: labels.file,
        line: n + 1,
      });
    }
  }

  /** The file that was named, or the one that the folder holds. */
  async #found(file: TaskFile): Promise<string | Dataset<unknown>> {
    if (file instanceof Dataset) return file;
    const [path] = patternsOf(file);
    if (!await isFolder(path)) return path;
    const inside = await this.#inFolder(path);
    if (inside !== undefined) return inside;
    const { name, published } = this.#owner;
    const looked = published ? `looked for ${published.files.join(", ")}` : `name its file`;
    throw new DataError(`Cannot find the data of "${name}" in the folder: ${looked}`, { file: path });
  }

  async #default(): Promise<string> {
    const { name, published } = this.#owner;
    const home = published && Deno.env.get("LLAMERO_DATA");
    const inside = home ? await this.#inFolder(home) : undefined;
    if (inside !== undefined) return inside;
    const where = published
      ? `, or the folder LLAMERO_DATA${home ? ` (now ${home})` : ""} with ${published.files[0]} in it; ` +
        `it is published as ${published.hub}, download it first`
      : "";
    throw new ConfigError(`Cannot evaluate "${name}": no data was named, give { data: path }${where}`, {
      path: `${name}.data`,
    });
  }

  async #inFolder(folder: string): Promise<string | undefined> {
    const { name, published } = this.#owner;
    for (const file of published?.files ?? []) {
      for (const place of [`${folder}/${file}`, `${folder}/${name}/${file}`]) {
        for (const path of [place, `${place}.gz`, `${place}.zst`]) if (await isThere(path)) return path;
      }
    }
    return undefined;
  }

  /** The labels that were named, or those beside `valid.jsonl` in `valid-labels.lst`. */
  async #labelsOf(file: string | Dataset<unknown>): Promise<Labels | undefined> {
    const own = this.#labels === undefined ? undefined : patternsOf(this.#labels)[0];
    const beside = typeof file === "string" ? labelsBeside(file) : undefined;
    const path = own ?? (beside !== undefined && await isThere(beside) ? beside : undefined);
    if (path === undefined) {
      return beside === undefined ? undefined : { file: beside, lines: [], absent: true };
    }
    const lines: string[] = [];
    for await (const line of readLines(path)) lines.push(line.trim());
    while (lines.at(-1) === "") lines.pop();
    return { file: path, lines };
  }
}

/** A path as it is; of a dataset its steps. */
export function inOneLine(data: TaskFile | TokenDataset): string {
  return String(data).replace(/^Dataset\n/, "").split("\n").map((line) => line.trim()).join(", ");
}

/** True for data that is one file, folder or dataset. */
export function isFile(data: TaskData | undefined): data is TaskFile {
  return typeof data === "string" || data instanceof URL || data instanceof Dataset;
}

function labelsBeside(path: string): string {
  return `${path.replace(/\.(gz|zst)$/, "").replace(/\.jsonl$/, "")}-labels.lst`;
}

function isFolder(path: string): Promise<boolean> {
  return Deno.stat(path).then((facts) => facts.isDirectory, () => false);
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then((facts) => facts.isFile, () => false);
}
