// Reads a GGUF file with llama.cpp (npm node-llama-cpp, installed in a folder of its own): log-probabilities after each
// id, also of the continuation, with an F32 cache, a greedy continuation, the ids of texts, and the ids that end a text.
// In "marked" texts control tokens are recognised. With "vocabOnly" only the vocabulary is read.
//
//     node llama_cpp.mjs FOLDER_OF_NODE_MODULES FILE OUT.json < {"ids": [...], "texts": [...], "greedy": 50}
import { pathToFileURL } from "node:url";
import { readFileSync, writeFileSync } from "node:fs";

const [folder, file, out] = process.argv.slice(2);
const asked = JSON.parse(readFileSync(0, "utf8"));
const { getLlama } = await import(pathToFileURL(`${folder}/node_modules/node-llama-cpp/dist/index.js`));
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", skipDownload: true });
const { vocabOnly = false } = asked;
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0, useMmap: false, vocabOnly });
const encoded = asked.texts.map((text) => [...model.tokenize(text, false)]);
const marked = (asked.marked ?? []).map((text) => [...model.tokenize(text, true)]);
const ends = Array.from({ length: asked.vocabSize }, (_, id) => id).filter((id) => model.isEogToken(id));
const { bos, eos, shouldPrependBosToken: addsBos } = model.tokens;
const vocabulary = { encoded, marked, ends, bos, eos, addsBos };
if (vocabOnly) {
  writeFileSync(out, JSON.stringify(vocabulary));
  process.exit(0);
}
const context = await model.createContext({
  contextSize: asked.context,
  sequences: 1,
  threads: 1,
  flashAttention: false,
  experimentalKvCacheKeyType: "F32",
  experimentalKvCacheValueType: "F32",
});
const sequence = context.getSequence();
const plain = { temperature: 1, topK: 0, topP: 1, minP: 0, repeatPenalty: false };
const next = async (ids) => {
  const input = ids.map((id) => [id, { generateNext: { probabilities: true, options: plain } }]);
  const output = await sequence.controlledEvaluate(input);
  return output.map(({ next }) => {
    const row = new Array(asked.vocabSize).fill(0);
    for (const [token, p] of next.probabilities) row[token] = p;
    return row;
  });
};
const rows = await next(asked.ids);
const greedy = [];
let row = rows.at(-1);
while (greedy.length < asked.greedy) {
  const known = row.slice(0, asked.known), best = known.indexOf(Math.max(...known)); // not what fills the vocabulary
  greedy.push(best);
  [row] = await next([best]);
  rows.push(row);
}
const answer = { logProbs: rows.flat().map(Math.log), greedy, ...vocabulary };
writeFileSync(out, JSON.stringify(answer, (_, value) => value === -Infinity ? -1e9 : value));
process.exit(0);
