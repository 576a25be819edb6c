/**
 * Weights between files and the GPU in pieces of 16 MB, so that host memory does not grow with the model.
 *
 * @module
 */
import { LlameroError } from "../../base/errors.ts";
import { columnsOf, elementsOf, type FileMatrix } from "../../formats/tensors/matrix.ts";
import type { Device } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ArenaRows } from "./arena.ts";
import { type Parameter, type ParameterLayout, parameterRows } from "./weight_layout.ts";
import { headDim } from "../architecture/shard.ts";

/** Bytes per piece; whole heads of any model fit into it. [ours] */
export const pieceBytes = 16e6;

/** Written bytes after which the GPU is awaited: WebGPU keeps a copy of each write until then. [ours] */
const PENDING_BYTES = 64e6;

/** Options of a transfer of weights. */
export interface TransferOptions {
  /** Stops it. */
  signal?: AbortSignal;
  /** Called with the number of bytes of each piece that was moved. */
  onBytes?: (bytes: number) => void;
  /** Called before each piece is written; throws where its place is gone. */
  check?: () => void;
}

/** A place that holds parameters: an arena, or the packed weights of a model. */
export interface ParameterStore {
  /** Copies f32 rows to the GPU. */
  write(device: Device, rows: ArenaRows, data: Float32Array<ArrayBuffer>): void;
  /** Reads f32 rows back. */
  read(device: Device, wanted: readonly ArenaRows[]): Promise<Float32Array<ArrayBuffer>[]>;
  /** Tells if rows are held as blocks of Q8_0. */
  takesBlocks?(rows: ArenaRows): boolean;
  /** Copies rows of such blocks to the GPU. */
  writeBlocks?(device: Device, rows: ArenaRows, blocks: Uint8Array<ArrayBuffer>): void;
}

/** Parameters; with `config` every piece consists of whole heads. */
export type Layout = ParameterLayout & { readonly config?: ModelConfig };

/**
 * Copies weights from files to the GPU, blocks of Q8_0 as they are where such are held. The caller has checked that every
 * parameter is there in its shape.
 */
export async function fillArena(
  device: Device,
  layout: Layout,
  store: ParameterStore,
  weights: ReadonlyMap<string, FileMatrix>,
  { signal, onBytes, check }: TransferOptions = {},
): Promise<void> {
  let pending = 0;
  for (const parameter of layout.parameters) {
    const matrix = weights.get(parameter.name)!;
    for (const [{ row, rows }] of pieces(parameter, layout)) {
      signal?.throwIfAborted();
      const place = parameterRows(parameter, row, rows);
      if (matrix.readQ8 && store.takesBlocks?.(place)) {
        const blocks = await matrix.readQ8(row, rows);
        check?.();
        store.writeBlocks!(device, place, blocks);
      } else {
        const numbers = await matrix.read(row, rows);
        check?.();
        store.write(device, place, numbers);
      }
      const bytes = 4 * rows * place.cols;
      onBytes?.(bytes);
      pending += bytes;
      if (pending < PENDING_BYTES) continue;
      await drain(device);
      pending = 0;
    }
  }
  await drain(device);
  device.check();
}

/** Returns the bytes that the parameters take as f32: those that {@linkcode fillArena} reports. */
export function parameterBytes({ parameters }: ParameterLayout): number {
  return parameters.reduce((sum, { shape }) => sum + 4 * elementsOf(shape), 0);
}

/** Waits until the GPU has taken all writes. */
async function drain({ gpu }: Device): Promise<void> {
  gpu.queue.submit([]);
  await gpu.queue.onSubmittedWorkDone();
}

/** A parameter and its numbers in one or more pieces, in order. A piece is whole rows, and whole heads where there are heads. */
export interface ParameterPieces {
  /** The parameter. */
  parameter: Parameter;
  /** Its numbers. */
  data(): AsyncIterable<Float32Array<ArrayBuffer>>;
}

