/**
 * A scan of a source before some of it is held out: its number of documents, and those that come first by hash.
 *
 * @module
 */
import { documentIds, type Encoder } from "../../base/encoder.ts";
import { hashUniform } from "../../base/random.ts";
import { withProgress } from "../../display/progress.ts";
import { asDocument, type Conversation, type Entry, idOf } from "../document.ts";
import { checkKind, type RecordKind } from "../packing/record_kind.ts";
import { Pass } from "../plan/pass.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";

/** Settings of a scan. */
interface ScanOptions {
  /** The tokenizer. */
  encoder: Encoder;
  /** Seed of the hash. */
  seed: number;
  /** The share to hold out. */
  share: number;
  /** Tokens that the documents which come first are to reach. */
  tokens: number;
  /** Number of documents from which a split by hash is possible; fewer are only counted. */
  minDocuments: number;
  /** The kind of records; those of another kind are refused. */
  kind?: RecordKind;
  /** Stops the scan. */
  signal?: AbortSignal;
}

/** The result of a scan. */
export interface SourceScan {
  /** Documents seen; all of them unless the scan could end early. */
  documents: number;
  /** True when they are conversations. */
  conversations: boolean;
  /**
   * Places in [0, 1) of the documents that come first by hash, ascending, as many as reach the tokens asked for. Empty
   * where documents were only counted.
   */
  places: number[];
  /** Tokens of those documents. */
  tokens: number;
  /** The highest place of all documents. */
  highest: number;
}

/** UTF-16 units of text that are kept back while it is open whether there are enough documents. [ours] */
const maxUnitsKept = 1 << 24;

/**
 * Scans a source. Tokenizes only documents that come early by hash, and ends as soon as the share alone is seen to give the
 * tokens asked for. Fewer than `minDocuments` documents are not tokenized, unless they are longer than is kept in memory.
 */
export async function scanSource(plan: DatasetPlan, options: ScanOptions): Promise<SourceScan> {
  const first = new FirstByHash(options);
  let documents = 0;
  let conversations = plan.kind === "conversations";
  let kept: Entry<unknown>[] = [];
  let unitsKept = 0;
  await withProgress("choosing validation data", { unit: "record" }, async (progress) => {
    for await (const entry of entriesOf(plan, new Pass({ signal: options.signal }))) {
      progress.set(++documents);
      checkKind(entry, options.kind);
      conversations ||= messagesOf(entry) !== undefined;
      kept.push(entry);
      if (!conversations && documents < options.minDocuments) {
        unitsKept += asDocument(entry).text.length;
        if (unitsKept <= maxUnitsKept) continue;
      }
      for (const earlier of kept) first.add(earlier);
      kept = [];
      if (first.isSettled) break;
    }
  });
  return { documents, conversations, ...first.result() };
}

/** The documents that come first by hash. */
class FirstByHash {
  /** True when the share alone gives the tokens asked for. */
  isSettled = false;
  readonly #options: ScanOptions;
  readonly #first: { place: number; tokens: number }[] = [];
  #documents = 0;
  #tokens = 0;
  #highest = 0;

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  add(entry: Entry<unknown>): void {
    const { seed, share, tokens, minDocuments, encoder } = this.#options;
    const first = this.#first;
    const place = hashUniform(seed, idOf(entry));
    this.#documents++;
    this.#highest = Math.max(this.#highest, place);
    const last = first.at(-1);
    if (last && this.#tokens >= tokens && place > last.place) {
      this.isSettled = this.#documents >= minDocuments && last.place < share;
      return;
    }
    const own = tokensOf(entry, encoder);
    first.splice(first.findLastIndex((other) => other.place <= place) + 1, 0, { place, tokens: own });
    this.#tokens += own;
    while (this.#tokens - first[first.length - 1].tokens >= tokens) this.#tokens -= first.pop()!.tokens;
  }

  result(): Pick<SourceScan, "places" | "tokens" | "highest"> {
    return {
      places: this.#first.map(({ place }) => place),
      tokens: this.#tokens,
      highest: this.#highest,
    };
  }
}

function tokensOf(entry: Entry<unknown>, encoder: Encoder): number {
  const messages = messagesOf(entry);
  if (messages) return encoder.chat(messages).ids.length;
  return documentIds(encoder, asDocument(entry).text).length;
}

function messagesOf(entry: Entry<unknown>): Conversation["messages"] | undefined {
  const { messages } = (entry.value ?? {}) as Partial<Conversation>;
  return Array.isArray(messages) ? messages : undefined;
}
