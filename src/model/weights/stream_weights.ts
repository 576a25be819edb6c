/**
 * Weights between files and the GPU in pieces of 16 MB, so that host memory does not grow with the model.
 *
 * @module
 */
import { columnsOf, elementsOf, type FileMatrix, partOfMatrix } from "../../formats/tensors/matrix.ts";
import type { Device } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ArenaRows } from "./arena.ts";
import { type Parameter, type ParameterLayout, parameterRows } from "./weight_layout.ts";
import { headDim } from "../architecture/shard.ts";

/** Bytes per piece; whole heads of any model fit into it. [ours] */
const PIECE_BYTES = 16e6;

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
type Layout = ParameterLayout & { readonly config?: ModelConfig };

/**
 * Copies weights from files to the GPU, blocks of Q8_0 as they are where such are held. Of a parameter that is held in part
 * the rows of that part are read. The caller has checked that every parameter is there in its whole shape.
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
    const { name, shape, part } = parameter;
    const whole = weights.get(name)!;
    const matrix = part ? partOfMatrix(whole, { ...part, shape }) : whole;
    for (const { row, rows } of pieces(shape, layout)) {
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

/** Reads the parameters of an arena or of packed weights one after another; small ones share a read, large ones take several. */
export async function* drainArena(
  device: Device,
  layout: Layout,
  store: ParameterStore,
  { signal, onBytes }: TransferOptions = {},
): AsyncGenerator<ParameterPieces> {
  const { parameters } = layout;
  const read = async (wanted: ArenaRows[]) => {
    signal?.throwIfAborted();
    const found = await store.read(device, wanted);
    onBytes?.(found.reduce((sum, data) => sum + data.byteLength, 0));
    return found;
  };
  for (let i = 0; i < parameters.length;) {
    const large = parameters[i];
    const small = fittingTogether(parameters, i);
    if (small.length === 0) {
      const data = async function* () {
        for (const { row, rows } of pieces(large.shape, layout)) {
          yield* await read([parameterRows(large, row, rows)]);
        }
      };
      yield { parameter: large, data };
    } else {
      const found = await read(small.map((parameter) => parameterRows(parameter)));
      for (const [k, parameter] of small.entries()) {
        yield {
          parameter,
          data: async function* () {
            yield await Promise.resolve(found[k]);
          },
        };
      }
    }
    i += Math.max(1, small.length);
  }
}

/** Returns the parameters from the i-th on that fit into one piece together; none if the i-th alone does not. */
function fittingTogether(parameters: readonly Parameter[], i: number): Parameter[] {
  let end = i;
  let bytes = 0;
  while (end < parameters.length && (bytes += 4 * elementsOf(parameters[end].shape)) <= PIECE_BYTES) end++;
  return parameters.slice(i, end);
}

/** Splits an array of `shape` into pieces of whole rows, as many per piece as whole heads allow. */
function* pieces(
  shape: readonly number[],
  { config }: Layout,
): Generator<{ row: number; rows: number }> {
  const cols = columnsOf(shape);
  const all = elementsOf(shape) / cols;
  const head = config ? headDim(config) : 1;
  const step = Math.max(1, Math.floor(PIECE_BYTES / (4 * cols * head))) * head;
  for (let row = 0; row < all; row += step) yield { row, rows: Math.min(step, all - row) };
}
