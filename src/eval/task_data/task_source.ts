/**
 * The data of a task as its authors publish it.
 *
 * It is a file, or a folder that holds a file of a published name; right answers stand in the rows or in a file of labels
 * beside them.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { fetched, isRemote } from "../../data/io/download_cache.ts";
import { patternsOf } from "../../data/io/file_patterns.ts";
import { Dataset, TokenDataset } from "../../data/mod.ts";
import type { SourceLocation } from "../../data/document.ts";
import { Pass } from "../../data/plan/pass.ts";
import { describePlan, entriesOf } from "../../data/plan/plan.ts";
import { readLines } from "../../formats/records/lines.ts";
import { isTar, unpacked } from "./archive.ts";
import { findInFolder, isFile, isFolder, someOf } from "./find_files.ts";
import { OddRows } from "./odd_rows.ts";
import { type RowFormat, rowsOf } from "./task_files.ts";
import { type Labels, TaskRow } from "./task_row.ts";

/** A file, a folder that holds the published file, or rows. */
export type TaskFile = string | URL | Dataset<unknown>;

/** The data of a task in parts. */
export interface TaskParts {
  /** The items to ask. */
  test: TaskFile;
  /** The items to draw examples from; default: the published file for them if there is one, else the others of `test`. */
  shots?: TaskFile;
  /** A file with one right answer per line; default: the rows, or a file of labels beside them. */
  labels?: string | URL;
  /** Further facts that a task needs, such as WinoGender's shares of women by occupation. */
  stats?: TaskFile;
}

/** The data of a task. */
export type TaskData = TaskFile | TaskParts;

/** The published form of a task's data. */
export interface Published {
  /**
   * Names of the file with the items, or patterns such as `test/*.csv`. Each is also looked for in a folder named after
   * the task, in the folders below, and compressed.
   */
  files: readonly string[];
  /** Id on the Hugging Face hub. */
  hub: string;
  /** Names of the file with items to draw examples from. */
  shots?: readonly string[];
  /** Names of the file with further facts. */
  stats?: readonly string[];
}

/** The task that a source belongs to. */
interface SourceTask {
  readonly name: string;
  readonly published?: Published;
}

/** The rows of a task. Files are found and checked when the rows are read. */
export class TaskSource {
  readonly #task: SourceTask;
  readonly #parts: Partial<TaskParts>;
  readonly #signal?: AbortSignal;
  readonly #places = new WeakMap<object, SourceLocation>();

  /** Makes a source without looking for files. */
  constructor(
    task: SourceTask,
    data?: TaskData,
    signal?: AbortSignal,
    /** Use of the rows. */
    readonly role: "test" | "shots" | "stats" = "test",
    /** Rows that are not as published, of this source and of its companions. */
    readonly odd: OddRows = new OddRows(),
  ) {
    this.#task = task;
    this.#parts = isTaskFile(data) ? { test: data } : data ?? {};
    this.#signal = signal;
  }

  /** Returns the data in one line, as it was named; undefined when none was named. */
  describe(): string | undefined {
    return this.#parts.test === undefined ? undefined : inOneLine(this.#parts.test);
  }

  /** Returns the source of examples: the data named for them or the published file; undefined when there is neither. */
  shots(): Promise<TaskSource | undefined> {
    return this.#companion(this.#parts.shots, "shots");
  }

  /** Returns the source of further facts: the data named for them or the published file; undefined without either. */
  stats(): Promise<TaskSource | undefined> {
    return this.#companion(this.#parts.stats, "stats");
  }

