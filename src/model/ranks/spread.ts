/**
 * Filling parameters that several ranks hold: each row of a file is read by one rank and sent to those that hold a part.
 *
 * A round moves some 16 MB to each rank. Rows of files are dealt evenly, so that together the ranks read a file once.
 * Initial weights are dealt by tensors, since a tensor is drawn from its first number to its last.
 *
 * @module
 */
import type { Ranks } from "../../base/exchange.ts";
import { shareFailures } from "../../base/together.ts";
import { columnsOf, elementsOf, type FileMatrix } from "../../formats/tensors/matrix.ts";
import { q8Weights } from "../../formats/gguf/q8_blocks.ts";
import { fillArena, pieceBytes, type TransferOptions } from "../weights/stream_weights.ts";
import { type HeldParameters, Holding, rowsOf, type Share, type TensorRows } from "./held_parameters.ts";
import { type Content, exchangeParcels, type Failure, failureOf, type Parcel } from "./parcels.ts";

/** The way in which tensors are dealt to the ranks that read them: each by rows, or each to one rank. */
type Deal = "rows" | "tensors";

/** Options of {@linkcode spreadParameters}. */
interface SpreadOptions extends TransferOptions {
  /** The way in which tensors are dealt (default "rows"). */
  deal?: Deal;
}

/** Rows of a tensor that one rank reads. */
interface Portion extends TensorRows {
  reader: number;
}

/**
 * Fills parameters from matrices with the shapes of the whole tensors, on all ranks that hold them. Every rank calls it; the
 * caller has checked that every parameter is there in its shape.
 *
 * @throws the error of the rank that failed, on every rank
 */
export async function spreadParameters(
  ranks: Ranks,
  held: HeldParameters,
  matrices: ReadonlyMap<string, FileMatrix>,
  { deal = "rows", ...options }: SpreadOptions = {},
): Promise<void> {
  const { device, layout, store } = held;
  if (ranks.world.size === 1 && store) return await fillArena(device, layout, store, matrices, options);
  const holding = await Holding.open(ranks, held);
  const rounds = deal === "rows" ? roundsByRows(holding, matrices) : roundsByTensors(holding);
  const spread = new Spread(holding, matrices, options);
  const failure = await spread.run(rounds);
  await shareFailures(ranks.world, "end of parameters", failure);
}

class Spread {
  #failure?: Failure;

  constructor(
    readonly holding: Holding,
    readonly matrices: ReadonlyMap<string, FileMatrix>,
    readonly options: TransferOptions,
  ) {}

  /** Takes part in all rounds and returns this rank's failure; undefined where it has not failed. */
  async run(rounds: Iterable<readonly Portion[]>): Promise<Failure | undefined> {
    const { ranks: { world }, held: { device } } = this.holding;
    for (const portions of rounds) {
      let contents: Content[][] | undefined;
      this.#failure ??= await failureOf(async () => {
        this.options.signal?.throwIfAborted();
        contents = await this.#contents(portions.filter(({ reader }) => reader === world.rank));
      });
      const parcels = await exchangeParcels(world, contents, "pieces of parameters");
      if (!parcels) return this.#failure;
      this.#failure = await failureOf(async () => {
        this.options.check?.();
        this.#write(portions, parcels);
        await device.gpu.queue.onSubmittedWorkDone();
      });
    }
    return this.#failure ?? await failureOf(() => device.check());
  }

  /** Reads this rank's portions, and returns the part of each rank of the world. */
  async #contents(portions: readonly Portion[]): Promise<Content[][]> {
    const { ranks: { world } } = this.holding;
    const contents: Content[][] = Array.from({ length: world.size }, () => []);
    for (const portion of portions) {
      const matrix = this.#matrix(portion);
      const { row, rows } = portion;
      const blocks = this.#takesBlocks(portion);
      const data = blocks ? await matrix.readQ8!(row, rows) : await matrix.read(row, rows);
      const cols = columnsOf(matrix.shape);
      for (const [rank, content] of contents.entries()) {
        for (const share of this.holding.sharesOf(rank, portion)) {
          content.push(cutOut(data, portion, share, cols, blocks ? q8Unit : floatUnit));
        }
      }
    }
    return contents;
  }

  /** Writes the elements that this rank holds, those that follow one another at once. */
  #write(portions: readonly Portion[], parcels: readonly Parcel[]): void {
    const { ranks: { world } } = this.holding;
    let run: Arrival[] = [];
    for (const portion of portions) {
      for (const share of this.holding.sharesOf(world.rank, portion)) {
        const last = run.at(-1)?.share;
        if (last && (last.index !== share.index || last.to !== share.from)) {
          this.#writeRun(run);
          run = [];
        }
        const blocks = this.#takesBlocks(portion);
        const length = share.to - share.from;
        const parcel = parcels[portion.reader];
        const data = blocks ? parcel.blocks(length / q8Unit.weights * q8Unit.bytes) : parcel.floats(length);
        run.push({ share, data });
      }
    }
    if (run.length) this.#writeRun(run);
  }

  #writeRun(run: readonly Arrival[]): void {
    const { held: { device, store } } = this.holding;
    const share = { ...run[0].share, to: run.at(-1)!.share.to };
    this.options.onBytes?.(4 * (share.to - share.from));
    const all = run.map(({ data }) => data);
    if (all[0] instanceof Float32Array) {
      this.holding.write(share, joined(all as Float32Array<ArrayBuffer>[], Float32Array));
    } else {
      const rows = rowsOf(share.part, share.from, share.to);
      store!.writeBlocks!(device, rows, joined(all as Uint8Array<ArrayBuffer>[], Uint8Array));
    }
  }

  #matrix({ index }: Portion): FileMatrix {
    return this.matrices.get(this.holding.parameters[index].name)!;
  }

  /** Returns true for rows that travel as blocks of 8 bits; so they do on all ranks or on none. */
  #takesBlocks(portion: Portion): boolean {
    const { store, layout: { parameters } } = this.holding.held;
    const { start } = parameters[portion.index];
    return this.#matrix(portion).readQ8 !== undefined &&
      (store?.takesBlocks?.({ start, rows: 1, cols: 1, stride: 1 }) ?? false);
  }
}

