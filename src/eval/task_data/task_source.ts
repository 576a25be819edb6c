/**
 * The data of a task as its authors publish it: a file, or a folder that holds a file of a published name, with the
 * right answers in the rows or in a file of labels beside them.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { Dataset, type TokenDataset } from "../../data/mod.ts";
import { patternsOf } from "../../data/io/file_patterns.ts";
import { entriesOf } from "../../data/plan/plan.ts";
import { Pass } from "../../data/plan/pass.ts";
import { fetched, isRemote } from "../../data/io/download_cache.ts";
import { readLines } from "../../formats/records/lines.ts";
import { type RowFormat, rowsOf } from "./task_files.ts";
import { firstInside, isFolder, isThere } from "./find_files.ts";
import { type Labels, TaskRow } from "./task_row.ts";

/** A file, a folder that holds the published file, or rows. */
export type TaskFile = string | URL | Dataset<unknown>;

/** The data of a task in parts. */
export interface TaskParts {
  /** What is asked. */
  test: TaskFile;
  /** What examples are drawn from; default: a file that is published for it, else the other items of `test`. */
  shots?: TaskFile;
  /** The right answers, one a line; default: the rows, or a file of labels beside them. */
  labels?: string | URL;
  /** What a task wants to know besides, such as WinoGender's shares of women by occupation. */
  stats?: TaskFile;
}

/** The data of a task. */
export type TaskData = TaskFile | TaskParts;

/** Where a task's authors publish its data. */
export interface Published {
  /**
   * Names of the file that is asked, or patterns such as `test/*.csv`; each is also looked for in a folder named after
   * the task, and packed.
   */
  files: readonly string[];
  /** Its place on the Hugging Face hub. */
  hub: string;
  /** Names of the file that examples are drawn from. */
  shots?: readonly string[];
  /** Names of the file of what is to be known besides. */
  stats?: readonly string[];
}

/** What a source is made for. */
interface Owner {
  readonly name: string;
  readonly published?: Published;
}

/** The rows of a task, found and checked when they are read. */
export class TaskSource {
  readonly #owner: Owner;
  readonly #parts: Partial<TaskParts>;
  readonly #signal?: AbortSignal;

  /** Nothing is looked for yet. */
  constructor(
    owner: Owner,
    data?: TaskData,
    signal?: AbortSignal,
    /** What its rows are for. */
    readonly role: "test" | "shots" | "stats" = "test",
  ) {
    this.#owner = owner;
    this.#parts = isFilePath(data) ? { test: data } : data ?? {};
    this.#signal = signal;
  }

  /** The data in one line, as it was given. */
  describe(): string | undefined {
    return this.#parts.test === undefined ? undefined : inOneLine(this.#parts.test);
  }

  /** Where examples are drawn from: what was named, or the file that is published for it. */
  shots(): Promise<TaskSource | undefined> {
    return this.#beside(this.#parts.shots, "shots");
  }

  /** What is to be known besides: what was named, or the file that is published for it. */
  stats(): Promise<TaskSource | undefined> {
    return this.#beside(this.#parts.stats, "stats");
  }

  async #beside(named: TaskFile | undefined, what: "shots" | "stats"): Promise<TaskSource | undefined> {
    const { name, published } = this.#owner;
    const test = this.#parts.test;
    const names = published?.[what] ?? [];
    if (named !== undefined) return new TaskSource({ name }, named, this.#signal, what);
    if (names.length === 0 || test instanceof Dataset) return undefined;
    const folder = test === undefined ? home(this.#owner) : await folderOf(patternsOf(test)[0]);
    const found = folder === undefined ? undefined : await firstInside(folder, name, names);
    return found === undefined ? undefined : new TaskSource({ name }, found, this.#signal, what);
  }

  /**
   * The rows, each with its label if there is a file of them.
   *
   * @throws {ConfigError} when no data was named
   * @throws {DataError} when a file is missing, damaged, or does not fit its labels
   */
  async *rows(format: RowFormat = {}): AsyncGenerator<TaskRow> {
    const { test } = this.#parts;
    const file = isFilePath(test) ? await this.#found(test) : await this.#default();
    const labels = await this.#labelsOf(file);
    const entries = file instanceof Dataset
      ? entriesOf(file.plan, new Pass({ signal: this.#signal }))
      : rowsOf([file], format, this.#signal);
    let n = 0;
    for await (const entry of entries) yield new TaskRow(entry, n++, labels);
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
    const { name, published } = this.#owner;
    if (isRemote(path)) return await this.#fetched(path);
    if (!await isFolder(path)) return path;
    const inside = await firstInside(path, name, published?.files ?? []);
    if (inside !== undefined) return inside;
    const looked = published ? `looked for ${published.files.join(", ")}` : `name its file`;
    throw new DataError(`Cannot find the data of "${name}" in the folder: ${looked}`, { file: path });
  }

  /** The file behind an address, from the cache or fetched. */
  async #fetched(address: string): Promise<string> {
    for await (const { path } of fetched(address, this.#signal)) return path;
    throw new DataError(`Cannot read ${address}: there is no file behind it`);
  }

  async #default(): Promise<string> {
    const { name, published } = this.#owner;
    const folder = home(this.#owner);
    const inside = folder ? await firstInside(folder, name, published?.files ?? []) : undefined;
    if (inside !== undefined) return inside;
    const where = published
      ? `, or the folder LLAMERO_DATA${folder ? ` (now ${folder})` : ""} with ${published.files[0]} in it; ` +
        `it is published as ${published.hub}, download it first`
      : "";
    throw new ConfigError(`Cannot evaluate "${name}": no data was named, give { data: path }${where}`, {
      path: `${name}.data`,
    });
  }

  /** The labels that were named, or those beside `valid.jsonl` in `valid-labels.lst`. */
  async #labelsOf(file: string | Dataset<unknown>): Promise<Labels | undefined> {
    const { labels } = this.#parts;
    const own = labels === undefined ? undefined : patternsOf(labels)[0];
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
export function isFilePath(data: TaskData | undefined): data is TaskFile {
  return typeof data === "string" || data instanceof URL || data instanceof Dataset;
}

/** The folder for all data; only of use where the names of the files are known. */
function home({ published }: Owner): string | undefined {
  return published && Deno.env.get("LLAMERO_DATA") || undefined;
}

/** The path when it is a folder, else the folder that it stands in. */
async function folderOf(path: string): Promise<string> {
  return await isFolder(path) ? path : path.replace(/[^/\\]*$/, "").slice(0, -1) || ".";
}

function labelsBeside(path: string): string {
  return `${path.replace(/\.(gz|zst)$/, "").replace(/\.jsonl$/, "")}-labels.lst`;
}
