// The Stop button of a real Deno kernel: the run ends, the kernel keeps its state, and a resumed run ends with bit for bit
// the weights of an uninterrupted one.
import assert from "node:assert/strict";
import { code, withNotebook } from "./made_up.ts";
import { joined } from "./notebook.ts";
import { runNotebook } from "./run.ts";

const setup = `import { Dataset, Model, Trainer } from "@llamero/sdk";
const rows = Array.from({ length: 64 }, (_, r) => Uint32Array.from({ length: 17 }, (_, i) => (r * 7 + i * i * 3) % 64));
const make = (seed) => Model.create({ dim: 32, layers: 2, heads: 2, vocabSize: 64 }, { context: 16, seed });
const trainer = (model, checkpoint) => new Trainer(model, { checkpoint })
  .pretrain(Dataset.tokens(rows), { steps: 500, batchTokens: 64, validation: false, learningRate: 1e-3 });
const weights = async (model) => {
  let sum = 0;
  for (const [, data] of await model.parameters()) for (const word of new Uint32Array(data.buffer)) sum = (Math.imul(sum, 31) + word) >>> 0;
  return sum;
};
const whole = await make(42);
await trainer(whole, "whole").run();
console.log("whole", await weights(whole));`;

const stopped = `const model = await make(42);
const first = await trainer(model, "stopped").run();
console.log("first", first.status, first.history.length);`;

const again = `const other = await make(7); // its weights come from the checkpoint
const second = await trainer(other, "stopped").resume();
console.log("second", second.status, second.history.length);`;

const finished = `const last = await make(8);
const third = await trainer(last, "stopped").resume();
console.log("third", third.status, third.history.length);
console.log("resumed", await weights(last));`;

Deno.test("a run that is stopped and resumed twice ends with the weights of an uninterrupted run", async () => {
  const pressed = new Map<number, number>();
  const { notebook, error } = await withNotebook(
    [setup, stopped, again, finished].map((source) => code(source)),
    (path) =>
      runNotebook(path, {
        watch: (kernel, cell, output) => {
          if ((cell !== 2 && cell !== 3) || !output) return;
          const seen = (pressed.get(cell) ?? 0) + 1;
          pressed.set(cell, seen);
          if (seen === 4) kernel.interrupt(); // after a few frames of the card
        },
      }),
  );
  assert.equal(error, undefined);
  const said = notebook.cells.flatMap((cell) => cell.outputs ?? []).flatMap((o) =>
    o.text ? [joined(o.text)] : []
  ).join("");
  const find = (pattern: RegExp) => said.match(pattern) ?? assert.fail(`no ${pattern} in ${said}`);
  const [, firstSteps] = find(/^first stopped (\d+)$/m);
  const [, secondSteps] = find(/^second stopped (\d+)$/m);
  assert.ok(
    0 < Number(firstSteps) && Number(firstSteps) < Number(secondSteps) && Number(secondSteps) < 500,
    said,
  );
  find(/^third done 500$/m);
  assert.equal(find(/^resumed (\d+)$/m)[1], find(/^whole (\d+)$/m)[1]);
});
