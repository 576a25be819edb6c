/**
 * Prefill and decoding of a GGUF file in this project, token by token with a wait for each.
 *
 *     deno run -A tests/bench/peers/llamero_decode.ts FILE DTYPE PROMPT TOKENS
 *
 * @module
 */
import { Model, type ModelOptions } from "../../../src/model/mod.ts";
import { Decoder } from "../../../src/model/generation/decoder.ts";

const [path, dtype, prompt, tokens] = Deno.args;
const begin = performance.now();
const model = await Model.load(path, { dtype: dtype as ModelOptions["dtype"], context: 2048 });
const loadMs = performance.now() - begin;
const { queue } = model.device.gpu;
const length = Number(prompt);
const decoder = new Decoder(model, 1, length + 1 + Number(tokens));
const prefillMs: number[] = [];
for (let round = 0; round < 4; round++) {
  const ids = Uint32Array.from({ length: length + 1 }, (_, i) => 3 + (i * 37 + round * 11) % 450);
  const start = performance.now();
  await decoder.start(0, ids);
  const done = queue.onSubmittedWorkDone(); // in Deno the queue is idle when this call returns
  prefillMs.push(performance.now() - start);
  await done;
}
const decodeMs: number[] = [];
let id = 3;
for (let n = 0; n < Number(tokens); n++) {
  const start = performance.now();
  const [logits] = await decoder.next([id]);
  id = logits.indexOf(logits.reduce((a, b) => Math.max(a, b)));
  decodeMs.push(performance.now() - start);
}
const memory = peakMemory();
const answer = { loadMs, prefillMs: prefillMs.slice(1), decodeMs: decodeMs.slice(1), memory };
console.log(JSON.stringify(answer));
Deno.exit(0);

/** Returns the most resident memory of this process so far in MB; undefined where the system does not report it. */
function peakMemory(): number | undefined {
  try {
    const kilobytes = /VmHWM:\s*(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1.024e-3;
  } catch {
    return undefined;
  }
}
