/**
 * A packed source as a source of windows, cut from its shards where they lie.
 *
 * Documents stand one behind another as `<s>` text `</s>`; window i holds the ids from i * context on, one more than
 * it has positions, so its last target is the first input of the next one and no token is lost between them.
 * Conversations stand in rows of context + 1 ids of their own, so that none is cut by a border.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { ShardReader } from "../../formats/shard_file.ts";
import type { Shards } from "../plan/artifact_store.ts";
import type { MixShare } from "../plan/plan.ts";
import type { WindowSource } from "../windows/prepared_tokens.ts";
import type { Window } from "../windows/window.ts";
import { borderBytes, DocumentIndex, type Span } from "./document_index.ts";
import type { PackFacts } from "./pack_job.ts";
import { idBytes } from "./pack_writer.ts";
import type { RecordKind } from "./record_kind.ts";

/** Settings of the windows. */
interface PackedOptions {
  /** Positions of a window. */
  context: number;
  /** True when attention stops at document borders; for conversations it always does. */
  documentMask: boolean;
  /** Every id is below it. */
  vocabSize: number;
}

/** A packed source that is open for reading. */
export class PackedSource implements WindowSource {
  readonly name: string;
  /** The kind of its records. */
  readonly kind: RecordKind;
  readonly weight: number;
  readonly maxEpochs?: number;
  readonly windows: number;
  readonly documents: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly cut: number;
  readonly documentMask: boolean;
  readonly #context: number;
  readonly #vocabSize: number;
  readonly #ids: ShardReader;
  readonly #index: DocumentIndex;
  /** A mark for each id of conversations: 1 where it is learned. */
  readonly #marks?: ShardReader;
  readonly #stride: number;
  readonly #files: ShardReader[] = [];

  /**
   * Opens the shards of a source.
   *
   * @throws {FormatError} when a file is missing, cut short or of another vocabulary
   */
  constructor(
    { name, weight, maxEpochs }: MixShare,
    { folder, facts }: Shards<PackFacts>,
    { context, documentMask, vocabSize }: PackedOptions,
  ) {
    const isConversations = facts.kind === "conversations";
    this.name = name;
    this.kind = facts.kind;
    this.weight = weight;
    this.maxEpochs = maxEpochs;
    this.documents = facts.documents;
    this.tokens = facts.tokens;
    this.bytes = facts.bytes;
    this.cut = facts.cut.tokens;
    this.documentMask = documentMask || isConversations;
    this.#context = context;
    this.#vocabSize = vocabSize;
    try {
      this.#ids = this.#open(folder, "ids", idBytes(vocabSize));
      const borders = this.#open(folder, "borders", borderBytes);
      this.#index = new DocumentIndex(borders);
      if (isConversations) this.#marks = this.#open(folder, "marks", 1);
      checkLengths(this.#ids, borders, this.#index, this.#marks);
    } catch (error) {
      this.close();
      throw error;
    }
    const ids = this.#ids.records;
    this.#stride = isConversations ? context + 1 : context;
    this.windows = isConversations ? ids / this.#stride : Math.floor((ids - 1) / context);
    this.dropped = isConversations ? 0 : ids - 1 - this.windows * context;
  }

  window(i: number): Window {
    return this.#cut(i * this.#stride, this.#context + 1);
  }

  tail(): Window | undefined {
    return this.dropped === 0 ? undefined : this.#cut(this.windows * this.#stride, this.dropped + 1);
  }

  documentsIn(windows: number): number {
    if (windows === 0) return 0;
    if (windows >= this.windows + Number(this.dropped > 0)) return this.documents;
    const end = windows * this.#stride;
    if (this.kind === "documents") return this.#index.countTo(end);
    return this.#index.spans(0, end).filter(({ bytes }) => bytes > 0).length; // the others fill rows up
  }

  close(): void {
    for (const file of this.#files.splice(0)) file.close();
  }

  #open(folder: string, kind: string, recordBytes: number): ShardReader {
    const file = new ShardReader(`${folder}/${kind}`, { kind, recordBytes, vocabSize: this.#vocabSize });
    this.#files.push(file);
    return file;
  }

  /** Returns the window over the `length` ids from `start` on. */
  #cut(start: number, length: number): Window {
    const context = this.#context;
    const ids = this.#idsAt(start, length);
    const spans = this.#index.spans(start, start + length);
    const targets = new Int32Array(context).fill(-100);
    targets.set(ids.subarray(1, length));
    const first = new Uint32Array(context);
    if (this.documentMask) separate(spans, start, first, targets);
    if (this.#marks) keepMarked(this.#marks.read(start, length), targets);
    const bytes = bytesUpTo(spans, start + length) - bytesUpTo(spans, start + 1);
    return { ids, targets, first, bytes, source: this.name };
  }

  /** Returns `[context + 1]` ids; behind `length` the last one is repeated, where no target asks for it. */
  #idsAt(start: number, length: number): Uint32Array {
    const bytes = this.#ids.read(start, length).buffer;
    const ids = new Uint32Array(this.#context + 1);
    ids.set(idBytes(this.#vocabSize) === 2 ? new Uint16Array(bytes) : new Uint32Array(bytes));
    const wrong = ids.findIndex((id) => id >= this.#vocabSize);
    if (wrong < 0) return ids.fill(ids[length - 1], length);
    throw new FormatError(
      `Cannot use the token shard: id ${ids[wrong]} of record ${
        start + wrong
      } must be below ${this.#vocabSize}`,
      { file: this.#ids.path, expected: `an id below ${this.#vocabSize}` },
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

/** Keeps the targets whose ids are marked. */
function keepMarked(marks: Uint8Array, targets: Int32Array): void {
  for (let t = 0; t + 1 < marks.length; t++) if (marks[t + 1] === 0) targets[t] = -100;
}

/** Returns the bytes of text that the tokens before `position` stand for: those of a document lie evenly on all but its first. */
function bytesUpTo(spans: Span[], position: number): number {
  const span = spans.find(({ end }) => position <= end) ?? spans[spans.length - 1];
  const tokens = span.end - span.start - 1;
  const done = Math.max(0, position - span.start - 1);
  return span.bytesBefore + (tokens <= 0 ? 0 : Math.floor(span.bytes * done / tokens));
}

function checkLengths(
  ids: ShardReader,
  borders: ShardReader,
  index: DocumentIndex,
  marks?: ShardReader,
): void {
  const { tokens } = borders.records > 0 ? index.total : { tokens: -1 };
  if (tokens === ids.records && (!marks || marks.records === tokens)) return;
  throw new FormatError(
    `Cannot use the token shard: its index ends at token ${tokens}, its ids at ${ids.records}; ` +
      "delete its folder to make it again",
    { file: borders.path, expected: `${ids.records} tokens` },
  );
}
