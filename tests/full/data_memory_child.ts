/**
 * Reads a generated file of JSON Lines through `dedup -> language -> clean -> write` and prints its peak memory.
 *
 * @module
 */
import { Dataset } from "../../src/data/mod.ts";

const [folder, count, workers] = Deno.args;
const path = `${folder}/in.jsonl`;
const animals = "llama horse donkey camel sheep goat rabbit fox heron otter badger raven".split(" ");
const places = "hill river forest meadow village harbour mountain valley desert island".split(" ");

/** Writes distinct lines of about 100 bytes that pass every rule. */
async function generate(lines: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const encoder = new TextEncoder();
  for (let from = 0; from < lines; from += 10_000) {
    let block = "";
    for (let i = from; i < Math.min(lines, from + 10_000); i++) {
      const animal = animals[i % 12];
      const place = places[(i >>> 4) % 10];
      block +=
        `{"text":"The ${animal} number ${i} went over the ${place}. It ate there. Then it slept until noon."}\n`;
    }
    for (let bytes = encoder.encode(block); bytes.length;) bytes = bytes.subarray(await file.write(bytes));
  }
}

const peak = () =>
  Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]) * 1.024 / 1000; // in kibibytes

await generate(Number(count));
const { size } = Deno.statSync(path);
const begun = performance.now();
const options = workers === "auto" ? {} : { workers: Number(workers) };
const stats = await Dataset.jsonl(path, { text: "text" }).dedup().language({ keep: "en" }).clean()
  .write(`${folder}/out-*.jsonl`, options);
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ size, records: stats.records, megabytes: peak(), seconds, steps: stats.steps }));
