// llama.cpp reads our GGUF files: log-probabilities with an F32 cache, greedy texts, and the ids of 305 strings (20
// languages, code, emoji, spaces, markers) with SentencePiece, Metaspace and byte-level tokenizers are equal.
// LLAMERO_LLAMA_CPP names a folder in which the npm package node-llama-cpp is installed:
//
//     npm install node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1 --omit=optional --ignore-scripts
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { mobyDick as moby } from "../support/moby_dick.ts";
import { inFolder } from "../support/folder.ts";
import { oracle, pythonHas } from "../support/python.ts";
import { goldenJson } from "../support/golden.ts";
import { tokenizerValues } from "../../src/model/files/gguf/tokenizer_values.ts";
import { componentOf, preTokenizerNamed } from "../../src/model/files/gguf/gguf_pre_tokenizers.ts";
import { writeGguf } from "../../src/formats/gguf/writer.ts";
import type { ModelShape } from "../../src/model/architecture/config.ts";
import { oddTexts, sentences, texts as plainTexts } from "./languages.ts";
import { chats, oddStrings } from "./odd_strings.ts";

const texts = [...plainTexts, ...oddTexts];

const home = Deno.env.get("LLAMERO_LLAMA_CPP");
const vocabSize = 1500;

interface Answer {
  logProbs: number[];
  greedy: number[];
  encoded: number[][];
  marked: number[][];
  ends: number[];
  addsBos: boolean;
  bos: number;
  eos: number;
}

async function llamaCpp(file: string, asked: Record<string, unknown>): Promise<Answer> {
  const script = new URL("../reference/llama_cpp.mjs", import.meta.url).pathname;
  const out = `${file}.json`;
  const args = [script, home!, file, out];
  const command = new Deno.Command("node", { args, stdin: "piped", stdout: "null", stderr: "piped" });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(asked)));
  await writer.close();
  const { code, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(await Deno.readTextFile(out));
}

/** Returns the log-probabilities of every row of V logits. */
function logSoftmax(logits: Float32Array, V: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += V) {
    const part = logits.subarray(row, row + V);
    const largest = Math.max(...part);
    const sum = Math.log(part.reduce((s, x) => s + Math.exp(x - largest), 0)) + largest;
    part.forEach((x, i) => out[row + i] = x - sum);
  }
  return out;
}

const yarn = { type: "yarn", factor: 4, originalContext: 32 } as const;
const shapes: Readonly<Record<string, Partial<ModelShape>>> = {
  "grouped heads": {},
  "tied, with Llama 3's rotary scaling": {
    tieEmbeddings: true,
    ropeScaling: { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 },
  },
  "linear scaling": { ropeScaling: { type: "linear", factor: 2.5 } },
  "dynamic scaling": { ropeScaling: { type: "dynamic", factor: 2, originalContext: 128 } },
  "YaRN": { ropeScaling: yarn },
  "YaRN with another attention factor": { ropeScaling: { ...yarn, attentionFactor: 1.4 } },
  "YaRN with other betas": { ropeScaling: { ...yarn, betaFast: 8, betaSlow: 0.5, truncate: false } },
};

