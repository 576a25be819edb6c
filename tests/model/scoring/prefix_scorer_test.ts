// The prefixes that sequences share are computed once, and no score changes.
import assert from "node:assert/strict";
import { Model } from "../../../src/model/mod.ts";
import { prefixOrder, PrefixScorer } from "../../../src/model/scoring/prefix_scorer.ts";
import { testDevice } from "../../support/device.ts";

const long = Array.from({ length: 30 }, (_, i) => (i * 7) % 50);
const sequences = [
  { ids: [...long, 3], start: 30 },
  { ids: [...long, 4, 5], start: 30 },
  { ids: [...long, 4, 5, 6], start: 30 }, // its prefix was a whole sequence before, whose last id the model did not read
  { ids: [...long, 3], start: 30 }, // the same as the first
  { ids: [...long, 3, 9, 9, 9, 9], start: 31 },
  { ids: [...long.slice(0, 29), 1, 2], start: 29 },
  { ids: [1, ...long], start: 1 }, // shares nothing
  { ids: [...long, 4, 5, 6, 7], start: 3 }, // scored from early on: the reused prefix must not hide a score
];

Deno.test("prefix order has each sequence once and never reuses an id that is scored", () => {
  const ordered = prefixOrder(sequences);
  assert.deepEqual(ordered.map(({ index }) => index).sort(), [...sequences.keys()]);
  for (const [n, { index, reusedTokens }] of ordered.entries()) {
    const { ids, start } = sequences[index];
    const before = n ? sequences[ordered[n - 1].index].ids : [];
    assert.deepEqual(ids.slice(0, reusedTokens), before.slice(0, reusedTokens));
    assert.ok(reusedTokens <= start - 1 && reusedTokens <= Math.max(0, before.length - 1));
  }
  const read = ordered.reduce(
    (sum, { index, reusedTokens }) => sum + sequences[index].ids.length - 1 - reusedTokens,
    0,
  );
  assert.equal(read, 30 + 1 + 1 + 4 + 2 + 3 + 31 + 30); // in prefix order
  assert.deepEqual(prefixOrder([]), []);
});

Deno.test("scores in prefix order are those of each sequence alone", async () => {
  const shape = { dim: 24, layers: 2, heads: 4, kvHeads: 2, hidden: 40, vocabSize: 50, context: 40 };
  using model = await Model.create(shape, { device: await testDevice() });
  const scaled = [...await model.parameters()].map(([name, data]) =>
    [name, data.map((x) => name.includes("norm") ? x : 8 * x)] as const
  );
  model.setParameters(new Map(scaled)); // logits far from uniform, so that a mistake shows
  const scorer = new PrefixScorer(model, model.config.context);
  try {
    for (const { index, reusedTokens } of prefixOrder(sequences)) {
      const { ids, start } = sequences[index];
      const { nll, best } = await scorer.score(sequences[index], reusedTokens);
      const alone = await model.score(
        Uint32Array.from(ids.slice(0, start)),
        Uint32Array.from(ids.slice(start)),
      );
      let logProb = 0;
      let greedy = true;
      for (let t = start - 1; t < ids.length - 1; t++) {
        logProb -= nll[t - reusedTokens];
        greedy &&= best[t - reusedTokens] === ids[t + 1];
      }
      assert.ok(Math.abs(logProb - alone.logProb) < 1e-4, `${index}: ${logProb}, alone ${alone.logProb}`);
      assert.equal(greedy, alone.greedy);
    }
  } finally {
    scorer.dispose();
  }
});
