// Folders in the structure of TinyLlama, SmolLM2 and Llama-3.2: ids, chat, logits and greedy text are those of
// transformers, as published and as transformers saves them, and again after a save of ours.
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { mobyDick as moby } from "../support/moby_dick.ts";
import { inFolder } from "../support/folder.ts";
import { maxError } from "../support/golden.ts";
import { oracle, pythonHas } from "../support/python.ts";
import { sentences } from "./languages.ts";
import { chats, markedStrings, oddStrings } from "./odd_strings.ts";

const there = await pythonHas("torch", "transformers", "tokenizers");
const script = new URL("../reference/structures.py", import.meta.url);
const greedy = 12;

interface Answer {
  encoded: number[][];
  unlike: number;
  withSpecial: number[][];
  decoded: string[];
  chats: number[][];
  rendered: string[];
  logits: number[];
  greedy: number[];
  ends: number[];
}

const texts = [...oddStrings, ...markedStrings];
const promptOf = (vocabSize: number) =>
  Uint32Array.from({ length: 40 }, (_, i) => (i * 37 + 300) % vocabSize);

/** Asks transformers about a folder. */
async function ask(folder: string): Promise<Answer> {
  const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
  const ids = [...promptOf(config.vocab_size)];
  return await oracle<Answer>(script, ["read", folder], { texts, chats, ids, greedy });
}

/** Returns what differs, by name; nothing where the folder reads as transformers reads it. */
async function differences(folder: string, theirs: Answer): Promise<string[]> {
  using model = await Model.load(folder);
  const tokenizer = model.tokenizer!;
  const found: string[] = [];
  const differ = (name: string, ours: unknown, wanted: unknown) => {
    const [a, b] = [JSON.stringify(ours), JSON.stringify(wanted)];
    if (a !== b) found.push(`${name}: ${a}, transformers ${b}`);
  };
  texts.forEach((text, i) => {
    differ(
      `ids of ${JSON.stringify(text)}`,
      [...tokenizer.encode(text, { special: true })],
      theirs.encoded[i],
    );
    if (i < oddStrings.length) {
      differ(`plain ids of ${JSON.stringify(text)}`, [...tokenizer.encode(text)], theirs.encoded[i]);
    }
    differ(`text of ${theirs.encoded[i]}`, tokenizer.decode(theirs.encoded[i]), theirs.decoded[i]);
  });
  theirs.withSpecial.forEach((ids, i) => {
    const bos = theirs.withSpecial[0].length === 1;
    differ(`ids with BOS of ${JSON.stringify(texts[i])}`, [
      ...tokenizer.encode(texts[i], { bos, special: true }),
    ], ids);
  });
  chats.forEach((chat, i) => {
    const { ids, pieces } = tokenizer.chat(chat, { generationPrompt: true });
    differ(`chat ${i}`, pieces.map(({ text }) => text).join(""), theirs.rendered[i]);
    differ(`ids of chat ${i}`, [...ids], theirs.chats[i]);
  });
  const prompt = promptOf(model.config.vocabSize);
  const error = maxError(await model.logits(prompt), Float32Array.from(theirs.logits));
  if (error > 1e-4) found.push(`logits differ by ${error} of the largest`);
  const generated = await model.generate(prompt, { temperature: 0, maxTokens: greedy }).ids();
  differ("greedy ids", [...generated], theirs.greedy.filter((id) => !theirs.ends.includes(id)));
  return found.length > 9 ? [...found.slice(0, 9), `${found.length} in all`] : found;
}

for (const kind of ["tinyllama", "smollm2", "llama-3.2"]) {
  Deno.test({
    name:
      `a folder of ${kind}'s structure reads as in transformers, and so does our save of it${there.reason}`,
    ignore: there.ignore,
    fn: () =>
      inFolder(async (parent) => {
        const [published, saved, ours] = ["published", "saved", "ours"].map((name) => `${parent}/${name}`);
        const corpus = [...Object.values(sentences), ...moby.slice(0, 200_000).split(/\n{2,}/)];
        await oracle(script, ["write", kind, published], corpus);
        await oracle(script, ["saved", published, saved]);
        for (const folder of [published, saved]) {
          const theirs = await ask(folder);
          console.log(
            `${folder}: transformers itself differs from the file on ${theirs.unlike} of ${texts.length} texts`,
          );
          assert.deepEqual(await differences(folder, theirs), [], folder);
          using model = await Model.load(folder);
          await model.save(ours);
          assert.deepEqual(await differences(ours, theirs), [], "our save");
          const again = await ask(ours);
          assert.ok(maxError(Float32Array.from(again.logits), Float32Array.from(theirs.logits)) < 1e-6);
          for (
            const key of ["encoded", "withSpecial", "decoded", "chats", "rendered", "greedy", "ends"] as const
          ) {
            assert.deepEqual(again[key], theirs[key], `our save in transformers: ${key}`);
          }
        }
      }),
  });
}
