// Tokens that are chosen on the GPU, several before each wait, are those that are chosen here by the logits of each step.
import assert from "node:assert/strict";
import { Model } from "../../../src/model/mod.ts";
import { Decoder } from "../../../src/model/generation/decoder.ts";
import { families, testDevice } from "../../support/device.ts";

/** Returns the first index of the largest of the first `choices` numbers. */
function largest(logits: Float32Array, choices: number): number {
  const known = [...logits.subarray(0, choices)];
  return known.indexOf(Math.max(...known));
}

for (const family of families) {
  Deno.test(`greedy steps on the GPU choose what the logits say, in blocks of any length (${family})`, async () => {
    const device = await testDevice(family);
    const shape = { dim: 24, layers: 2, heads: 6, kvHeads: 2, hidden: 40, vocabSize: 67 };
    using model = await Model.create({ ...shape, context: 40 }, { device });
    const sharp = [...await model.parameters()].map(([name, data]) =>
      [name, data.map((x) => name.includes("norm") ? x : 12 * x)] as const
    );
    model.setParameters(new Map(sharp)); // texts then differ from each other
    const before = device.memory().bytes;
    for (const sequences of [1, 3]) {
      const prompts = Array.from({ length: sequences }, (_, i) => Uint32Array.of(1, 5 + i, 9, 13 * i));
      const choices = 50; // the likeliest of all 67 ids is often beyond
      const alone = new Decoder(model, sequences, 20);
      const blocks = new Decoder(model, sequences, 20);
      for (const [i, prompt] of prompts.entries()) {
        await alone.start(i, prompt);
        await blocks.start(i, prompt);
      }
      let last = prompts.map((prompt) => prompt.at(-1)!);
      let chosen = last;
      for (const count of [1, 4, 2, 7]) {
        const got = await blocks.greedy(last, count, choices);
        for (let n = 0; n < count; n++) {
          const logits = await alone.next(chosen);
          chosen = logits.map((row) => largest(row, choices));
          assert.deepEqual([...got.subarray(n * sequences, (n + 1) * sequences)], chosen, `${count}: ${n}`);
        }
        last = chosen;
      }
      alone.dispose();
      blocks.dispose();
    }
    assert.equal(device.memory().bytes, before);
  });
}

Deno.test("a greedy text ends where one chosen token by token ends, at EOS and at the limit", async () => {
  using model = await Model.create({ dim: 16, layers: 1, heads: 2, hidden: 24, vocabSize: 40, context: 64 }, {
    device: await testDevice(),
  });
  const sharp = [...await model.parameters()].map(([name, data]) =>
    [name, data.map((x) => name.includes("norm") ? x : 10 * x)] as const
  );
  model.setParameters(new Map(sharp));
  const finishes = new Set<string | undefined>();
  for (const start of [1, 2, 4, 5, 7, 16]) {
    const prompt = Uint32Array.of(start);
    const greedy = model.generate(prompt, { temperature: 0, maxTokens: 45 });
    const [together] = await model.generateBatch([prompt], { temperature: 0, maxTokens: 45 }); // chosen by the logits
    assert.deepEqual(await greedy.ids(), together.ids);
    assert.equal(greedy.finish, together.finish);
    finishes.add(greedy.finish);
  }
  assert.deepEqual([...finishes].sort(), ["eos", "length"]);
});

Deno.test("a model that is disposed while it generates ends the text with an error that says so", async () => {
  const device = await testDevice();
  const before = device.memory().bytes;
  for (const temperature of [0, 1]) {
    const shape = { dim: 16, layers: 1, heads: 2, hidden: 24, vocabSize: 40, context: 64 };
    using model = await Model.create(shape, { device });
    let pieces = 0;
    await assert.rejects(async () => {
      for await (const _ of model.generate(Uint32Array.of(5, 9, 11), { temperature, maxTokens: 60 })) {
        if (++pieces === 2) model.dispose();
      }
    }, /Cannot use the model ".*": it was disposed/);
    assert.ok(pieces < 60);
    assert.equal(device.memory().bytes, before);
  }
});
