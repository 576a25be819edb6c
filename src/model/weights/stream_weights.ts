/**
 * Weights between files and the GPU in pieces of 16 MB, so that host memory does not grow with the model.
 *
 * @module
 */
import { columnsOf, elementsOf, type FileMatrix } from "../../formats/tensors/matrix.ts";
import type { Device } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { Arena, ArenaRows } from "./arena.ts";
import { type Parameter, type ParameterLayout, parameterRows } from "./weight_layout.ts";

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
}

/** Parameters; with `config` every piece consists of whole heads. */
type Layout = ParameterLayout & { readonly config?: ModelConfig };

/** Copies weights from files into an arena. The caller has checked that every parameter is there in its shape. */
export async function fillArena(
  device: Device,
  layout: Layout,
  arena: Arena,
  weights: ReadonlyMap<string, FileMatrix>,
  { signal, onBytes }: TransferOptions = {},
): Promise<void> {
  let pending = 0;
  for (const parameter of layout.parameters) {
    for (const { row, rows } of pieces(parameter.shape, layout)) {
      signal?.throwIfAborted();
      const data = await weights.get(parameter.name)!.read(row, rows);
      arena.write(device, parameterRows(parameter, row, rows), data);
      onBytes?.(data.byteLength);
      pending += data.byteLength;
      if (pending < PENDING_BYTES) continue;
      await drain(device);
      pending = 0;
    }
  }
  await drain(device);
  device.check();
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

/** Reads the parameters of an arena one after another; small ones share a read, large ones take several. */
export async function* drainArena(
  device: Device,
  layout: Layout,
  arena: Arena,
  { signal, onBytes }: TransferOptions = {},
): AsyncGenerator<ParameterPieces> {
  const { parameters } = layout;
  const read = async (wanted: ArenaRows[]) => {
    signal?.throwIfAborted();
    const found = await arena.read(device, wanted);
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
  const head = config ? config.dim / config.heads : 1;
  const step = Math.max(1, Math.floor(PIECE_BYTES / (4 * cols * head))) * head;
  for (let row = 0; row < all; row += step) yield { row, rows: Math.min(step, all - row) };
}
