// A notebook that starts ranks: the cell shows the live card, Stop stops the ranks, and their error shows in the cell.
import assert from "node:assert/strict";
import { openMpi } from "../support/mpi.ts";
import { code, withNotebook } from "./made_up.ts";
import { joined } from "./notebook.ts";
import { runNotebook } from "./run.ts";

const { ignore, reason, command } = openMpi;

const setup = `import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
await Deno.writeTextFile("whales.txt", Array.from({ length: 90 }, (_, i) => \`the \${i} whales swim \${i * i} miles\`).join("\\n"));
await Deno.writeTextFile("parts.ts", "export const functions = { failing: () => { throw new Error('no such whale'); } };");
const data = Dataset.lines("whales.txt");
const tokenizer = await Tokenizer.train(data, { vocabSize: 280 });
const model = await Model.create({ dim: 32, layers: 2, heads: 2 }, { tokenizer, context: 16 });
const options = { steps: 2000, batchTokens: 64, validation: false };
const launcher = ${JSON.stringify(command)};`;

const stopped =
  `const run = await new Trainer(model, { checkpoint: "ranks" }).pretrain(data, options).launch({ ranks: 2, launcher });
console.log("first", run.status, run.history.length, run.devices);`;

const generated = `console.log("text", (await model.generate("the", { maxTokens: 4 }).text()).length > 0);`;

const failed = `const { functions } = await import(\`file://\${Deno.cwd()}/parts.ts\`);
await new Trainer(model, { checkpoint: "failed" }).pretrain(data.map(functions.failing, { name: "failing" }), options)
  .launch({ ranks: 2, launcher, module: "parts.ts" });`;

Deno.test(
  `launch in a cell: a live card, Stop, the weights, and the error of a rank${reason}`,
  { ignore },
  async () => {
    let frames = 0;
    const { notebook, error } = await withNotebook(
      [setup, stopped, generated, failed].map((source) => code(source)),
      (path) =>
        runNotebook(path, {
          watch: (kernel, cell, output) => {
            if (cell === 2 && output && ++frames === 12) kernel.interrupt();
          },
        }),
    );
    const outputs = notebook.cells.map((cell) => cell.outputs ?? []);
    const said = outputs.flat().flatMap(({ text }) => text ? [joined(text)] : []).join("");
    const [, steps] = /^first stopped (\d+) 2$/m.exec(said) ?? assert.fail(said);
    assert.ok(0 < Number(steps) && Number(steps) < 2000, said);
    assert.match(said, /^text true$/m);
    assert.match(JSON.stringify(outputs[1]), /<svg|pretrain/);
    assert.match(`${error}`, /The ranks failed[^]*no such whale/);
  },
);
