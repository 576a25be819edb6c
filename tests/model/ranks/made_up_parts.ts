/**
 * Made-up tensors that ranks hold in parts, in host memory: cut by rows, by columns with zeros behind rows, or whole; and
 * data ranks that hold all of their part or divide it into ranges.
 *
 * @module
 */
import type { Ranks } from "../../../src/base/exchange.ts";
import type { FileMatrix } from "../../../src/formats/tensors/matrix.ts";
import type { Device } from "../../../src/gpu/mod.ts";
import type { HeldParameters } from "../../../src/model/ranks/held_parameters.ts";
import type { ArenaRows } from "../../../src/model/weights/arena.ts";
import { ownedRanges } from "../../../src/model/weights/owned_ranges.ts";
import type { Parameter } from "../../../src/model/weights/weight_layout.ts";

/** The tensors by name: their shape, and the dimension that model ranks cut. */
export const tensors: Record<string, { shape: [number, number]; cut?: "rows" | "columns" }> = {
  table: { shape: [31, 6] },
  tall: { shape: [13, 6], cut: "rows" },
  wide: { shape: [6, 13], cut: "columns" },
  large: { shape: [2300, 1801], cut: "columns" },
  norm: { shape: [1, 6] },
  long: { shape: [410, 100], cut: "rows" },
  even: { shape: [8, 4], cut: "rows" },
};

const numbers = new Map(
  Object.entries(tensors).map(([name, { shape: [rows, cols] }], i) => {
    return [name, new Float32Array(rows * cols).map((_, k) => 10_000_000 * i + k)];
  }),
);

/** Returns the numbers of a tensor. */
export function numbersOf(name: string): Float32Array<ArrayBuffer> {
  return numbers.get(name)!;
}

/** A device that has nothing to wait for. */
const idle = {
  gpu: { queue: { onSubmittedWorkDone: () => Promise.resolve() } },
  check: () => {},
} as unknown as Device;

/** The tensors of a rank, in host memory. */
export interface MadeUp {
  held: HeldParameters;
  arena: Float32Array<ArrayBuffer>;
  /** Elements of the arena that this rank holds. */
  owns: (element: number) => boolean;
}

/** Makes the part of a rank, filled with its numbers or with zeros. */
export function madeUpPart({ data, model }: Ranks, divided: boolean, filled: boolean): MadeUp {
  const parameters: Parameter[] = [];
  const filling: [Parameter, Float32Array][] = [];
  let end = 0;
  for (const [name, { shape, cut }] of Object.entries(tensors)) {
    const border = (length: number, rank: number) => Math.floor(rank * length / model.size);
    const span = (
      length: number,
    ): [number, number] => [border(length, model.rank), border(length, model.rank + 1)];
    const [row, lastRow] = cut === "rows" ? span(shape[0]) : [0, shape[0]];
    const [col, lastCol] = cut === "columns" ? span(shape[1]) : [0, shape[1]];
    const cols = lastCol - col;
    const stride = Math.ceil(cols / 8) * 8;
    const parameter: Parameter = {
      name,
      shape: [lastRow - row, cols],
      start: end,
      stride,
      ...(model.size > 1 && cut && { part: { shape, row, col } }),
    };
    parameters.push(parameter);
    const whole = numbersOf(name);
    const own = new Float32Array((lastRow - row) * stride);
    for (let r = 0; r < lastRow - row; r++) {
      const first = (row + r) * shape[1] + col;
      own.set(whole.subarray(first, first + cols), r * stride);
    }
    filling.push([parameter, own]);
    end = Math.ceil((end + (Math.ceil(shape[0] / (cut === "rows" ? model.size : 1)) + 1) * stride) / 128) *
      128;
  }
  const arena = new Float32Array(end);
  const all = Array.from(
    { length: data.size },
    (_, rank) => ownedRanges(end, { rank, size: data.size }, 2 ** 18),
  );
  const ranges = (rank: number) => all[rank];
  const mine = new Uint8Array(end).fill(divided ? 0 : 1);
  for (const { start, size } of ranges(data.rank)) mine.fill(1, start, start + size);
  const owns = (element: number) => mine[element] === 1;
  if (filled) { for (const [{ start }, own] of filling) arena.set(own, start); }
  const layout = { parameters };
  if (!divided) return { held: { device: idle, layout, store: storeOf(arena) }, arena, owns };
  const others = (start: number, length: number, visit: (from: number, to: number) => void) => {
    for (const range of ranges(data.rank)) {
      const from = Math.max(start, range.start);
      const to = Math.min(start + length, range.start + range.size);
      if (from < to) visit(from, to);
    }
  };
  const read = (_: Device, start: number, size: number) => {
    const out = new Float32Array(size);
    others(start, size, (from, to) => out.set(arena.subarray(from, to), from - start));
    return Promise.resolve(out);
  };
  const writeRange = (_: Device, start: number, values: Float32Array) =>
    others(start, values.length, (from, to) => arena.set(values.subarray(from - start, to - start), from));
  return { held: { device: idle, layout, divided: { rangesOf: ranges, read, writeRange } }, arena, owns };
}

function storeOf(arena: Float32Array<ArrayBuffer>) {
  const eachRow = ({ start, rows, stride }: ArenaRows, visit: (row: number, at: number) => void) => {
    for (let row = 0; row < rows; row++) visit(row, start + row * stride);
  };
  return {
    write: (_: Device, rows: ArenaRows, data: Float32Array) =>
      eachRow(rows, (row, at) => arena.set(data.subarray(row * rows.cols, (row + 1) * rows.cols), at)),
    read: (_: Device, wanted: readonly ArenaRows[]) =>
      Promise.resolve(wanted.map((rows) => {
        const out = new Float32Array(rows.rows * rows.cols);
        eachRow(rows, (row, at) => out.set(arena.subarray(at, at + rows.cols), row * rows.cols));
        return out;
      })),
  };
}

/** Returns the whole tensors as matrices; `onRead` is told of every row that is read. */
export function matrices(onRead: (name: string, row: number, rows: number) => void): Map<string, FileMatrix> {
  return new Map(
    Object.entries(tensors).map(([name, { shape }]) => {
      const numbers = numbersOf(name);
      const read = (row: number, rows: number) => {
        onRead(name, row, rows);
        return Promise.resolve(numbers.slice(row * shape[1], (row + rows) * shape[1]));
      };
      return [name, { file: "made up", shape, read }];
    }),
  );
}