for (const [name, more] of Object.entries(shapes)) {
  Deno.test({
    name: `llama.cpp agrees: ${name}${home ? "" : " (ignored: LLAMERO_LLAMA_CPP is not set)"}`,
    ignore: !home,
    fn: () =>
      inFolder(async (folder) => {
        const corpus = [moby.slice(0, 300_000), ...Object.values(sentences)];
        const tokenizer = (await Tokenizer.train(corpus, { vocabSize })).withTemplate("llama-2");
        const shape = {
          dim: 64,
          layers: 3,
          heads: 8,
          kvHeads: 2,
          hidden: 120,
          ropeTheta: 500,
          normEps: 1e-5,
          ...more,
        };
        using model = await Model.create({ ...shape, vocabSize: vocabSize + 7 }, { tokenizer, context: 128 });
        const sharp = [...await model.parameters()].map(([name, data]): [string, Float32Array] => {
          return [name, data.map((x, i) => name.includes("norm") ? 1 + 0.2 * Math.sin(i) : 8 * x)];
        });
        model.setParameters(new Map(sharp)); // far from uniform, so that an error shows
        const file = `${folder}/m.gguf`;
        const ids = [1, ...Array.from({ length: 60 }, (_, i) => (i * 37 + 11) % vocabSize)];
        const logits = await model.logits(ids);
        await model.save(file);
        using loaded = await Model.load(file);
        assert.equal(
          Math.max(...(await loaded.logits(ids)).map((x, i) => Math.abs(x - logits[i]))) < 1e-5,
          true,
          "the file that is read again gives other numbers",
        );
        const asked = { ids, texts, greedy: 50, context: 128, vocabSize: vocabSize + 7, known: vocabSize };
        const theirs = await llamaCpp(file, asked);
        const V = vocabSize + 7;
        const ours = logSoftmax(await model.logits([...ids, ...theirs.greedy]), V);
        let worst = 0;
        ours.forEach((x, i) => {
          if (x > -80) worst = Math.max(worst, Math.abs(x - theirs.logProbs[i]));
        });
        const greedy = await model.generate(Uint32Array.from(ids), {
          maxTokens: 50,
          temperature: 0,
          stop: [],
        }).ids();
        const different = texts.filter((text, i) =>
          [...tokenizer.encode(text)].join() !== theirs.encoded[i].join()
        );
        console.log({ worst, greedy: greedy.length, texts: texts.length, different: different.length });
        assert.ok(worst <= 1e-4, `log-probabilities differ by ${worst}`);
        assert.deepEqual([...greedy], theirs.greedy.slice(0, greedy.length));
        assert.deepEqual(different, []);
        assert.equal(theirs.bos, 1);
        assert.equal(theirs.eos, 2);
      }),
  });
}

/** Writes only the vocabulary, and compares ids, ends and BOS with llama.cpp. Returns the texts whose ids differ. */
async function different(folder: string, tokenizer: Tokenizer): Promise<string[]> {
  const file = `${folder}/v.gguf`;
  const size = tokenizer.vocabSize + 3;
  const architecture = ["general.architecture", { type: "string", value: "llama" }] as const;
  const values = new Map([architecture, ...tokenizerValues(tokenizer, size)]);
  await writeGguf(file, values, [], (async function* () {})());
  const theirs = await llamaCpp(file, { texts, vocabSize: size, vocabOnly: true });
  assert.deepEqual(theirs.ends.filter((id) => !tokenizer.stopIds.includes(id)), []);
  assert.deepEqual(tokenizer.stopIds.filter((id) => !theirs.ends.includes(id)), []);
  assert.equal(theirs.addsBos, tokenizer.addsBos);
  const wrong = texts.filter((text, i) => [...tokenizer.encode(text)].join() !== theirs.encoded[i].join());
  console.log({ texts: texts.length, different: wrong.length, ends: theirs.ends });
  return wrong;
}

function vocabularyTest(name: string, run: (folder: string) => Promise<void>): void {
  Deno.test({
    name: `llama.cpp gives the same ids: ${name}${home ? "" : " (ignored: LLAMERO_LLAMA_CPP is not set)"}`,
    ignore: !home,
    fn: () => inFolder(run),
  });
}

for (const prepend_scheme of ["always", "first", "never"]) {
  vocabularyTest(`Metaspace, ${prepend_scheme}`, async (folder) => {
    const trained = await Tokenizer.train([moby.slice(0, 300_000), ...Object.values(sentences)], {
      vocabSize,
      special: ["<|im_start|>", "<|im_end|>"],
    });
    const { json } = trained.job().config as { json: Record<string, unknown> };
    const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme, split: false };
    const tokenizer = Tokenizer.fromJSON({ ...json, normalizer: null, pre_tokenizer: metaspace });
    const wrong = await different(folder, tokenizer.withTemplate("chatml").withEosIds([300]));
    // A text that begins with a space gets no other one in front with Metaspace, in llama.cpp it does.
    assert.deepEqual(wrong.filter((text) => prepend_scheme === "never" || !/^[ ▁]/.test(text)), []);
  });
}