/** Elements that came from one reader. */
interface Arrival {
  share: Share;
  data: Content;
}

/** Joins arrays of one kind. */
function joined<Data extends Content>(parts: readonly Data[], make: new (length: number) => Data): Data {
  const out = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The unit of an array: so many of its elements hold so many weights. */
interface Unit {
  weights: number;
  bytes: number;
}

const floatUnit: Unit = { weights: 1, bytes: 1 };
const q8Unit: Unit = { weights: q8Weights, bytes: 34 };

/** Returns the elements of a share out of whole rows with `cols` columns. */
function cutOut<Data extends Content>(
  data: Data,
  { row }: TensorRows,
  { part, from, to }: Share,
  cols: number,
  { weights, bytes }: Unit,
): Data {
  const inUnits = (elements: number) => elements / weights * bytes;
  const firstRow = Math.floor(from / part.cols) + part.row - row;
  if (part.cols === cols) {
    const at = firstRow * cols + from % cols;
    return data.subarray(inUnits(at), inUnits(at + to - from)) as Data;
  }
  const out = new (data.constructor as new (length: number) => Data)(inUnits(to - from));
  for (let element = from; element < to;) {
    const length = Math.min(part.cols - element % part.cols, to - element);
    const at = (Math.floor(element / part.cols) + part.row - row) * cols + part.col + element % part.cols;
    out.set(data.subarray(inUnits(at), inUnits(at + length)), inUnits(element - from));
    element += length;
  }
  return out;
}

/** Returns the bytes that a rank receives of a row of a whole tensor, as f32. */
function receivedBytes(holding: Holding, index: number): number {
  const cols = columnsOf(holding.parameters[index].shape);
  return 4 * cols / (holding.isCut(index) ? holding.ranks.model.size : 1);
}

function rowCount(holding: Holding, index: number): number {
  const { shape } = holding.parameters[index];
  return elementsOf(shape) / columnsOf(shape);
}

/**
 * Yields rounds of at most 16 MB, whose rows are dealt to all ranks; rows that are read together stay together. A round has
 * an even number of rows of a tensor that it does not end, so that halves of any width are written by whole words.
 */
function* roundsByRows(
  holding: Holding,
  matrices: ReadonlyMap<string, FileMatrix>,
): Generator<Portion[]> {
  const readers = holding.ranks.world.size;
  let round: Portion[] = [];
  let bytes = 0;
  for (const [index, { name }] of holding.parameters.entries()) {
    const group = matrices.get(name)!.group ?? 1;
    const all = rowCount(holding, index);
    const rowBytes = receivedBytes(holding, index);
    for (let row = 0; row < all;) {
      const room = Math.floor((pieceBytes - bytes) / (rowBytes * 2 * group)) * 2 * group;
      if (room === 0 && round.length) {
        yield round;
        [round, bytes] = [[], 0];
        continue;
      }
      const end = Math.min(all, row + Math.max(2 * group, room));
      const step = Math.ceil((end - row) / readers / group) * group;
      bytes += rowBytes * (end - row);
      // Readers of small tensors take turns.
      for (let reader = index; row < end; reader++, row += step) {
        round.push({ index, row, rows: Math.min(step, end - row), reader: reader % readers });
      }
      row = end;
    }
  }
  if (round.length) yield round;
}

/** Yields rounds of at most 16 MB, in which each rank reads on in the tensors that are dealt to it. */
function* roundsByTensors(holding: Holding): Generator<Portion[]> {
  const { ranks: { data, world }, parameters } = holding;
  const readers = Array.from({ length: world.size }, (_, reader) => portionsOf(reader));
  while (true) {
    const round = readers.flatMap((portions) => portions.next().value ?? []);
    if (round.length === 0) return;
    yield round;
  }

  function* portionsOf(reader: number): Generator<Portion, undefined> {
    for (let index = reader; index < parameters.length; index += world.size) {
      const all = rowCount(holding, index);
      const most = 2 *
        Math.max(1, Math.floor(pieceBytes / data.size / (8 * columnsOf(parameters[index].shape))));
      for (let row = 0; row < all; row += most) {
        yield { reader, index, row, rows: Math.min(most, all - row) };
      }
    }
  }
}
