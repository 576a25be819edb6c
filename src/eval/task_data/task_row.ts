/**
 * A row of a benchmark file whose fields are read with type checks; errors name file, line and field.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { type Entry, type SourceLocation, wrongField } from "../../data/document.ts";

/** A file with one label per line. */
export interface Labels {
  /** Path of the file. */
  file: string;
  /** Its lines without outer spaces; the n-th belongs to the n-th row. */
  lines: readonly string[];
  /** True when the file does not exist; its path then serves error messages. */
  absent?: boolean;
  /** True for a file that was named, whose labels replace those of the rows. */
  named?: boolean;
}

/** A record of a benchmark file. */
export interface RowEntry extends Entry<unknown> {
  /** The reason why the record could not be read. */
  readonly problem?: string;
}

/** A row of a benchmark file. Fields are named by their path: `answer`, `choices.text`. */
export class TaskRow {
  readonly #entry: RowEntry;
  readonly #n: number;
  readonly #labels?: Labels;
  readonly #odd?: (problem: string, place: SourceLocation) => void;

  /** Wraps the n-th row, counted from 0; `odd` is called for remarks on it. */
  constructor(
    entry: RowEntry,
    n: number,
    labels?: Labels,
    odd?: (problem: string, place: SourceLocation) => void,
  ) {
    this.#entry = entry;
    this.#n = n;
    this.#labels = labels;
    this.#odd = odd;
  }

  /** Path of the row's file; undefined for rows of a dataset. */
  get file(): string | undefined {
    return this.place.file;
  }

  /** The file and line where the row was read. */
  get place(): SourceLocation {
    return this.#entry.place;
  }

  /** Records that the row is not as published, although it can be asked. */
  odd(problem: string): void {
    this.#odd?.(problem, this.place);
  }

  /** Returns true when the field exists and is not null. */
  has(field: string): boolean {
    return (this.value(field) ?? undefined) !== undefined;
  }

  /**
   * Returns a text.
   *
   * @throws {DataError} when the field is missing, not a string, or blank
   */
  text(field: string): string {
    const value = this.value(field);
    if (typeof value === "string" && value.trim() !== "") return value;
    throw this.wrong(field, `must be a text, current value is ${show(value)}`);
  }

  /**
   * Returns a text, which may be blank, such as an option.
   *
   * @throws {DataError} when the field is missing or not a string
   */
  string(field: string): string {
    const value = this.value(field);
    if (typeof value === "string") return value;
    throw this.wrong(field, `must be a text, current value is ${show(value)}`);
  }

  /**
   * Returns a text without outer spaces.
   *
   * @throws {DataError} when it is not one of `allowed`
   */
  oneOf(field: string, allowed: readonly string[]): string {
    const value = this.value(field);
    const text = typeof value === "string" ? value.trim() : value;
    if (typeof text === "string" && allowed.includes(text)) return text;
    throw this.wrong(field, `must be one of ${allowed.join(", ")}, current value is ${show(value)}`);
  }

  /**
   * Returns a list of texts: at least one, or exactly `count`.
   *
   * @throws {DataError} when there are fewer or more, or one of them is blank
   */
  texts(field: string, count?: number): string[] {
    const value = this.value(field);
    const many = count === undefined ? "a list of texts" : `${count} texts`;
    const good = Array.isArray(value) && value.length > 0 && (count ?? value.length) === value.length &&
      value.every((text) => typeof text === "string" && text.trim() !== "");
    if (good) return value;
    throw this.wrong(field, `must be ${many}, none of them blank, current value is ${show(value)}`);
  }

  /**
   * Returns a list of texts, which may be empty and may hold blank ones.
   *
   * @throws {DataError} when the field is not a list of strings
   */
  list(field: string): string[] {
    const value = this.value(field);
    if (Array.isArray(value) && value.every((text) => typeof text === "string")) return value;
    throw this.wrong(field, `must be a list of texts, current value is ${show(value)}`);
  }

