/**
 * The windows of one packed source, cut from its shards where they lie.
 *
 * Documents stand one behind another as `<s>` text `</s>`; window i holds the ids from i * context on, one more than
 * it has positions, so its last target is the first input of the next one and no token is lost between them.
 * Conversations stand in rows of context + 1 ids of their own, so that none is cut by a border.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { ShardReader } from "../../formats/shard_file.ts";
import { borderBytes, DocumentIndex, type Span } from "./document_index.ts";
import type { PackFacts } from "../plan/pass.ts";
import { idBytes } from "./pack_writer.ts";
import type { Window } from "../windows/window.ts";

/** How a folder of shards is to be read. */
export interface PackedOptions {
  /** Name of the source. */
  name: string;
  /** Positions of a window. */
  context: number;
  /** Whether attention stops at document borders. */
  documentMask: boolean;
  /** Every id is below it. */
  vocabSize: number;
}

/** A packed source that is open for reading. */
export class Packed {
  /** What the packing counted. */
  readonly facts: PackFacts;
  /** Full windows. */
  readonly windows: number;
  /** Tokens behind the last full window, which only {@linkcode tail} predicts. */
  readonly dropped: number;
  readonly #options: PackedOptions;
  readonly #ids: ShardReader;
  readonly #borders: DocumentIndex;
  readonly #marks?: ShardReader;
  readonly #stride: number;
  readonly #files: ShardReader[] = [];

  /**
   * Opens the shards of `folder`.
   *
   * @throws {FormatError} when a file is missing, cut short or of another vocabulary
   */
  constructor(folder: string, facts: PackFacts, options: PackedOptions) {
    const { context, vocabSize } = options;
    this.facts = facts;
    this.#options = options;
    try {
      this.#ids = this.#open(folder, "ids", idBytes(vocabSize));
      const borders = this.#open(folder, "borders", borderBytes);
      this.#borders = new DocumentIndex(borders);
      if (facts.kind === "conversations") this.#marks = this.#open(folder, "marks", 1);
      checkLengths(this.#ids, borders, this.#borders, this.#marks);
    } catch (error) {
      this.close();
      throw error;
    }
    const tokens = this.#ids.records;
    this.#stride = this.#marks ? context + 1 : context;
    this.windows = this.#marks ? tokens / this.#stride : Math.floor((tokens - 1) / context);
    this.dropped = this.#marks ? 0 : tokens - 1 - this.windows * context;
  }

  /** Window `i`. */
  window(i: number): Window {
    return this.#cut(i * this.#stride, this.#options.context + 1);
  }

  /** The short window behind the last full one, padded with -100; undefined when there is none. */
  tail(): Window | undefined {
    return this.dropped === 0 ? undefined : this.#cut(this.windows * this.#stride, this.dropped + 1);
  }

  /** Closes the files. */
  close(): void {
    for (const file of this.#files.splice(0)) file.close();
  }

  #open(folder: string, kind: string, recordBytes: number): ShardReader {
    const file = new ShardReader(`${folder}/${kind}`, {
      kind,
      recordBytes,
      vocabSize: this.#options.vocabSize,
    });
    this.#files.push(file);
    return file;
  }

  /** The window over positions `start` to `start + length` of the stream. */
  #cut(start: number, length: number): Window {
    const { context, name } = this.#options;
    const ids = this.#idsAt(start, length);
    const spans = this.#borders.spans(start, start + length);
    const targets = new Int32Array(context).fill(-100);
    targets.set(ids.subarray(1, length));
    const first = new Uint32Array(context);
    if (this.#options.documentMask || this.#marks) separate(spans, start, first, targets);
    if (this.#marks) keepMarked(this.#marks.read(start, length), targets);
    const bytes = bytesUpTo(spans, start + length) - bytesUpTo(spans, start + 1);
    return { ids, targets, first, bytes, source: name };
  }

  /** `[context + 1]` ids; behind `length` the last one is repeated, where no target asks for it. */
  #idsAt(start: number, length: number): Uint32Array {
    const { context, vocabSize } = this.#options;
    const bytes = this.#ids.read(start, length).buffer;
    const ids = new Uint32Array(context + 1);
    ids.set(idBytes(vocabSize) === 2 ? new Uint16Array(bytes) : new Uint32Array(bytes));
    const wrong = ids.findIndex((id) => id >= vocabSize);
    if (wrong < 0) return ids.fill(ids[length - 1], length);
    throw new FormatError(
      `Cannot use the token shard: id ${ids[wrong]} of record ${start + wrong} must be below ${vocabSize}`,
      { file: this.#ids.path, expected: `an id below ${vocabSize}` },
    );
  }
}

/** Starts attention and positions anew at each document, and predicts no document from the one before it. */
function separate(spans: Span[], start: number, first: Uint32Array, targets: Int32Array): void {
  for (const span of spans) {
    const at = span.start - start;
    if (at <= 0) continue;
    first.fill(at, at);
    targets[at - 1] = -100;
  }
}

function keepMarked(marks: Uint8Array, targets: Int32Array): void {
  for (let t = 0; t + 1 < marks.length; t++) if (marks[t + 1] === 0) targets[t] = -100;
}

/** Bytes of text that the tokens before `position` stand for: those of a document lie evenly on all but its first. */
function bytesUpTo(spans: Span[], position: number): number {
  const span = spans.find(({ end }) => position <= end) ?? spans[spans.length - 1];
  const tokens = span.end - span.start - 1;
  const done = Math.max(0, position - span.start - 1);
  return span.bytesBefore + (tokens <= 0 ? 0 : Math.floor(span.bytes * done / tokens));
}

function checkLengths(
  ids: ShardReader,
  file: ShardReader,
  borders: DocumentIndex,
  marks?: ShardReader,
): void {
  const { tokens } = file.records > 0 ? borders.total : { tokens: -1 };
  if (tokens === ids.records && (!marks || marks.records === tokens)) return;
  throw new FormatError(
    `Cannot use the token shard: its index ends at token ${tokens}, its ids at ${ids.records}; ` +
      "delete its folder to make it again",
    { file: file.path, expected: `${ids.records} tokens` },
  );
}
