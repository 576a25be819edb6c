/**
 * Makes a corpus with planted repetitions, or does one part of one job of its deduplication and prints the report, the
 * CPU time and the peak memory.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { Random } from "../../src/base/random.ts";
import { Dataset, DedupJobs, type Document, joinParts } from "../../src/data/mod.ts";

/** Numbers of the made corpus. */
export const made = { files: 20, documents: 200_000, copies: 0.1, near: 0.1, damaged: 7 };

/** Writes the files; one is packed and cut off in the middle. */
export async function makeCorpus(folder: string): Promise<void> {
  const random = new Random(19);
  const vocabulary = Array.from(
    { length: 20_000 },
    () => random.u32().toString(36).slice(0, 2 + random.below(6)),
  );
  const word = () => vocabulary[Math.floor(random.uniform() ** 3 * vocabulary.length)];
  const texts: string[][] = [];
  await Deno.mkdir(`${folder}/raw`);
  for (let file = 0; file < made.files; file++) {
    const lines: string[] = [];
    for (let i = 0; i < made.documents / made.files; i++) {
      const old = texts.length ? texts[random.below(texts.length)] : undefined;
      const dice = random.uniform();
      let words = old && dice < made.copies + made.near ? old : Array.from({ length: 70 }, word);
      if (old && dice >= made.copies) words = words.with(random.below(words.length), word());
      if (words !== old) texts.push(words);
      lines.push(`${JSON.stringify({ text: words.join(" "), key: `${file}.${i}` })}\n`);
    }
    const name = `${folder}/raw/${String(file).padStart(2, "0")}.jsonl`;
    if (file !== made.damaged) await Deno.writeTextFile(name, lines.join(""));
    else {
      const packed = gzipSync(lines.join(""));
      await Deno.writeFile(`${name}.gz`, packed.subarray(0, Math.floor(packed.length / 2)));
    }
  }
}

/** Returns the documents of the made corpus. */
export function pagesIn(folder: string): Dataset {
  return Dataset.jsonl(`${folder}/raw/*`, { text: "text" })
    .filter(({ text }) => text.length > 20, { name: "long enough", version: 1 });
}

/** Returns the peak memory of this process in megabytes. */
function peak(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]) * 1.024 / 1000;
}

/** Returns the CPU time of this process in seconds. */
function cpuSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function doPart(
  folder: string,
  out: string,
  by: "document" | "near",
  job: string,
  part: number,
  of: number,
) {
  const prepared = `${out}/prepared-*.jsonl`;
  const selection = { part, of, workers: 0 };
  if (job === "prepare") return await pagesIn(folder).write(prepared, selection);
  const { dataset } = await joinParts<Document>(prepared);
  const jobs = new DedupJobs(dataset, `${out}/${by}`, { by, ranges: 64 });
  if (job === "filter") return await jobs.write(`${out}/${by}-*.jsonl`, selection);
  return await jobs.run(job, selection);
}

if (import.meta.main) {
  const [folder, out, by, job, part, of] = Deno.args;
  if (job === undefined) await makeCorpus(folder);
  else {
    const before = cpuSeconds();
    const report = await doPart(folder, out, by as "near", job, Number(part), Number(of));
    console.log(JSON.stringify({ report, seconds: cpuSeconds() - before, megabytes: peak() }));
  }
}
