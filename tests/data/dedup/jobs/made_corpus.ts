/**
 * Small made corpora for the jobs of deduplication: files of JSON Lines with repetitions within and across files.
 *
 * @module
 */
import { Random } from "../../../../src/base/random.ts";

/** Writes `files` files of JSON Lines with random texts, of which many repeat a text, a line or most words of another. */
export async function writeCorpus(
  folder: string,
  seed: number,
  files: number,
  documents: number,
): Promise<string> {
  const random = new Random(seed);
  const texts: string[] = [];
  await Deno.mkdir(folder, { recursive: true });
  for (let file = 0; file < files; file++) {
    const count = file === 1 ? 0 : random.below(2 * documents);
    const lines = Array.from({ length: count }, (_, i) => {
      const text = nextText(random, texts);
      texts.push(text);
      return JSON.stringify({ text, key: `${file}.${i}` });
    });
    await Deno.writeTextFile(`${folder}/f${file}.jsonl`, lines.map((line) => `${line}\n`).join(""));
  }
  return `${folder}/f*.jsonl`;
}

const words = (random: Random, count: number) =>
  Array.from({ length: count }, () => `w${random.below(5000)}`).join(" ");

const commonLine = (random: Random) => `Line ${random.below(30)} of "many"`;

function nextText(random: Random, texts: readonly string[]): string {
  const old = texts[random.below(Math.max(1, texts.length))] ?? "first text";
  switch (random.below(8)) {
    case 0:
      return old;
    case 1:
      return old.toUpperCase();
    case 2:
      return `${old}\n${commonLine(random)}`;
    case 3:
      return changed(old, random);
    case 4:
      return `${words(random, 3 + random.below(40))} ${old}`;
    case 5:
      return Array.from({ length: 1 + random.below(5) }, () => commonLine(random)).join(
        random.below(2) ? "\n" : "\n\n",
      );
    case 6:
      return "...";
    default:
      return `${words(random, 40)}\n\n${commonLine(random)}\n${words(random, 20)}`;
  }
}

/** Replaces a few words. */
function changed(text: string, random: Random): string {
  const parts = text.split(" ");
  for (let i = 0; i <= parts.length / 40; i++) parts[random.below(parts.length)] = `n${random.u32()}`;
  return parts.join(" ");
}
