// Prefill and decoding of a GGUF file in llama.cpp, by the npm package node-llama-cpp.
//
//     node llama_cpp.mjs FOLDER_OF_NODE_MODULES FILE THREADS PROMPT TOKENS
import { pathToFileURL } from "node:url";

const [folder, file, threads, prompt, tokens] = process.argv.slice(2);
const { getLlama } = await import(pathToFileURL(`${folder}/node_modules/node-llama-cpp/dist/index.js`));
const begin = performance.now();
const llama = await getLlama({
  gpu: false,
  build: "never",
  logLevel: "error",
  skipDownload: true,
  maxThreads: 0,
});
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0, useMmap: false });
const loadMs = performance.now() - begin;
const length = Number(prompt);
const context = await model.createContext({
  contextSize: length + Number(tokens) + 32,
  batchSize: length,
  sequences: 1,
  threads: { ideal: Number(threads), min: Number(threads) },
});
const sequence = context.getSequence();
const prefillMs = [];
for (let round = 0; round < 4; round++) {
  await sequence.clearHistory();
  const ids = Array.from({ length }, (_, i) => 3 + (i * 37 + round * 11) % 450);
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(ids);
  prefillMs.push(performance.now() - start);
}
const decodeMs = [];
let start = performance.now();
for await (const _ of sequence.evaluate([3], { temperature: 0, yieldEogToken: true })) {
  decodeMs.push(performance.now() - start);
  if (decodeMs.length >= Number(tokens)) break;
  start = performance.now();
}
console.log(JSON.stringify({ loadMs, prefillMs: prefillMs.slice(1), decodeMs: decodeMs.slice(1) }));
process.exit(0);
