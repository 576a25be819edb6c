/**
 * The result of a tuning: the kernel table of an adapter, with the times of the kernels that were compared.
 *
 * @module
 */
import { z } from "zod";
import { Displayable, duration, type Picture, table } from "../../display/mod.ts";
import type { Choice, KernelChoices, ShapeClass } from "./kernel_table.ts";

/** Sizes of a product: rows and columns of C, and the inner length. */
export type Extents = readonly [M: number, N: number, K: number];

/** The comparison of kernels on a product of one class. */
export interface Comparison {
  /** The product that was computed. */
  extents: Extents;
  /** Milliseconds of each kernel that gave right sums. */
  ms: Partial<Record<Choice, number>>;
}

/** A tuning as plain data, as a file keeps it. */
export interface TuningRecord {
  /** The adapter's description. */
  adapter: string;
  /** The kernel table that the device uses from now on. */
  table: KernelChoices;
  /** The comparisons by class; none for a class that takes its built-in kernel. */
  compared: Partial<Record<ShapeClass, Comparison>>;
  /** Milliseconds that the tuning took; 0 where nothing was timed. */
  took: number;
}

const schema = z.looseObject({
  adapter: z.string(),
  table: z.looseObject({
    family: z.enum(["subgroup", "shared", "plain"]),
    matmul: z.record(z.string(), z.string()),
  }),
  compared: z.record(
    z.string(),
    z.looseObject({
      extents: z.tuple([z.number(), z.number(), z.number()]),
      ms: z.record(z.string(), z.number()),
    }),
  ),
  took: z.number(),
});

/**
 * Returns a tuning that was read from a file. The names of its kernels are left to the kernel table.
 *
 * @throws {Error} for anything else
 */
export function readTuning(value: unknown): TuningRecord {
  return schema.parse(value) as TuningRecord;
}

/** The source of a kernel table. */
export type TuningSource = "built in" | "disk" | "measured";

/** The kernel table of a device, its measurements and its source. */
export class Tuning extends Displayable implements TuningRecord {
  /** The adapter's description. */
  readonly adapter: string;
  /** The kernel table that the device uses from now on. */
  readonly table: KernelChoices;
  /** The comparisons by class; none for a class that takes its built-in kernel. */
  readonly compared: Partial<Record<ShapeClass, Comparison>>;
  /** Milliseconds that the tuning took; 0 where nothing was timed. */
  readonly took: number;

  /** Joins a record with its source. */
  constructor(
    record: TuningRecord,
    /** The source of the table: the built-in one, the file of an earlier tuning, or a measurement just now. */
    readonly from: TuningSource,
    /** Path of the file that keeps the table; undefined for a built-in one, and where no file could be written. */
    readonly file?: string,
  ) {
    super();
    const { adapter, table, compared, took } = record;
    this.adapter = adapter;
    this.table = table;
    this.compared = compared;
    this.took = took;
  }

  /** Returns a table with one row per kernel and class: milliseconds, GFLOP/s, and the kernels that the device takes. */
  picture(): Picture {
    const classes = Object.entries(this.table.matmul) as [ShapeClass, Choice][];
    const rows: object[] = classes.flatMap(([product, chosen]): object[] => {
      const { extents, ms } = this.compared[product] ?? {};
      if (!extents || !ms) return [{ product, "M x N x K": "not timed", kernel: chosen, chosen: true }];
      const [M, N, K] = extents;
      return Object.entries(ms).map(([kernel, time]) => ({
        product,
        "M x N x K": extents.join(" x "),
        kernel,
        ms: time,
        "GFLOP/s": 2 * M * N * K / time / 1e6,
        chosen: kernel === chosen,
      }));
    });
    const title = `${this.adapter}: matrix products by the kernels of the family ${this.table.family}`;
    return table(rows, { title, note: this.#note() });
  }

  #note(): string {
    if (this.from === "built in") return "The built-in table: nothing was measured on this adapter.";
    const when = this.from === "disk" ? "Measured earlier" : "Measured now";
    const kept = this.file
      ? `kept in ${this.file}`
      : "not kept: the cache folder (LLAMERO_HOME) is not writable";
    return `${when}, in ${duration(this.took / 1000)}; ${kept}.`;
  }
}