/** Rows of a parameter. */
export interface ParameterSegment {
  /** The parameter. */
  parameter: Parameter;
  /** First row. */
  row: number;
  /** Number of rows. */
  rows: number;
  /** True for the rows at its end. */
  last: boolean;
}

/** Reads the parameters of an arena or of packed weights one after another; small ones share a read, large ones take several. */
export function drainArena(
  device: Device,
  layout: Layout,
  store: ParameterStore,
  { signal, onBytes }: TransferOptions = {},
): AsyncGenerator<ParameterPieces> {
  const read = async function* (): AsyncGenerator<[ParameterSegment, Float32Array<ArrayBuffer>]> {
    for (const batch of batchesOf(layout)) {
      signal?.throwIfAborted();
      const wanted = batch.map(({ parameter, row, rows }) => parameterRows(parameter, row, rows));
      const found = await store.read(device, wanted);
      onBytes?.(found.reduce((sum, data) => sum + data.byteLength, 0));
      for (const [i, segment] of batch.entries()) yield [segment, found[i]];
    }
  };
  return byParameter(read());
}

/** Returns a stream of segments as a stream of parameters; segments that a parameter's reader leaves are passed over. */
export async function* byParameter(
  segments: AsyncIterator<[ParameterSegment, Float32Array<ArrayBuffer>]>,
): AsyncGenerator<ParameterPieces> {
  for (let next = await segments.next(); !next.done; next = await segments.next()) {
    let [segment, piece] = next.value;
    const advance = async () => {
      piece = new Float32Array(0); // so that one piece is in memory while the next is read
      const { value, done } = await segments.next();
      if (done) throw new LlameroError(`the numbers of ${segment.parameter.name} end too early`);
      [segment, piece] = value;
    };
    const data = async function* () {
      yield piece;
      while (!segment.last) {
        await advance();
        yield piece;
      }
    };
    yield { parameter: segment.parameter, data };
    while (!segment.last) await advance();
  }
}

/** Returns parameters as they come, and calls `onBytes` with the bytes of each piece that was read. */
export async function* countedPieces(
  pieces: AsyncGenerator<ParameterPieces>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<ParameterPieces> {
  for await (const { parameter, data } of pieces) {
    const counted = async function* () {
      for await (const piece of data()) {
        const { byteLength } = piece; // before its reader may take it away
        yield piece;
        onBytes(byteLength);
      }
    };
    yield { parameter, data: counted };
  }
}

/** Divides parameters into batches of segments of at most 16 MB; small parameters share a batch, large ones take several. */
export function* batchesOf(layout: Layout): Generator<ParameterSegment[]> {
  const { parameters } = layout;
  for (let i = 0; i < parameters.length;) {
    const small = fittingTogether(parameters, i);
    if (small.length === 0) yield* pieces(parameters[i], layout);
    else yield small.map((parameter) => ({ parameter, row: 0, rows: rowsIn(parameter), last: true }));
    i += Math.max(1, small.length);
  }
}

/** Returns the parameters from the i-th on that fit into one piece together; none if the i-th alone does not. */
function fittingTogether(parameters: readonly Parameter[], i: number): Parameter[] {
  let end = i;
  let bytes = 0;
  while (end < parameters.length && (bytes += 4 * elementsOf(parameters[end].shape)) <= pieceBytes) end++;
  return parameters.slice(i, end);
}

function rowsIn({ shape }: Parameter): number {
  return elementsOf(shape) / columnsOf(shape);
}

/** Splits a parameter into segments of whole rows, as many per segment as whole heads allow. */
function* pieces(parameter: Parameter, { config }: Layout): Generator<[ParameterSegment]> {
  const cols = columnsOf(parameter.shape);
  const all = rowsIn(parameter);
  const head = config ? headDim(config) : 1;
  const step = Math.max(1, Math.floor(pieceBytes / (4 * cols * head))) * head;
  for (let row = 0; row < all; row += step) {
    const rows = Math.min(step, all - row);
    yield [{ parameter, row, rows, last: row + rows === all }];
  }
}
