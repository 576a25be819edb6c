/**
 * Documents as one stream of tokens: `<s>` text `</s>`, one behind another.
 *
 * Every million tokens all of it is brought to the disk and noted in `progress.json`. Whoever comes after a process that
 * was killed reads the documents again up to there, without tokenizing them, and goes on; the files come out the same.
 *
 * @module
 */
import { type Document, type Entry, utf8Bytes } from "../document.ts";
import { checkIds, type PackJob } from "./pack_job.ts";
import type { PackWriter, WriterState } from "./pack_writer.ts";
import type { PackFacts } from "../plan/pass.ts";

/** Tokens between two notes. [ours] */
const noteEvery = 1 << 20;

/** Writes documents that were encoded and counts them; before them are the `done.borders` that are there already. */
export async function packDocuments(
  entries: AsyncIterable<Entry<Document>>,
  writer: PackWriter,
  { encoder, onProgress }: PackJob,
  done: WriterState,
  note: (state: WriterState) => void,
): Promise<Omit<PackFacts, "kind" | "steps">> {
  let { borders: documents, ids: tokens, bytes } = done;
  let noted = tokens;
  for await (const entry of entries) {
    const { text } = entry.value;
    const ids = checkIds(entry.sketch as Uint32Array, encoder, entry);
    const size = utf8Bytes(text);
    writer.append(ids, size);
    documents++;
    tokens += ids.length;
    bytes += size;
    if (tokens - noted >= noteEvery) {
      note(writer.checkpoint());
      noted = tokens;
    }
    onProgress?.({ documents, tokens });
  }
  return { documents, tokens, bytes, cut: { conversations: 0, tokens: 0 } };
}
