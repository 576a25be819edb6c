import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { quiet, short, tinyModel } from "../support.ts";
import { inFolder } from "../../support/folder.ts";

const hidden = { display: false } as const;
const words = (first: string, count: number) =>
  Array.from(
    { length: count },
    (_, i) => ({ id: `${first}${i}`, text: `${first} tells of ${i}. `.repeat(12) }),
  );

Deno.test("a checkpoint's card shows data, recipe, curves, scores and energy, and the model loads beside it", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel({ vocabSize: 300, context: 64 });
    model.tokenizer = await Tokenizer.train(words("Ahab", 9), { vocabSize: 280 });
    const data = Dataset.mix({
      whales: { from: Dataset.from(words("Ahab", 9), { name: "whales" }), weight: 3 },
      ships: { from: Dataset.from(words("Pequod", 9), { name: "ships" }), weight: 1 },
    });
    const score = { run: () => Promise.resolve({ accuracy: 0.5 }) };
    const trainer = quiet(model, { checkpoint: folder, energy: { watts: 36 }, seed: 7 })
      .pretrain(data, { ...short, batchTokens: 256, steps: 6, validation: 0.2 }).evaluate(score)
      .instruct(
        Dataset.from([{ prompt: "who", completion: "Ahab | <b>" }], { name: "chat" }).conversations(),
        {
          steps: 2,
          validation: false,
        },
      ).evaluate(score);
    await trainer.run({ ...hidden, until: 7 });
    await trainer.resume(folder, hidden);
    const card = await Deno.readTextFile(`${folder}/instruct/README.md`);
    assert.match(card, /^---\nlibrary_name: transformers/);
    assert.match(card, /### pretrain\n\n\| source \| share \| epochs \| documents \| tokens \|\n/);
    assert.match(card, /\| whales \| 75\.?0? ?% \| [\d.]+ \| \d+ \| [\d.K]+ \|\n\| ships \| 25/);
    assert.match(card, /### instruct\n\n[^]*conversations/);
    assert.match(card, /## Recipe\n\n8 steps, [\d.]+K? tokens in .*, seed 7, f32\.\n/);
    assert.match(
      card,
      /\| pretrain \| 6 steps \| 4 x 64 tokens \| 0\.003 to 0\.0003, cosine \| 3 \| AdamW 0\.9, 0\.95/,
    );
    assert.match(
      card,
      /!\[Loss over the steps\]\(loss\.svg\)\n\n\| step \| stage \| training loss \| validation loss \|/,
    );
    assert.match(
      card,
      /## Scores\n\n\| score \| pretrain, step 6 \| instruct, step 8 \|\n.*\n\| accuracy \| 0\.5000 \| 0\.5000 \|/,
    );
    assert.match(card, /## Energy\n\n[\d.e-]+ Wh, .* g CO2eq \(36 W as given, PUE 1\.1/);
    for (const table of card.matchAll(/(?:^\|.*\|\n)+/gm)) {
      const widths = table[0].trim().split("\n").map((row) => row.match(/(?<!\\)\|/g)!.length);
      assert.equal(new Set(widths).size, 1, table[0]);
    }
    assert.match(await Deno.readTextFile(`${folder}/instruct/loss.svg`), /^<svg xmlns=/);
    using loaded = await Model.load(`${folder}/instruct`, { device: model.device });
    assert.deepEqual(loaded.config, model.config);
  });
});
