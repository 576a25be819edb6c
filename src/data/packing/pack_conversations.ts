/**
 * Packs conversations into rows of context + 1 ids [paper 4]: whole examples side by side, none across a border.
 *
 * Each example goes to the first of the open rows that has room for it; what stays free is filled with ids that
 * nothing is learned from and nothing can attend to. Learned are the answers and the end marks behind them.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { type Conversation, type Entry, utf8Bytes, wrongField } from "../document.ts";
import type { Pass } from "../plan/pass.ts";
import { entriesOf } from "../plan/plan.ts";
import { checkIds, type PackCounts, type PackJob } from "./pack_job.ts";
import { PackWriter } from "./pack_writer.ts";

/** Rows that wait for examples that fit: more rows waste less room and shuffle the order a little further. [ours] */
const maxOpenRows = 32;

interface Example {
  ids: Uint32Array;
  /** 1 for each id that is learned. */
  marks: Uint8Array;
  /** UTF-8 bytes of answers. */
  bytes: number;
}

interface PackedRow {
  examples: Example[];
  /** Ids of its examples. */
  used: number;
}

/** Packs the conversations of a source into `folder` and counts them. */
export async function packConversations(folder: string, job: PackJob, pass: Pass): Promise<PackCounts> {
  const { plan, context, encoder, onProgress } = job;
  using writer = new PackWriter(folder, encoder.vocabSize);
  const rows = new OpenRows(writer, context + 1, Math.max(0, encoder.eosId));
  const counts = { documents: 0, tokens: 0, bytes: 0, cut: { conversations: 0, tokens: 0 } };
  for await (const entry of entriesOf(plan, pass)) {
    const { example, cut } = exampleOf(entry, job);
    rows.add(example);
    counts.documents++;
    counts.tokens += example.ids.length;
    counts.bytes += example.bytes;
    if (cut > 0) {
      counts.cut.conversations++;
      counts.cut.tokens += cut;
    }
    onProgress?.(counts);
  }
  rows.finish();
  writer.finish();
  return counts;
}

/** Returns the example of one conversation, cut from the right to a window, and the number of tokens cut off. */
function exampleOf(entry: Entry<unknown>, { encoder, context }: PackJob): { example: Example; cut: number } {
  const messages = messagesOf(entry);
  const { ids, mask } = encoder.chat(messages);
  checkIds(ids, encoder, entry);
  const length = Math.min(ids.length, context + 1);
  const marks = mask.slice(0, length);
  // The first id is predicted by nothing, so it cannot be learned.
  marks[0] = 0;
  const learned = count(marks);
  if (learned === 0) throw nothingToLearn(entry, ids.length, context);
  const answers = messages.reduce((sum, m) => sum + (m.role === "assistant" ? utf8Bytes(m.content) : 0), 0);
  const bytes = Math.floor(answers * learned / count(mask));
  return { example: { ids: ids.slice(0, length), marks, bytes }, cut: ids.length - length };
}

function messagesOf(entry: Entry<unknown>): Conversation["messages"] {
  const { messages } = (entry.value ?? {}) as Partial<Conversation>;
  if (Array.isArray(messages)) return messages;
  throw wrongField(
    entry,
    "messages",
    `must be a list of { role, content }, current value is ${show(messages)}`,
  );
}

function nothingToLearn(entry: Entry<unknown>, tokens: number, context: number): DataError {
  const why = tokens > context + 1
    ? `its answer begins behind the ${
      context + 1
    } tokens of a window (it has ${tokens}); raise context, or filter long prompts`
    : "it has no answer of the assistant";
  return new DataError(`Cannot learn from record ${entry.id}: ${why}`, entry.place);
}

function count(marks: Uint8Array): number {
  return marks.reduce((sum, mark) => sum + mark, 0);
}

/** The rows that are being filled. */
class OpenRows {
  readonly #writer: PackWriter;
  readonly #size: number;
  readonly #filler: number;
  #rows: PackedRow[] = [];

  constructor(writer: PackWriter, size: number, filler: number) {
    this.#writer = writer;
    this.#size = size;
    this.#filler = filler;
  }

  add(example: Example): void {
    let row = this.#rows.find(({ used }) => used + example.ids.length <= this.#size);
    if (!row) {
      if (this.#rows.length === maxOpenRows) this.#write(this.#fullest());
      this.#rows.push(row = { examples: [], used: 0 });
    }
    row.examples.push(example);
    row.used += example.ids.length;
    if (row.used === this.#size) this.#write(row);
  }

  finish(): void {
    for (const row of [...this.#rows]) this.#write(row);
  }

  #fullest(): PackedRow {
    return this.#rows.reduce((a, b) => b.used > a.used ? b : a);
  }

  #write(row: PackedRow): void {
    this.#rows = this.#rows.filter((other) => other !== row);
    for (const { ids, marks, bytes } of row.examples) this.#writer.append(ids, bytes, marks);
    const free = this.#size - row.used;
    if (free > 0) this.#writer.append(new Uint32Array(free).fill(this.#filler), 0, new Uint8Array(free));
  }
}
