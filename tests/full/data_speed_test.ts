// Speed of the data layer by CPU time, so that other processes on the machine do not matter: the rules of C4 at 20 MB/s a
// core, reading a WARC file (of HTML pages, and of texts as in WET) with the language at 10 MB/s a core, and what a second
// worker brings there and to tokenizing.
import assert from "node:assert/strict";
import { Dataset } from "../../src/data/mod.ts";
import { warcPlan } from "../../src/data/corpora/common_crawl.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { inFolder } from "../data/fixtures.ts";

const speeches = await Dataset.sample("sotu").toArray();

/** Clock ticks of this process, or of each of its threads, in seconds. */
function cpuSeconds(path = "/proc/self"): number {
  const stat = Deno.readTextFileSync(`${path}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function threads(): Map<string, number> {
  return new Map(
    [...Deno.readDirSync("/proc/self/task")].map(({ name }) => [name, cpuSeconds(`/proc/self/task/${name}`)]),
  );
}

/** A speech with each word that begins with a capital another one on each page. */
function speech(n: number): string {
  return speeches[n % speeches.length].text.replace(/\b[A-Z]\w+/g, (word) => word + (n * 7919 % 10_007));
}

/** Pages of the speeches: paragraphs among links. */
function page(n: number): string {
  const links = `<ul>${`<li><a href="/x/y">Some page</a></li>\n`.repeat(20)}</ul>`;
  const body = speech(n).split("\n").map((line) => `<p class="text">${line.replaceAll("&", "&amp;")}</p>`);
  return `HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n` +
    `<html><head><title>Page ${n}</title></head><body>${links}${body.join("\n")}${links}</body></html>`;
}

async function writeWarc(
  path: string,
  type: string,
  count: number,
  of: (n: number) => string,
): Promise<number> {
  const encoder = new TextEncoder();
  using file = await Deno.open(path, { write: true, create: true });
  let bytes = 0;
  for (let n = 0; n < count; n++) {
    const content = encoder.encode(of(n));
    const head = `WARC/1.0\r\nWARC-Type: ${type}\r\nWARC-Record-ID: <urn:${n}>\r\n` +
      `Content-Length: ${content.length}\r\n\r\n`;
    for (const part of [encoder.encode(head), content, encoder.encode("\r\n\r\n")]) {
      for (let rest = part; rest.length;) rest = rest.subarray(await file.write(rest));
      bytes += part.length;
    }
  }
  return bytes;
}

async function speed(bytes: number, chain: Dataset): Promise<number> {
  await chain.take(20).stats({ workers: 0 });
  const begun = cpuSeconds();
  await chain.stats({ workers: 0 });
  return bytes / 1e6 / (cpuSeconds() - begun);
}

Deno.test("the rules of C4 take 20 MB of text a CPU-second", async () => {
  const four = [speeches, speeches, speeches, speeches].flat();
  const bytes = four.reduce((sum, { text }) => sum + text.length, 0);
  const found = await speed(bytes, Dataset.from(four).clean());
  console.log(`C4 rules: ${found.toFixed(1)} MB a CPU-second`);
  assert.ok(found >= 20, `${found}`);
});

Deno.test("reading WARC with language id takes 10 MB a CPU-second, and two workers share it", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.warc`;
    const bytes = await writeWarc(path, "response", 1200, page);
    const chain = new Dataset(warcPlan(path)).language();
    const found = await speed(bytes, chain);
    console.log(`WARC and language id: ${found.toFixed(1)} MB a CPU-second`);
    assert.ok(found >= 10, `${found}`);
    const ratio = await shared((workers) => chain.stats({ workers }));
    assert.ok(ratio >= 1.6, `${ratio}`);
  });
});

Deno.test("reading WET with language id takes 10 MB a CPU-second", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.wet`;
    const bytes = await writeWarc(path, "conversion", 2000, speech);
    const found = await speed(bytes, new Dataset(warcPlan(path)).language());
    console.log(`WET and language id: ${found.toFixed(1)} MB a CPU-second`);
    assert.ok(found >= 10, `${found}`);
  });
});

Deno.test("two workers share tokenizing", async () => {
  await inFolder(async (folder) => {
    const tokenizer = await Tokenizer.train(speeches.slice(0, 100), { vocabSize: 4096 });
    const all = Dataset.from(Array.from({ length: 2000 }, (_, n) => ({ text: speech(n) })));
    let turn = 0;
    const pack = async (workers: number) =>
      (await all.tokenize(tokenizer, { context: 512, dir: `${folder}/${turn++}` }).prepare({ workers }))
        .close();
    const ratio = await shared(pack);
    assert.ok(ratio >= 1.6, `${ratio}`);
  });
});

/** How many times faster two workers are than none, with a core for each thread: the slowest thread decides. */
async function shared(work: (workers: number) => Promise<unknown>): Promise<number> {
  const alone = await spent(() => work(0));
  const both = await spent(() => work(2));
  const ratio = alone[0] / both[0];
  console.log(
    `without workers ${alone[0].toFixed(2)} CPU-seconds of the slowest thread; with two ` +
      `${both.slice(0, 3).map((seconds) => seconds.toFixed(2)).join(", ")}: ${ratio.toFixed(2)}x`,
  );
  return ratio;
}

/**
 * CPU-seconds of each thread, the slowest first. The best of three: the first pays for the compiler, and a thread that
 * shares a core's units with another process's is charged for waiting.
 */
async function spent(work: () => Promise<unknown>): Promise<number[]> {
  let best: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const before = threads();
    let last = before;
    const timer = setInterval(() => last = threads(), 20);
    await work();
    clearInterval(timer);
    const now = [...last].map(([name, seconds]) => seconds - (before.get(name) ?? 0)).sort((a, b) => b - a);
    if (turn === 0 || now[0] < best[0]) best = now;
  }
  return best;
}
