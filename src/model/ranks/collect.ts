/**
 * Writing parameters that several ranks hold: files are dealt to ranks, and each piece of a tensor goes to the rank that
 * writes its file.
 *
 * Every rank walks the same files in the same order. A round brings each writer one piece of at most 16 MB, so that no rank
 * holds more of a tensor than that. Nothing travels of parameters that each rank holds whole.
 *
 * @module
 */
import type { Ranks } from "../../base/exchange.ts";
import { shareFailures } from "../../base/together.ts";
import {
  batchesOf,
  byParameter,
  drainArena,
  type ParameterPieces,
  type ParameterSegment,
} from "../weights/stream_weights.ts";
import type { Parameter } from "../weights/weight_layout.ts";
import { type HeldParameters, Holding, type Share, type TensorRows } from "./held_parameters.ts";
import { exchangeParcels, type Failure, failureOf, type Parcel } from "./parcels.ts";

/** Parameters `from` to `to` (exclusive) of a layout, in its order. */
export interface ParameterSpan {
  /** The parameters. */
  held: HeldParameters;
  /** Position of the first. */
  from: number;
  /** Position behind the last. */
  to: number;
}

/** A file of parameters to write. */
export interface CollectedFile {
  /** Its parameters, in order. */
  content: readonly ParameterSpan[];
  /** Writes it; called on one rank, which is handed every parameter with the shape of the whole tensor. */
  write(pieces: AsyncGenerator<ParameterPieces>): Promise<void>;
}

type Piece = [ParameterSegment, Float32Array<ArrayBuffer>];

/**
 * Writes files of parameters, each on one rank. Every rank calls it with the same files.
 *
 * @returns the positions of the files that this rank has written
 * @throws the error of the rank that failed, on every rank
 */
