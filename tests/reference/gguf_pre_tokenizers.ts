/**
 * Records the ids that llama.cpp gives with each pre-tokenizer, for tests/model/files/gguf/gguf_pre_tokenizers_test.ts.
 *
 * The merges are learned from whole texts, across words and numbers, so that every difference in the split changes ids.
 *
 *     LLAMERO_LLAMA_CPP=FOLDER deno run -A gguf_pre_tokenizers.ts > ../golden/gguf/pre_tokenizers.json
 *
 * @module
 */
import { writeGguf, type WrittenValue } from "../../src/formats/gguf/writer.ts";
import { oddTexts, sentences, texts } from "../full/languages.ts";

const home = Deno.env.get("LLAMERO_LLAMA_CPP");
if (!home) throw new Error("LLAMERO_LLAMA_CPP must name the folder of node-llama-cpp");

/** The characters of bytes in byte-level vocabularies, by byte. */
const characters: string[] = [];
for (let byte = 0, next = 256; byte < 256; byte++) {
  const plain = byte > 32 && byte < 127 || byte > 160 && byte !== 173;
  characters.push(String.fromCodePoint(plain ? byte : next++));
}

/** Learns `count` merges from the pairs that occur most often in whole texts. */
function learn(corpus: readonly string[], count: number): string[] {
  const encoder = new TextEncoder();
  let words = corpus.map((text) => [...encoder.encode(text)].map((byte) => characters[byte]));
  const merges: string[] = [];
  while (merges.length < count) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        if (pair.length < 14) counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].reduce((a, b) => b[1] > a[1] ? b : a);
    merges.push(best);
    const [left, right] = best.split(" ");
    words = words.map((word) => {
      const out: string[] = [];
      for (const token of word) {
        if (token === right && out.at(-1) === left) out[out.length - 1] = left + right;
        else out.push(token);
      }
      return out;
    });
  }
  return merges;
}

// llama.cpp would read a learned "</s>" as the end of a text.
const odd = oddTexts.filter((text) => !/s>|<\|/.test(text));
const merges = learn([...odd, ...odd, ...odd, ...Object.values(sentences)], 1200);
const tokens = [
  ...new Set([...characters, ...merges.map((merge) => merge.replace(" ", ""))]),
  "<|bos|>",
  "<|eos|>",
];
const all = [...texts, ...oddTexts];
const folder = await Deno.makeTempDir();
const hashes: Record<string, string> = {};
for (const name of Deno.args) {
  const text = (value: string | string[]): WrittenValue => ({ type: "string", value });
  const values = new Map<string, WrittenValue>([
    ["general.architecture", text("llama")],
    ["tokenizer.ggml.model", text("gpt2")],
    ["tokenizer.ggml.pre", text(name)],
    ["tokenizer.ggml.tokens", text(tokens)],
    ["tokenizer.ggml.token_type", {
      type: "i32",
      value: tokens.map((_, id) => id < tokens.length - 2 ? 1 : 3),
    }],
    ["tokenizer.ggml.merges", text(merges)],
    ["tokenizer.ggml.bos_token_id", { type: "u32", value: tokens.length - 2 }],
    ["tokenizer.ggml.eos_token_id", { type: "u32", value: tokens.length - 1 }],
  ]);
  const [file, out] = [`${folder}/x.gguf`, `${folder}/x.json`];
  await writeGguf(file, values, [], (async function* () {})());
  const script = new URL("llama_cpp.mjs", import.meta.url).pathname;
  const command = new Deno.Command("node", {
    args: [script, home, file, out],
    stdin: "piped",
    stderr: "inherit",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  const asked = { texts: all, vocabSize: tokens.length, vocabOnly: true };
  await writer.write(new TextEncoder().encode(JSON.stringify(asked)));
  await writer.close();
  if ((await child.output()).code !== 0) throw new Error(`llama.cpp does not read ${name}`);
  const { encoded } = JSON.parse(await Deno.readTextFile(out));
  hashes[name] = (await Promise.all(encoded.map(hash))).join("");
}
console.log(JSON.stringify({ tokens, merges, hashes }));
await Deno.remove(folder, { recursive: true });

/** Returns the first four hex digits of the hash of ids. */
async function hash(ids: number[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(ids.join()));
  return new Uint8Array(digest).toHex().slice(0, 4);
}
