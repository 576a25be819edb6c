// llama.cpp reads our GGUF files: log-probabilities with an F32 cache, greedy texts and the ids of 200 strings in 20
// languages are equal. LLAMERO_LLAMA_CPP names a folder in which the npm package node-llama-cpp is installed:
//
//     npm install node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1 --omit=optional --ignore-scripts
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { mobyDick as moby } from "../support/moby_dick.ts";
import { inFolder } from "../support/folder.ts";
import { sentences, texts } from "./languages.ts";

const home = Deno.env.get("LLAMERO_LLAMA_CPP");
const vocabSize = 1500;

interface Answer {
  logProbs: number[];
  greedy: number[];
  encoded: number[][];
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

for (
  const [name, more] of [
    ["grouped heads", {}],
    ["tied, with Llama 3's rotary scaling", {
      tieEmbeddings: true,
      ropeScaling: { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 },
    }],
  ] as const
) {
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
        await model.save(file);
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