export async function collectFiles(
  ranks: Ranks,
  files: readonly CollectedFile[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<number[]> {
  const { world } = ranks;
  const own = files.map((_, i) => i).filter((i) => writerOf(ranks, i) === world.rank);
  const travels = ({ content }: CollectedFile) => content.some(({ held }) => !isWhole(ranks, held));
  const writeWhole = async () => {
    for (const i of own) if (!travels(files[i])) await files[i].write(drainSpans(files[i].content, signal));
  };
  if (world.size === 1 && !files.some(travels)) await writeWhole();
  else await new Collection(ranks, files, travels, signal).run(own, writeWhole);
  return own;
}

/** Returns the rank of the world that writes the i-th file: data ranks in turn, then the next model rank of each. */
function writerOf({ data, model }: Ranks, i: number): number {
  return i % data.size * model.size + Math.floor(i / data.size) % model.size;
}

/** Returns true for parameters that this rank holds whole, as all ranks do. */
function isWhole({ model }: Ranks, { divided }: HeldParameters): boolean {
  return model.size === 1 && !divided;
}

/** Reads parameters that this rank holds. */
async function* drainSpans(
  content: readonly ParameterSpan[],
  signal?: AbortSignal,
): AsyncGenerator<ParameterPieces> {
  for (const { held: { device, layout, store }, from, to } of content) {
    const { config } = layout;
    const parameters = layout.parameters.slice(from, to);
    yield* drainArena(device, { parameters, config }, store!, { signal });
  }
}

/** Copies parameters to host memory whole, on every rank. Every rank calls it. */
export async function collectEverywhere(
  ranks: Ranks,
  held: HeldParameters,
): Promise<Map<string, Float32Array<ArrayBuffer>>> {
  const named = new Map<string, Float32Array<ArrayBuffer>>();
  const content = [{ held, from: 0, to: held.layout.parameters.length }];
  const gather = async (pieces: AsyncGenerator<ParameterPieces>) => {
    for await (const { parameter, data } of pieces) {
      const whole = new Float32Array(parameter.shape.reduce((a, b) => a * b, 1));
      let at = 0;
      for await (const piece of data()) {
        whole.set(piece, at);
        at += piece.length;
      }
      named.set(parameter.name, whole);
    }
  };
  const files = Array.from({ length: ranks.world.size }, () => ({ content, write: gather }));
  await collectFiles(ranks, files);
  return named;
}

/** Rows of a tensor in a holding, with the segment that they become. */
interface WantedRows extends TensorRows {
  holding: Holding;
  segment: ParameterSegment;
}

/** The collection of files from all ranks. */
class Collection {
  readonly #holdings = new Map<HeldParameters, Holding>();
  #failure?: Failure;
  /** True once another rank has failed, so that pieces are missing. */
  #stopped = false;

  constructor(
    readonly ranks: Ranks,
    readonly files: readonly CollectedFile[],
    /** Returns true for a file whose parameters travel. */
    readonly travels: (file: CollectedFile) => boolean,
    readonly signal?: AbortSignal,
  ) {}

  /** Writes this rank's files after `first`, and takes part in all rounds. */
  async run(own: readonly number[], first: () => Promise<void>): Promise<void> {
    for (const { held } of this.files.filter(this.travels).flatMap(({ content }) => content)) {
      if (!this.#holdings.has(held)) this.#holdings.set(held, await Holding.open(this.ranks, held));
    }
    const rounds = this.#rounds();
    const failure = await failureOf(async () => {
      await first();
      for (const i of own.filter((i) => this.travels(this.files[i]))) {
        await this.files[i].write(byParameter(piecesOf(this.files[i], rounds)));
      }
    });
    if (!this.#stopped) this.#failure ??= failure;
    for (let next = await rounds.next(); !next.done;) next = await rounds.next();
    await shareFailures(this.ranks.world, "end of files", this.#failure);
  }

  /** Yields the pieces of this rank's files, one round after another. */
  async *#rounds(): AsyncGenerator<Piece> {
    const { world } = this.ranks;
    const queues = Array.from({ length: world.size }, (_, rank) => this.#wantedBy(rank));
    while (true) {
      const wanted = queues.map((queue) => queue.next().value ?? undefined);
      if (wanted.every((rows) => !rows)) return;
      let contents: Float32Array<ArrayBuffer>[][] | undefined;
      this.#failure ??= await failureOf(async () => {
        this.signal?.throwIfAborted();
        contents = await this.#contents(wanted);
      });
      const parcels = await exchangeParcels(world, contents, "pieces of files");
      this.#stopped = !parcels;
      if (!parcels) return;
      for (const rows of wanted[world.rank] ?? []) yield [rows.segment, assembled(rows, world.rank, parcels)];
    }
  }

  /** Yields the rows that a rank of the world needs in each round. */
  *#wantedBy(rank: number): Generator<WantedRows[], undefined> {
    for (const [i, file] of this.files.entries()) {
      if (!this.travels(file) || writerOf(this.ranks, i) !== rank) continue;
      for (const { held, from, to } of file.content) {
        const holding = this.#holdings.get(held)!;
        const parameters = holding.parameters.slice(from, to);
        const positions = new Map<Parameter, number>(parameters.map((parameter, i) => [parameter, from + i]));
        for (const batch of batchesOf({ parameters, config: held.layout.config })) {
          yield batch.map((segment) => {
            const { parameter, row, rows } = segment;
            return { holding, segment, index: positions.get(parameter)!, row, rows };
          });
        }
      }
    }
  }

  /** Reads all that this rank holds of the rows that others need, by rank. */
  async #contents(
    wanted: readonly (readonly WantedRows[] | undefined)[],
  ): Promise<Float32Array<ArrayBuffer>[][]> {
    const { rank } = this.ranks.world;
    const shares = wanted.flatMap((all, to) =>
      (all ?? []).flatMap((rows) =>
        rows.holding.sharesFor(to, rows).filter((share) => share.rank === rank).map((share) => ({
          share,
          to,
          holding: rows.holding,
        }))
      )
    );
    const contents: Float32Array<ArrayBuffer>[][] = wanted.map(() => []);
    for (const [holding, all] of Map.groupBy(shares, ({ holding }) => holding)) {
      const found = await holding.read(all.map(({ share }) => share));
      all.forEach(({ to }, i) => contents[to].push(found[i]));
    }
    return contents;
  }
}

/** Yields the pieces of one file. */
async function* piecesOf({ content }: CollectedFile, rounds: AsyncGenerator<Piece>): AsyncGenerator<Piece> {
  let left = content.reduce((sum, { from, to }) => sum + to - from, 0);
  while (left > 0) {
    const { value, done } = await rounds.next();
    if (done) return;
    yield value;
    if (value[0].last) left--;
  }
}

/** Puts rows together from the parcels of the ranks that hold them. */
function assembled(
  rows: WantedRows,
  rank: number,
  parcels: readonly Parcel[],
): Float32Array<ArrayBuffer> {
  const { holding, segment: { parameter }, row } = rows;
  const cols = parameter.shape.at(-1) ?? 1;
  const shares = holding.sharesFor(rank, rows);
  if (shares.length === 1 && shares[0].part.cols === cols) return floatsOf(shares[0], parcels);
  const whole = new Float32Array(rows.rows * cols);
  for (const share of shares) {
    const data = floatsOf(share, parcels);
    const { part, from, to } = share;
    for (let element = from; element < to;) {
      const length = Math.min(part.cols - element % part.cols, to - element);
      const at = (Math.floor(element / part.cols) + part.row - row) * cols + part.col + element % part.cols;
      whole.set(data.subarray(element - from, element - from + length), at);
      element += length;
    }
  }
  return whole;
}

function floatsOf({ rank, from, to }: Share, parcels: readonly Parcel[]): Float32Array<ArrayBuffer> {
  return parcels[rank].floats(to - from);
}
