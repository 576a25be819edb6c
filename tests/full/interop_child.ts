/**
 * Saves or loads a model in its own process, and prints peak memory and the bytes of GPU buffers.
 *
 * On a software adapter GPU buffers are memory of the process, so the reader subtracts them from the peak.
 *
 *     deno run -A interop_child.ts save|load PATH
 *
 * @module
 */
import { openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";

const [action, path] = Deno.args;
const read = (key: string) => {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)![1]) * 1024;
};
const device = await openDevice();
const shape = { dim: 1024, layers: 4, heads: 16, hidden: 2752, vocabSize: 65536, tieEmbeddings: true };
const model = action === "save" ? await Model.create(shape, { context: 256, device }) : undefined;
if (model) {
  await device.read([]);
  Deno.writeTextFileSync("/proc/self/clear_refs", "5"); // the peak counts from here on
  await model.save(path);
}
const loaded = model ?? await Model.load(path, { device });
const largest = Math.max(
  ...stateOf(loaded).layout.parameters.map(({ shape }) => 4 * shape.reduce((a, b) => a * b, 1)),
);
console.log(JSON.stringify({ peak: read("VmHWM"), gpu: device.memory().bytes, largest }));
Deno.exit(0);
