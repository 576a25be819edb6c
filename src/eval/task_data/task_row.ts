/**
 * A row of a benchmark's file, its fields read with their types checked: what is wrong is named by file and line.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { type Entry, wrongField } from "../../data/document.ts";

/** The lines of a file of labels. */
export interface Labels {
  /** Its path. */
  file: string;
  /** Its lines without outer spaces; the n-th belongs to the n-th row. */
  lines: readonly string[];
  /** True when there is no such file: then only its path is known. */
  absent?: boolean;
}

/** One row. A field is named by its path: `answer`, `choices.text`. */
export class TaskRow {
  readonly #entry: Entry<unknown>;
  readonly #n: number;
  readonly #labels?: Labels;

  /** The n-th row, counted from 0. */
  constructor(entry: Entry<unknown>, n: number, labels?: Labels) {
    this.#entry = entry;
    this.#n = n;
    this.#labels = labels;
  }

  /** The file it stands in, where it stands in one. */
  get file(): string | undefined {
    return this.#entry.place.file;
  }

  /** True when the field is there and not null. */
  has(field: string): boolean {
    return (this.value(field) ?? undefined) !== undefined;
  }

  /**
   * A text.
   *
   * @throws {DataError} when the field is missing, not a string, or blank
   */
  text(field: string): string {
    const value = this.value(field);
    if (typeof value === "string" && value.trim() !== "") return value;
    throw this.wrong(field, `must be a text, current value is ${show(value)}`);
  }

  /** One of some texts, without outer spaces. */
  oneOf(field: string, allowed: readonly string[]): string {
    const value = this.value(field);
    const text = typeof value === "string" ? value.trim() : value;
    if (typeof text === "string" && allowed.includes(text)) return text;
    throw this.wrong(field, `must be one of ${allowed.join(", ")}, current value is ${show(value)}`);
  }

  /** Texts that are not blank, at least one, or exactly `count`. */
  texts(field: string, count?: number): string[] {
    const value = this.value(field);
    const many = count === undefined ? "a list of texts" : `${count} texts`;
    const good = Array.isArray(value) && value.length > 0 && (count ?? value.length) === value.length &&
      value.every((text) => typeof text === "string" && text.trim() !== "");
    if (good) return value;
    throw this.wrong(field, `must be ${many}, none of them blank, current value is ${show(value)}`);
  }

  /** Texts, of which some may be blank; there may be none. */
  list(field: string): string[] {
    const value = this.value(field);
    if (Array.isArray(value) && value.every((text) => typeof text === "string")) return value;
    throw this.wrong(field, `must be a list of texts, current value is ${show(value)}`);
  }

  /** True or false, as JSON has it, as 1 or 0, or as a word. */
  flag(field: string): boolean {
    const value = this.value(field);
    const word = String(value).toLowerCase();
    if (["true", "1", "yes"].includes(word)) return true;
    if (["false", "0", "no"].includes(word)) return false;
    throw this.wrong(field, `must be true or false, current value is ${show(value)}`);
  }

  /** A whole number (or its digits) from `low` to `high`. */
  whole(field: string, low: number, high: number): number {
    const value = this.value(field);
    const number = wholeOf(value);
    if (number !== undefined && number >= low && number <= high) return number;
    throw this.wrong(field, `must be from ${low} to ${high}, current value is ${show(value)}`);
  }

  /**
   * The label: a whole number in the file of labels, else in the field `label` (a number, or its digits).
   *
   * @throws {DataError} when it is missing or not from `low` to `high`
   */
  label(low: number, high: number): number {
    const labels = this.#labels;
    const inFile = labels && !labels.absent;
    const value = inFile ? labels.lines[this.#n] : this.value("label");
    const label = wholeOf(value);
    if (label !== undefined && label >= low && label <= high) return label;
    const problem = `must be from ${low} to ${high}, current value is ${show(value)}`;
    if (inFile) throw new DataError(`label ${problem}`, { file: labels.file, line: this.#n + 1 });
    const beside = value === undefined && labels ? `; there is no ${labels.file} either` : "";
    throw this.wrong("label", problem + beside);
  }

  /** Whatever stands in the field; undefined where there is none. */
  value(field: string): unknown {
    return field.split(".").reduce<unknown>(
      (value, name) =>
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      this.#entry.value,
    );
  }

  /** An error that names file, line and field. */
  wrong(field: string, problem: string): DataError {
    return wrongField(this.#entry, field, problem);
  }
}

/** Parquet has whole numbers as bigints, and label files as digits. */
function wholeOf(value: unknown): number | undefined {
  const digits = typeof value === "string" && /^-?\d+$/.test(value.trim());
  const number = digits || typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}
