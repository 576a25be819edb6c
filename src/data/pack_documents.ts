/**
 * Documents as one stream of tokens: `<s>` text `</s>`, one behind another.
 *
 * @module
 */
import { asDocument, type Entry, utf8Bytes } from "./document.ts";
import { checkIds, type Facts, type PackJob } from "./pack_job.ts";
import type { PackWriter } from "./pack_writer.ts";

/** Writes the documents and counts them. */
export async function packDocuments(
  entries: AsyncIterable<Entry<unknown>>,
  writer: PackWriter,
  { encoder, onProgress }: PackJob,
): Promise<Omit<Facts, "kind" | "steps">> {
  let documents = 0, tokens = 0, bytes = 0;
  for await (const entry of entries) {
    const { text } = asDocument(entry);
    const ids = checkIds(encoder.encode(text, { bos: true, eos: true }), encoder, entry);
    const size = utf8Bytes(text);
    writer.append(ids, size);
    documents++;
    tokens += ids.length;
    bytes += size;
    onProgress?.({ documents, tokens });
  }
  return { documents, tokens, bytes, cut: { conversations: 0, tokens: 0 } };
}
