/**
 * A corpus of several formats, made for the tests of jobs over parts, and a process that writes a part of it and may be killed.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { Dataset } from "../../../src/data/dataset.ts";
import type { WriteOptions } from "../../../src/data/io/write_jsonl.ts";

/** Returns the text of record `n` of file `file`: some short, some in other letters, some twice in the corpus. */
export function textOf(file: number, n: number): string {
  return `${file}.${n} ${"Llamas hum, ällämäs hum. ".repeat(1 + (file * 31 + n * 7) % 9)}`;
}

/** Writes `files` files of each format, the n-th one with 10 + n records, and a plain file of 200 records. */
export async function makeCorpus(folder: string, files = 6): Promise<void> {
  const records = (file: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({ text: textOf(file, n), n, file }));
  const lines = (file: number, count: number) =>
    records(file, count).map((record) => JSON.stringify(record)).join("\n");
  const write = (name: string, bytes: Uint8Array | string) =>
    Deno.writeFile(`${folder}/${name}`, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  for (let i = 0; i < files; i++) {
    await write(`plain-${i}.jsonl`, lines(i, 10 + i));
    await write(`packed-${i}.jsonl.gz`, gzipSync(lines(100 + i, 10 + i)));
    await write(`prose-${i}.txt`, records(200 + i, 10 + i).map(({ text }) => text).join("\n\n"));
    const rows = records(300 + i, 30 + i);
    const parquet = parquetWriteBuffer({
      columnData: [{ name: "text", data: rows.map(({ text }) => text) }, {
        name: "n",
        data: rows.map(({ n }) => n),
      }],
      rowGroupSize: 7,
    });
    await write(`table-${i}.parquet`, new Uint8Array(parquet));
  }
  await write("large.jsonl", `${lines(400, 200)}\n`);
  await write("damaged.jsonl.gz", gzipSync(lines(500, 50)).subarray(0, 200));
}

/** Returns the dataset over the corpus; every record goes through a stage and two functions. */
export function corpus(folder: string): Dataset {
  return Dataset.concat(
    Dataset.jsonl([`${folder}/plain-*.jsonl`, `${folder}/large.jsonl`], { text: "text" }),
    Dataset.jsonl([`${folder}/packed-*.jsonl.gz`, `${folder}/damaged.jsonl.gz`], { text: "text" }),
    Dataset.text(`${folder}/prose-*.txt`, { by: "paragraph" }),
    Dataset.parquet(`${folder}/table-*.parquet`, { text: "text" }),
  )
    .filter(({ text }) => text.length > 60, { name: "long" })
    .map((document) => ({ ...document, meta: { ...document.meta, seen: true } }), { name: "seen" })
    .clean({ badWords: false });
}

/** Options of a unit that cuts the larger files. */
export const unitBytes = 4000;

/** Writes one part. */
export async function writeOne(
  folder: string,
  out: string,
  options: WriteOptions,
): Promise<Dataset> {
  const dataset = corpus(folder);
  await dataset.write(out, { unitBytes, workers: 0, ...options });
  return dataset;
}

/** Writes the one part of one; `told` is told the number of each record behind the steps. */
export async function writeKilled(folder: string, out: string, told?: (n: number) => void): Promise<void> {
  let seen = 0;
  const all = corpus(folder).filter(() => (told?.(++seen), true), { name: "all" });
  await all.write(out, { part: 0, of: 1, unitBytes, workers: 0 });
}

if (import.meta.main) {
  const [folder, out] = Deno.args;
  await writeKilled(folder, out, (n) => {
    if (n !== 350) return;
    console.log("far enough");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  });
}