  async #companion(named: TaskFile | undefined, role: "shots" | "stats"): Promise<TaskSource | undefined> {
    const { name, published } = this.#task;
    const test = this.#parts.test;
    const names = published?.[role] ?? [];
    if (named !== undefined) {
      const files = names.length === 0 ? published?.files ?? [] : names;
      return new TaskSource(
        { name, published: published && { ...published, files } },
        named,
        this.#signal,
        role,
        this.odd,
      );
    }
    if (names.length === 0 || test instanceof Dataset) return undefined;
    const folder = test === undefined ? dataFolder(this.#task) : await this.#folderOf(patternsOf(test)[0]);
    const path = folder === undefined
      ? undefined
      : await findInFolder(folder, name, names, { below: test !== undefined });
    return path === undefined ? undefined : new TaskSource({ name }, path, this.#signal, role, this.odd);
  }

  /**
   * Yields the items that `convert` makes of the rows: one, several or none per row. A row for which it throws a
   * `DataError` is left out and recorded in `odd`.
   *
   * @throws {DataError} when a file is missing
   */
  async *items<Item extends object>(
    convert: (row: TaskRow) => Item | readonly Item[] | undefined,
    format: RowFormat = {},
  ): AsyncGenerator<Item> {
    for await (const row of this.rows(format)) {
      for (const item of this.usable(() => [convert(row) ?? []].flat() as Item[]) ?? []) {
        this.#places.set(item, row.place);
        yield item;
      }
    }
  }

  /** Returns the result of `read`; undefined where it throws a `DataError`, which is recorded as an odd row. */
  usable<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.odd.addError(error, this.role === "shots" ? "not drawn" : "left out");
      return undefined;
    }
  }

  /** Returns the place of the row that an item of {@linkcode TaskSource.items} was made of. */
  placeOf(item: unknown): SourceLocation {
    return typeof item === "object" && item !== null ? this.#places.get(item) ?? {} : {};
  }

  /**
   * Yields the rows, each with its label when there is a file of labels.
   *
   * @throws {ConfigError} when no data was named
   * @throws {DataError} when a file is missing, damaged, or does not fit its labels
   */
  async *rows(format: RowFormat = {}): AsyncGenerator<TaskRow> {
    const { test } = this.#parts;
    const file = isTaskFile(test) ? await this.#locate(test) : await this.#locateDefault();
    const labels = await this.#labelsOf(file);
    const entries = file instanceof Dataset
      ? entriesOf(file.plan, new Pass({ signal: this.#signal }))
      : rowsOf([file], format, this.#signal);
    const odd = (problem: string, place: SourceLocation) => this.odd.add(problem, "asked", place);
    let n = 0;
    for await (const entry of entries) {
      if (labels && !labels.absent && n >= labels.lines.length) {
        throw new DataError(`there are only ${labels.lines.length} labels, but more items`, {
          file: labels.file,
          line: n + 1,
        });
      }
      yield new TaskRow(entry, n++, labels, this.role === "test" ? odd : undefined);
    }
    if (labels && labels.lines.length > n) {
      throw new DataError(`there are ${labels.lines.length} labels, but only ${n} items`, {
        file: labels.file,
        line: n + 1,
      });
    }
  }

  /** Returns the dataset, the path of the file, or the path of the published file in a folder. */
  async #locate(file: TaskFile): Promise<string | Dataset<unknown>> {
    if (file instanceof Dataset) return file;
    const [path] = patternsOf(file);
    const { name, published } = this.#task;
    if (isRemote(path)) return await this.#download(path);
    if (!isTar(path) && !await isFolder(path)) return path;
    const folder = await this.#folderOf(path);
    const inside = await findInFolder(folder, name, published?.files ?? [], { below: true });
    if (inside !== undefined) return inside;
    const advice = published ? `looked for ${someOf(published.files)}` : `name its file`;
    throw new DataError(`Cannot find the data of "${name}" in the folder: ${advice}${filesIn(folder)}`, {
      file: path,
    });
  }

  /** Returns a folder as it is, that of an unpacked archive, and of a file the folder that holds it. */
  async #folderOf(path: string): Promise<string> {
    const { files = [], shots = [], stats = [] } = this.#task.published ?? {};
    if (isTar(path) && !await isFolder(path)) return await unpacked(path, [...files, ...shots, ...stats]);
    return await isFolder(path) ? path : path.replace(/[^/\\]*$/, "").slice(0, -1) || ".";
  }

  async #download(address: string): Promise<string> {
    for await (const { path } of fetched(address, this.#signal)) return path;
    throw new DataError(`Cannot read ${address}: there is no file at this address`);
  }

  /** Returns the path of the published file in the folder that LLAMERO_DATA names. */
  async #locateDefault(): Promise<string> {
    const { name, published } = this.#task;
    const folder = dataFolder(this.#task);
    const inside = folder ? await findInFolder(folder, name, published?.files ?? []) : undefined;
    if (inside !== undefined) return inside;
    const now = folder ? ` (now ${folder})` : "";
    const advice = published
      ? `, or set LLAMERO_DATA${now} to a folder with ${published.files[0]} in it; it is published as ` +
        `${published.hub}, download it first`
      : "";
    throw new ConfigError(`Cannot evaluate "${name}": no data was named, give { data: path }${advice}`, {
      path: `${name}.data`,
    });
  }

  /** Reads the labels that were named, or those beside the file: `valid-labels.lst` for `valid.jsonl`. */
  async #labelsOf(file: string | Dataset<unknown>): Promise<Labels | undefined> {
    const { labels } = this.#parts;
    const named = labels === undefined ? undefined : patternsOf(labels)[0];
    const beside = typeof file === "string" ? labelsBeside(file) : undefined;
    const path = named ?? (beside !== undefined && await isFile(beside) ? beside : undefined);
    if (path === undefined) {
      return beside === undefined ? undefined : { file: beside, lines: [], absent: true };
    }
    const lines: string[] = [];
    for await (const line of readLines(path)) lines.push(line.trim());
    while (lines.at(-1) === "") lines.pop();
    return { file: path, lines, named: named !== undefined };
  }
}

/** Returns a path as it is, and the steps of a dataset with commas between them. */
export function inOneLine(data: TaskFile | TokenDataset): string {
  const steps = data instanceof Dataset
    ? describePlan(data.plan)
    : data instanceof TokenDataset
    ? data.lineage.map(({ step }) => step)
    : [String(data)];
  return steps.map((line) => line.trim()).join(", ");
}

/** Returns true for data that is one file, folder or dataset. */
export function isTaskFile(data: TaskData | undefined): data is TaskFile {
  return typeof data === "string" || data instanceof URL || data instanceof Dataset;
}

/** The folder that LLAMERO_DATA names; undefined for tasks without published file names. */
function dataFolder({ published }: SourceTask): string | undefined {
  return published && Deno.env.get("LLAMERO_DATA") || undefined;
}

/** Names the first data files of a folder, for an error. */
function filesIn(folder: string): string {
  const names = [...Deno.readDirSync(folder)].filter(({ name, isFile }) =>
    isFile && /\.(jsonl?|ndjson|csv|tsv|parquet|gz|zst|zip|tar|tgz)$/.test(name)
  ).map(({ name }) => name).sort();
  if (names.length === 0) return "";
  const advice = names.some((name) => name.endsWith(".zip")) ? "unpack the archive" : "name the file";
  return `; it holds ${someOf(names)}: ${advice}, if one of these is it`;
}

function labelsBeside(path: string): string {
  return `${path.replace(/\.(gz|zst|bz2|xz)$/, "").replace(/\.jsonl$/, "")}-labels.lst`;
}
