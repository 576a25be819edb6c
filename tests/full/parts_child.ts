/**
 * Writes a large file of JSON Lines whole or as a part of one, and prints its peak memory and time.
 *
 * @module
 */
import { Dataset, joinParts } from "../../src/data/mod.ts";

const [folder, what, count] = Deno.args;
const path = `${folder}/in.jsonl`;

/** Writes documents of about 1 kB. */
async function generate(documents: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const encoder = new TextEncoder();
  for (let from = 0; from < documents; from += 1000) {
    const lines = Array.from({ length: Math.min(1000, documents - from) }, (_, i) => {
      const text = `The llama number ${from + i} went over the hill. It ate there. Then it slept. `.repeat(
        13,
      );
      return `${JSON.stringify({ text, n: from + i })}\n`;
    });
    for (let bytes = encoder.encode(lines.join("")); bytes.length;) {
      bytes = bytes.subarray(await file.write(bytes));
    }
  }
}

const peak = () =>
  Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]) * 1.024 / 1000; // in kibibytes

const begun = performance.now();
const dataset = Dataset.jsonl(path, { text: "text" }).clean({ badWords: false });
const bytes = 1 << 25;
let records = 0;
if (what === "generate") await generate(Number(count));
else if (what === "whole") {
  const options = { shardBytes: bytes, workers: 0 };
  records = (await dataset.write(`${folder}/whole/x-*.jsonl.zst`, options)).records;
} else if (what === "join") {
  const { stats, lines } = await joinParts(`${folder}/part/x-*.jsonl.zst`, { verify: true });
  records = lines.length > 1 ? stats.records : -1;
} else {
  const pattern = `${folder}/${what}/x-*${what === "parquet" ? ".parquet" : ".jsonl.zst"}`;
  records = (await dataset.write(pattern, { part: 0, of: 1, unitBytes: bytes, workers: 0 })).records;
}
console.log(JSON.stringify({ records, megabytes: peak(), seconds: (performance.now() - begun) / 1000 }));
