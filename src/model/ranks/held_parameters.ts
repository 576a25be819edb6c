/**
 * Parameters that several ranks hold together, and the elements of each that a rank has.
 *
 * Model ranks hold rows or columns of a tensor. Data ranks hold the same part each, or divide it into ranges of the arena,
 * as they do with the moments of AdamW. An element of a part is counted row after row, without the zeros behind rows.
 *
 * @module
 */
import { gatherValues, type Ranks } from "../../base/exchange.ts";
import { columnsOf, elementsOf } from "../../formats/tensors/matrix.ts";
import type { Device } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ElementRange } from "../weights/owned_ranges.ts";
import type { ParameterStore } from "../weights/stream_weights.ts";
import type { Parameter, ParameterLayout } from "../weights/weight_layout.ts";

/** An arena of which each data rank holds some ranges; places are those of the whole arena. */
export interface DividedStore {
  /** Returns the ranges that a data rank holds. */
  rangesOf(dataRank: number): readonly ElementRange[];
  /** Reads elements back; those that other ranks hold are zeros. */
  read(device: Device, start: number, size: number): Promise<Float32Array<ArrayBuffer>>;
  /** Copies elements to the GPU; those that other ranks hold are left out. */
  writeRange(device: Device, start: number, data: Float32Array<ArrayBuffer>): void;
}

/** The parameters of a rank. */
export interface HeldParameters {
  /** The device that holds them. */
  device: Device;
  /** Their places; with `config` they are read in whole heads. */
  layout: ParameterLayout & { readonly config?: ModelConfig };
  /** All of them, where each data rank holds all. */
  store?: ParameterStore;
  /** The part of this rank, where data ranks divide them. */
  divided?: DividedStore;
}

/** The part of a tensor that a model rank holds: `rows` x `cols` from [row, col] on. */
interface TensorPart {
  row: number;
  col: number;
  rows: number;
  cols: number;
  /** Its first element in the arena. */
  start: number;
  /** Elements of the arena from one row to the next. */
  stride: number;
}

/** Elements `from` to `to` (exclusive) of a part, on the rank of the world that holds them. */
export interface Share {
  /** Position of the parameter in the layout. */
  index: number;
  /** Rank of the world. */
  rank: number;
  from: number;
  to: number;
  part: TensorPart;
}

/** Rows of a whole tensor. */
export interface TensorRows {
  /** Position of the parameter in the layout. */
  index: number;
  /** First row. */
  row: number;
  /** Number of rows. */
  rows: number;
}

/** The ranges of an arena in their order, with the data ranks that hold them. */
interface OwnedRange extends ElementRange {
  rank: number;
}

/** Parameters with their parts on all ranks. */
export class Holding {
  /** The parameters with the shapes of whole tensors; their places are those of this rank's part. */
  readonly parameters: readonly Parameter[];

  private constructor(
    readonly ranks: Ranks,
    readonly held: HeldParameters,
    /** The parts by model rank and parameter. */
    readonly parts: readonly (readonly TensorPart[])[],
  ) {
    this.parameters = wholeParameters(held.layout.parameters);
    this.#owners = held.divided ? ownersOf(held.divided, ranks.data.size) : undefined;
  }

  readonly #owners?: readonly OwnedRange[];

  /** Learns the parts of the other model ranks. Every rank calls it. */
  static async open(ranks: Ranks, held: HeldParameters): Promise<Holding> {
    const own = held.layout.parameters.map(partOf);
    return new Holding(ranks, held, await gatherValues(ranks.model, own, "parts of parameters"));
  }

  /** Returns true where model ranks hold different parts of a parameter. */
  isCut(index: number): boolean {
    return this.parts.length > 1 && this.held.layout.parameters[index].part !== undefined;
  }

  /** Returns the elements of rows that a rank of the world needs from others and from itself, to have the rows whole. */
  sharesFor(rank: number, rows: TensorRows): Share[] {
    const modelRanks = this.ranks.model.size;
    const [data, model] = [Math.floor(rank / modelRanks), rank % modelRanks];
    const holders = this.isCut(rows.index) ? this.parts.keys() : [model];
    return [...holders].flatMap((holder) => {
      const share = this.#shareOf(rows, holder);
      if (!share) return [];
      if (!this.#owners) return [{ ...share, rank: data * modelRanks + holder }];
      return this.#divide(share).map((one) => ({ ...one, rank: one.rank * modelRanks + holder }));
    });
  }

  /** Returns the elements of rows that a rank of the world holds. */
  sharesOf(rank: number, rows: TensorRows): Share[] {
    const modelRanks = this.ranks.model.size;
    const share = this.#shareOf(rows, rank % modelRanks);
    if (!share) return [];
    if (!this.#owners) return [{ ...share, rank }];
    const data = Math.floor(rank / modelRanks);
    return this.#divide(share).filter((one) => one.rank === data).map((one) => ({ ...one, rank }));
  }

  /** Returns the elements of rows in the part of a model rank. */
  #shareOf({ index, row, rows }: TensorRows, modelRank: number): Omit<Share, "rank"> | undefined {
    const part = this.parts[modelRank][index];
    const first = Math.max(row, part.row) - part.row;
    const end = Math.min(row + rows, part.row + part.rows) - part.row;
    return first < end ? { index, from: first * part.cols, to: end * part.cols, part } : undefined;
  }

  /** Divides elements by the data ranks that hold them. */
  #divide(share: Omit<Share, "rank">): Share[] {
    const { part, from, to } = share;
    const owners = this.#owners!;
    const shares: Share[] = [];
    for (let i = ownerAt(owners, placeOf(part, from)); i < owners.length; i++) {
      const { start, size, rank } = owners[i];
      const first = Math.max(from, elementAt(part, start));
      const end = Math.min(to, elementAt(part, start + size));
      if (first < end) shares.push({ ...share, rank, from: first, to: end });
      if (start + size >= placeOf(part, to - 1) + 1) break;
    }
    return shares;
  }

