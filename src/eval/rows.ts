/**
 * A row of a benchmark's file, its fields read with their types checked: what is wrong is named by file and line.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import { show } from "../base/schema.ts";
import { type Entry, wrongField } from "../data/document.ts";

/** The lines of a file of labels. */
export interface Labels {
  /** Its path. */
  file: string;
  /** Its lines without outer spaces; the n-th belongs to the n-th row. */
  lines: readonly string[];
  /** True when there is no such file: then only its path is known. */
  absent?: boolean;
}

/** One row. */
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

  /**
   * A text.
   *
   * @throws {DataError} when the field is missing, not a string, or blank
   */
  text(field: string): string {
    const value = this.#value(field);
    if (typeof value === "string" && value.trim() !== "") return value;
    throw wrongField(this.#entry, field, `must be a text, current value is ${show(value)}`);
  }

  /**
   * The label: a whole number in the file of labels, else in the field `label` (a number, or its digits).
   *
   * @throws {DataError} when it is missing or not from `low` to `high`
   */
  label(low: number, high: number): number {
    const labels = this.#labels, inFile = labels && !labels.absent;
    const value = inFile ? labels.lines[this.#n] : this.#value("label");
    const label = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof label === "number" && Number.isInteger(label) && label >= low && label <= high) return label;
    const problem = `must be from ${low} to ${high}, current value is ${show(value)}`;
    if (inFile) throw new DataError(`label ${problem}`, { file: labels.file, line: this.#n + 1 });
    const beside = value === undefined && labels ? `; there is no ${labels.file} either` : "";
    throw wrongField(this.#entry, "label", problem + beside);
  }

  #value(field: string): unknown {
    const { value } = this.#entry;
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)[field]
      : undefined;
  }
}