  /**
   * Returns the options of a question, blank ones included; another number than `usual` is recorded as odd.
   *
   * @throws {DataError} when the field is not a list of at least two strings
   */
  options(field: string, usual: number): string[] {
    const options = this.list(field);
    if (options.length < 2) {
      throw this.wrong(field, `must be ${usual} texts, current value is ${show(options)}`);
    }
    if (options.length !== usual) {
      this.odd(`field ${field} has ${options.length} options, ${usual} are usual`);
    }
    return options;
  }

  /**
   * Returns true or false, from a JSON boolean, 1 or 0, or a word such as `yes`.
   *
   * @throws {DataError} for any other value
   */
  flag(field: string): boolean {
    const value = this.value(field);
    const word = String(value).trim().toLowerCase();
    if (["true", "1", "yes"].includes(word)) return true;
    if (["false", "0", "no"].includes(word)) return false;
    throw this.wrong(field, `must be true or false, current value is ${show(value)}${hiddenHint(value)}`);
  }

  /**
   * Returns a whole number, from a number or its digits.
   *
   * @throws {DataError} when it is not from `low` to `high`
   */
  whole(field: string, low: number, high: number): number {
    const value = this.value(field);
    const number = wholeOf(value);
    if (number !== undefined && number >= low && number <= high) return number;
    throw this.wrong(field, `must be from ${low} to ${high}, current value is ${show(value)}`);
  }

  /**
   * Returns the label of the row, a whole number: from the file of labels that was named, else from `field`, else from the
   * file of labels beside it. Where the row and the file beside it differ, the row counts and is recorded as odd.
   *
   * @throws {DataError} when it is missing, hidden (empty or -1) or not from `low` to `high`
   */
  label(low: number, high: number, field = "label"): number {
    const labels = this.#labels;
    const beside = labels === undefined || labels.absent ? undefined : labels;
    const isLabel = (value: unknown) => {
      const label = wholeOf(value);
      return label !== undefined && label >= low && label <= high;
    };
    const own = this.value(field);
    const inFile = beside !== undefined && (beside.named || !isLabel(own));
    const value = inFile ? beside.lines[this.#n] : own;
    if (isLabel(value)) {
      const other = inFile ? undefined : beside?.lines[this.#n];
      if (other !== undefined && wholeOf(other) !== wholeOf(value)) {
        const place = `${beside!.file}:${this.#n + 1}`;
        this.odd(`field ${field} is ${show(value)}, but ${place} says ${show(other)}; the row counts`);
      }
      return wholeOf(value)!;
    }
    const problem = `must be from ${low} to ${high}, current value is ${show(value)}`;
    if (inFile) throw new DataError(`label ${problem}`, { file: beside.file, line: this.#n + 1 });
    const missing = value === undefined && labels ? `; there is no ${labels.file} either` : "";
    throw this.wrong(field, problem + hiddenHint(value) + missing);
  }

  /**
   * Returns the unchecked value of a field; undefined when it does not exist.
   *
   * @throws {DataError} for a record that could not be read
   */
  value(field: string): unknown {
    const { problem, place } = this.#entry;
    if (problem !== undefined) throw new DataError(`Cannot read the record: it is ${problem}`, place);
    return field.split(".").reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      this.#entry.value,
    );
  }

  /** Makes an error that names file, line and field. */
  wrong(field: string, problem: string): DataError {
    return wrongField(this.#entry, field, problem);
  }
}

/** Returns a hint for a label that is not there, as in test sets whose labels are hidden. */
function hiddenHint(value: unknown): string {
  const label = typeof value === "string" ? value.trim() : value;
  const hidden = label === undefined || label === null || label === "" || Number(label) === -1;
  return hidden ? "; the labels of a test set are hidden, take the validation set" : "";
}

/** Returns a whole number; Parquet files hold them as bigints, label files as digits. */
function wholeOf(value: unknown): number | undefined {
  const digits = typeof value === "string" && /^-?\d+$/.test(value.trim());
  const number = digits || typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}
