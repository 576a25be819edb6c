// The card of a run in a real Deno kernel: one output in the cell that starts or awaits it, and again where it is asked for.
import assert from "node:assert/strict";
import { code, withNotebook } from "./made_up.ts";
import { joined, type Output } from "./notebook.ts";
import { runNotebook } from "./run.ts";

const setup = `import { Dataset, Model, Trainer } from "@llamero/sdk";
const rows = Array.from({ length: 64 }, (_, r) => Uint32Array.from({ length: 17 }, (_, i) => (r * 5 + i * i * 3) % 64));
const model = await Model.create({ dim: 32, layers: 2, heads: 2, vocabSize: 64 }, { context: 16 });
const trainer = (path) => new Trainer(model, { checkpoint: path })
  .pretrain(Dataset.tokens(rows), { steps: 40, batchTokens: 64, validation: false, learningRate: 1e-3 });
const later = () => new Promise((resolve) => setTimeout(resolve, 1100));`;

/** The cells, with the cards that each must show. */
const cells: [source: string, cards: RegExp[]][] = [
  [`await trainer("a").run();`, [/^pretrain 40\/40 done/]],
  [`const run = trainer("b").run({ until: 20 });\nconst result = await run;`, [/^pretrain 20\/40 stopped/]],
  [`const held = trainer("c").run();\nheld`, [/^pretrain 40\/40 done/]],
  [`await held;`, []],
  [`await trainer("hidden").run({ display: false })`, [/^pretrain 40\/40 done/]],
  [`await later();`, []],
  [`result`, [/trainer\.resume\(\)$/]],
  [`await run.show();`, [/^pretrain 20\/40 stopped/]],
  [`run`, [/^pretrain 20\/40 stopped/]],
  [`await trainer("b").resume()`, [/^pretrain 40\/40 done/]],
];

Deno.test("a run that a cell starts or awaits shows once, and later where its name or its result is asked for", async () => {
  const { notebook, error } = await withNotebook(
    [setup, ...cells.map(([source]) => source)].map((source) => code(source)),
    (path) => runNotebook(path),
  );
  assert.equal(error, undefined);
  const shown = notebook.cells.slice(1).map(({ outputs }) => outputs!.map(textOf));
  for (const [i, [source, cards]] of cells.entries()) {
    assert.equal(shown[i].length, cards.length, `${source} shows ${JSON.stringify(shown[i])}`);
    cards.forEach((card, n) => assert.match(shown[i][n], card, source));
  }
});

function textOf({ text, data }: Output): string {
  return joined(text ?? data?.["text/plain"] as string ?? "");
}
