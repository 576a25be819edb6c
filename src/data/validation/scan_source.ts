/**
 * One look over a source before some of it is held out: how many documents, and which come first by hash.
 *
 * @module
 */
import type { Encoder } from "../../base/encoder.ts";
import { hashUniform } from "../../base/random.ts";
import { asDocument, type Conversation, type Entry, idOf } from "../document.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";
import { Pass } from "../plan/pass.ts";

/** What is asked of a source. */
export interface CensusOptions {
  /** The tokenizer. */
  encoder: Encoder;
  /** Seed of the hash. */
  seed: number;
  /** The share asked for. */
  share: number;
  /** Tokens to be found. */
  tokens: number;
  /** Number of documents from which the share alone can decide. */
  enough: number;
  /** Stops the look. */
  signal?: AbortSignal;
}

/** What a look over a source found. */
export interface HoldOutScan {
  /** Documents seen; all of them unless the look could end early. */
  documents: number;
  /** Whether they are conversations. */
  conversations: boolean;
  /** Places in [0, 1) of the documents that come first by hash, ascending, as many as reach the tokens asked for. */
  places: number[];
  /** Tokens of those documents. */
  tokens: number;
  /** The highest place of all. */
  highest: number;
}

/**
 * Looks over a source, tokenizing only documents that come early by hash, and ends as soon as the share alone
 * is seen to give the tokens asked for.
 */
export async function census(plan: DatasetPlan, options: CensusOptions): Promise<HoldOutScan> {
  const found = { documents: 0, conversations: plan.kind === "conversations", highest: 0 };
  const first: { place: number; tokens: number }[] = [];
  let tokens = 0;
  for await (const entry of entriesOf(plan, new Pass({ signal: options.signal }))) {
    const place = hashUniform(options.seed, idOf(entry));
    found.documents++;
    found.highest = Math.max(found.highest, place);
    found.conversations ||= messagesOf(entry) !== undefined;
    const last = first[first.length - 1];
    if (last && tokens >= options.tokens && place > last.place) {
      if (found.documents >= options.enough && last.place < options.share) break;
      continue;
    }
    const own = tokensOf(entry, options.encoder);
    first.splice(first.findLastIndex((other) => other.place <= place) + 1, 0, { place, tokens: own });
    tokens += own;
    while (tokens - first[first.length - 1].tokens >= options.tokens) tokens -= first.pop()!.tokens;
  }
  return { ...found, places: first.map(({ place }) => place), tokens };
}

function tokensOf(entry: Entry<unknown>, encoder: Encoder): number {
  const messages = messagesOf(entry);
  if (messages) return encoder.chat(messages).ids.length;
  return encoder.encode(asDocument(entry).text, { bos: true, eos: true }).length;
}

function messagesOf(entry: Entry<unknown>): Conversation["messages"] | undefined {
  const { messages } = (entry.value ?? {}) as Partial<Conversation>;
  return Array.isArray(messages) ? messages : undefined;
}