for (const pre of ["llama-bpe", "dbrx", "gpt-2", "smollm", "qwen2", "deepseek-coder", "tekken"]) {
  vocabularyTest(`byte-level, ${pre}`, async (folder) => {
    const { tokens, merges } = goldenJson<{ tokens: string[]; merges: string[] }>("gguf/pre_tokenizers.json");
    const { ignoreMerges } = preTokenizerNamed(pre)!;
    const marker = (content: string, i: number, special: boolean) => {
      return { id: tokens.length + i, content, special, lstrip: false, rstrip: false, normalized: false };
    };
    const tokenizer = Tokenizer.fromJSON({
      added_tokens: [
        marker("<|im_start|>", 0, true),
        marker("<|im_end|>", 1, true),
        marker("camelCaseWords", 2, false),
      ],
      normalizer: null,
      pre_tokenizer: componentOf(preTokenizerNamed(pre)!),
      post_processor: null,
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        ...{ type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false },
        ...{ ignore_merges: ignoreMerges, merges },
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      },
    }, { bos_token: "<|bos|>", eos_token: "<|eos|>" });
    assert.deepEqual(await different(folder, tokenizer.withTemplate("chatml")), []);
  });
}

const there = await pythonHas("torch", "transformers", "tokenizers");
/** The strings of the folders: with those that transformers is asked about. */
const allTexts = [...texts, ...oddStrings];

for (const kind of ["tinyllama", "smollm2", "llama-3.2"]) {
  const reason = home ? there.reason : " (ignored: LLAMERO_LLAMA_CPP is not set)";
  Deno.test({
    name: `llama.cpp agrees: a folder of ${kind}'s structure, written as GGUF${reason}`,
    ignore: !home || there.ignore,
    fn: () =>
      inFolder(async (folder) => {
        const script = new URL("../reference/structures.py", import.meta.url);
        const corpus = [...Object.values(sentences), ...moby.slice(0, 200_000).split(/\n{2,}/)];
        await oracle(script, ["write", kind, `${folder}/published`], corpus);
        await oracle(script, ["saved", `${folder}/published`, `${folder}/saved`]);
        for (const name of ["published", "saved"]) {
          using model = await Model.load(`${folder}/${name}`);
          const tokenizer = model.tokenizer!;
          const V = model.config.vocabSize;
          const talks = chats.map((chat) => tokenizer.chat(chat, { generationPrompt: true }));
          const marked = talks.map(({ pieces }) => pieces.map(({ text }) => text).join(""));
          const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 300) % V);
          await model.save(`${folder}/${name}.gguf`);
          const asked = {
            ids,
            texts: allTexts,
            marked,
            greedy: 12,
            context: 128,
            vocabSize: V,
            known: tokenizer.vocabSize,
          };
          const theirs = await llamaCpp(`${folder}/${name}.gguf`, asked);
          const ours = logSoftmax(await model.logits([...ids, ...theirs.greedy]), V);
          const worst = ours.reduce(
            (most, x, i) => x > -80 ? Math.max(most, Math.abs(x - theirs.logProbs[i])) : most,
            0,
          );
          // As transformers 5 saves it, TinyLlama's pre-tokenizer puts no space before a space or behind a marker.
          const { json } = tokenizer.job().config as { json: { pre_tokenizer: { type: string } | null } };
          const isMetaspace = json.pre_tokenizer?.type === "Metaspace";
          const wrong = allTexts.filter((text, i) =>
            [...tokenizer.encode(text)].join() !== theirs.encoded[i].join()
          );
          console.log({ name, worst, different: wrong.length, ends: theirs.ends });
          assert.ok(worst <= 1e-4, `log-probabilities differ by ${worst}`);
          assert.deepEqual(wrong.filter((text) => !(isMetaspace && /^[ ▁]/.test(text))), []);
          if (!isMetaspace) assert.deepEqual(talks.map((talk) => [...talk.ids]), theirs.marked);
          assert.deepEqual(tokenizer.stopIds.filter((id) => !theirs.ends.includes(id)), []);
          using again = await Model.load(`${folder}/${name}.gguf`);
          assert.deepEqual(allTexts.map((text) => [...again.tokenizer!.encode(text)]), theirs.encoded);
          assert.deepEqual(
            chats.map((chat) => [...again.tokenizer!.chat(chat, { generationPrompt: true }).ids]),
            theirs.marked,
          );
        }
      }),
  });
}
