/**
 * Packs documents as one stream of tokens: `<s>` text `</s>`, one behind another.
 *
 * Every million tokens the files are synced to disk and their lengths noted in `progress.json`. After a process was killed,
 * the next one reads the documents again up to there without tokenizing them, and goes on; the files come out the same.
 *
 * @module
 */
import { utf8Bytes } from "../document.ts";
import type { Pass } from "../plan/pass.ts";
import { entriesOf } from "../plan/plan.ts";
import { skipPlan } from "../steps/basic_steps.ts";
import { encodedPlan } from "./encode_step.ts";
import { checkIds, type PackCounts, type PackJob } from "./pack_job.ts";
import { PackWriter, type WriterState } from "./pack_writer.ts";

/** Tokens between two notes. [ours] */
const noteEvery = 1 << 20;

/** Packs the documents of a source into `folder` and counts them. */
export async function packDocuments(
  folder: string,
  { plan, encoder, onProgress }: PackJob,
  pass: Pass,
): Promise<PackCounts> {
  using writer = PackWriter.resume(folder, encoder.vocabSize, readProgress(folder));
  writeProgress(folder, writer.state);
  let { borders: documents, ids: tokens, bytes } = writer.state;
  let noted = tokens;
  const rest = documents > 0 ? skipPlan(plan, documents) : plan;
  for await (const entry of entriesOf(encodedPlan(rest, encoder), pass)) {
    const { document, derived } = entry.value;
    const ids = checkIds(derived, encoder, entry);
    const size = utf8Bytes(document.text);
    writer.append(ids, size);
    documents++;
    tokens += ids.length;
    bytes += size;
    if (tokens - noted >= noteEvery) {
      writer.sync();
      writeProgress(folder, writer.state);
      noted = tokens;
    }
    onProgress?.({ documents, tokens });
  }
  writer.finish();
  Deno.removeSync(progressIn(folder));
  return { documents, tokens, bytes, cut: { conversations: 0, tokens: 0 } };
}

function progressIn(folder: string): string {
  return `${folder}/progress.json`;
}

/** Reads the note of a killed process; undefined when there is none, or it was cut short. */
function readProgress(folder: string): WriterState | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(progressIn(folder)));
  } catch {
    return undefined;
  }
}

function writeProgress(folder: string, state: WriterState): void {
  Deno.writeTextFileSync(`${progressIn(folder)}.new`, JSON.stringify(state));
  Deno.renameSync(`${progressIn(folder)}.new`, progressIn(folder));
}