  /** Reads elements that this rank holds; one array per share. */
  async read(shares: readonly Share[]): Promise<Float32Array<ArrayBuffer>[]> {
    const { device, store, divided } = this.held;
    if (shares.length === 0) return [];
    if (!divided) {
      return await store!.read(device, shares.map(({ part, from, to }) => rowsOf(part, from, to)));
    }
    return await Promise.all(shares.map(async ({ part, from, to }) => {
      const start = placeOf(part, from);
      return withoutGaps(
        await divided.read(device, start, placeOf(part, to - 1) + 1 - start),
        part,
        from,
        to,
      );
    }));
  }

  /** Writes elements that this rank holds. */
  write({ part, from, to }: Share, data: Float32Array<ArrayBuffer>): void {
    const { device, store, divided } = this.held;
    if (!divided) return store!.write(device, rowsOf(part, from, to), data);
    divided.writeRange(device, placeOf(part, from), withGaps(data, part, from, to));
  }
}

/** Returns parameters with the shapes of their whole tensors. */
export function wholeParameters(parameters: readonly Parameter[]): Parameter[] {
  return parameters.map((parameter) =>
    parameter.part ? { ...parameter, shape: parameter.part.shape } : parameter
  );
}

function partOf({ shape, start, stride, part }: Parameter): TensorPart {
  const cols = columnsOf(shape);
  const { row, col } = part ?? { row: 0, col: 0 };
  return { row, col, rows: elementsOf(shape) / cols, cols, start, stride: stride ?? cols };
}

/** Returns whole rows of a part in its arena. */
export function rowsOf({ start, stride, cols }: TensorPart, from: number, to: number) {
  return { start: start + from / cols * stride, rows: (to - from) / cols, cols, stride };
}

/** Returns the place in the arena of an element of a part. */
function placeOf({ start, stride, cols }: TensorPart, element: number): number {
  return start + Math.floor(element / cols) * stride + element % cols;
}

/** Returns the first element of a part at or behind a place in the arena; negative for places before the part. */
function elementAt({ start, stride, cols }: TensorPart, place: number): number {
  const row = Math.floor((place - start) / stride);
  return row * cols + Math.min(cols, place - start - row * stride);
}

/** Returns the ranges of all data ranks in the order of the arena. */
function ownersOf(divided: DividedStore, dataRanks: number): OwnedRange[] {
  return Array.from({ length: dataRanks }, (_, rank) => rank)
    .flatMap((rank) => divided.rangesOf(rank).map((range) => ({ ...range, rank })))
    .sort((a, b) => a.start - b.start);
}

/** Returns the position of the range that holds a place. */
function ownerAt(owners: readonly OwnedRange[], place: number): number {
  let low = 0;
  let high = owners.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (owners[middle].start <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Calls `visit` with each run of elements of one row: its element, its distance from the first, and its length. */
function eachRun(
  { cols, stride }: TensorPart,
  from: number,
  to: number,
  visit: (done: number, gapped: number, length: number) => void,
): void {
  let gapped = 0;
  for (let element = from; element < to;) {
    const length = Math.min(cols - element % cols, to - element);
    visit(element - from, gapped, length);
    gapped += length + (stride - cols);
    element += length;
  }
}

/** Returns elements as they follow one another in a part, from the arena, where zeros stand behind each row. */
function withoutGaps(
  data: Float32Array<ArrayBuffer>,
  part: TensorPart,
  from: number,
  to: number,
): Float32Array<ArrayBuffer> {
  if (part.stride === part.cols) return data;
  const out = new Float32Array(to - from);
  eachRun(part, from, to, (done, gapped, length) => out.set(data.subarray(gapped, gapped + length), done));
  return out;
}

/** Returns elements as they stand in the arena, with zeros behind each row but the last. */
function withGaps(
  data: Float32Array<ArrayBuffer>,
  part: TensorPart,
  from: number,
  to: number,
): Float32Array<ArrayBuffer> {
  if (part.stride === part.cols) return data;
  const out = new Float32Array(placeOf(part, to - 1) + 1 - placeOf(part, from));
  eachRun(part, from, to, (done, gapped, length) => out.set(data.subarray(done, done + length), gapped));
  return out;
}
