/**
 * The speed of the tokenizer and its peers, in processor time of all threads, measured in turns.
 *
 *     deno run -A tests/reference/tokenizer_speed.ts [rounds]
 *
 * Text: the State of the Union (10.5 MB). Training: 8,000 pieces, LLaMA's settings, one thread, with reading the file.
 * Encoding: the trained tokenizer.json, one paragraph at a time. Needs Python with sentencepiece and tokenizers.
 *
 * @module
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { Dataset } from "../../src/data/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { cpuTime } from "../bench/cpu_time.ts";

const SIZE = 8000;

/** Every so many paragraphs one is given to the slow library. */
const SHARE = 20;

const [verb, dir] = Deno.args;

async function seconds(work: () => unknown): Promise<number> {
  const start = cpuTime()!;
  await work();
  return (cpuTime()! - start) / 1000;
}

/** Measures this tokenizer in a separate process, in processor seconds: training, or encoding first and again. */
async function child(): Promise<number[]> {
  if (verb === "train") {
    return [
      await seconds(async () => {
        const lines = (await Deno.readTextFile(`${dir}/corpus`)).split("\n");
        await (await Tokenizer.train(lines, { vocabSize: SIZE })).save(dir);
      }),
    ];
  }
  const texts: string[] = JSON.parse(await Deno.readTextFile(`${dir}/texts.json`));
  if (verb === "library") {
    const json = JSON.parse(await Deno.readTextFile(`${dir}/tokenizer.json`));
    const library = new Library(json, {});
    const some = texts.filter((_, i) => i % SHARE === 0);
    return [await seconds(() => some.forEach((text) => library.encode(text, { add_special_tokens: false })))];
  }
  const tokenizer = await Tokenizer.load(dir);
  const pass = () => seconds(() => texts.forEach((text) => tokenizer.encode(text)));
  return [await pass(), await pass()];
}

async function run(program: string, args: string[]): Promise<number[]> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

async function compare(rounds: number): Promise<void> {
  const folder = await Deno.makeTempDir();
  const peer = new URL("tokenizer_speed.py", import.meta.url).pathname;
  const own = (task: string) => run(Deno.execPath(), ["run", "-A", import.meta.url, task, folder]);
  const documents = await Dataset.sample("sotu").toArray();
  const lines = documents.flatMap(({ text }) => text.split("\n"));
  const texts = documents.flatMap(({ text }) => text.split(/\n+/)).filter((text) => text !== "");
  const bytes = (list: string[]) => new TextEncoder().encode(list.join("\n")).length;
  await Deno.writeTextFile(`${folder}/corpus`, lines.join("\n"));
  await Deno.writeTextFile(`${folder}/texts.json`, JSON.stringify(texts));
  const times: Record<string, number[]> = {};
  const note = (found: Record<string, number>) =>
    Object.entries(found).forEach(([name, value]) => (times[name] ??= []).push(value));
  for (let round = 0; round < rounds; round++) {
    const [ours] = await own("train");
    const [spm] = await run("python3", [peer, "train", `${folder}/corpus`, `${folder}/spm`, String(SIZE)]);
    note({ "train: llamero": ours, "train: spm_train": spm });
    const [cold, warm] = await own("encode");
    const [library] = await own("library");
    const [single, batch] = await run("python3", [
      peer,
      "encode",
      `${folder}/tokenizer.json`,
      `${folder}/texts.json`,
    ]);
    note({ "encode: llamero": cold, "encode: llamero, again": warm, "encode: Rust": single });
    note({ "encode: Rust, batch": batch, "encode: @huggingface/tokenizers": library * SHARE });
  }
  const size = { train: bytes(lines), encode: bytes(texts) };
  console.log(`load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}, medians of ${rounds}`);
  for (const [name, values] of Object.entries(times)) {
    const kind = name.startsWith("train") ? "train" : "encode";
    const time = median(values);
    const against = time / median(times[`${kind}: llamero`]);
    console.log(
      `${name.padEnd(34)} ${time.toFixed(2)} s  ${(size[kind] / time / 1e6).toFixed(2)} MB/s  ` +
        `${against.toFixed(2)} times ours`,
    );
  }
  await Deno.remove(folder, { recursive: true });
}

if (dir === undefined) await compare(Number(verb ?? 5));
else console.log(JSON.stringify(await child()));
