// Beginnings that sequences share go through the model once, and no score changes.
import assert from "node:assert/strict";
import { Model } from "../../../src/model/mod.ts";
import { prefixOrder, PrefixScorer } from "../../../src/model/scoring/prefix_scorer.ts";
import { testDevice } from "../../support/device.ts";

const long = Array.from({ length: 30 }, (_, i) => (i * 7) % 50);
const sequences = [
  { ids: [...long, 3], start: 30 },
  { ids: [...long, 4, 5], start: 30 },
  { ids: [...long, 4, 5, 6], start: 30 }, // its beginning was a whole sequence before, whose last id was not put through
  { ids: [...long, 3], start: 30 }, // twice the same
  { ids: [...long, 3, 9, 9, 9, 9], start: 31 },
  { ids: [...long.slice(0, 29), 1, 2], start: 29 },
  { ids: [1, ...long], start: 1 }, // shares nothing
  { ids: [...long, 4, 5, 6, 7], start: 3 }, // scored from early on: the kept beginning must not hide a score
];

Deno.test("a walk visits each sequence once and never skips what is scored", () => {
  const visits = prefixOrder(sequences);
  assert.deepEqual(visits.map(({ index }) => index).sort(), [...sequences.keys()]);
  for (const [n, { index, past }] of visits.entries()) {
    const { ids, start } = sequences[index];
    const before = n ? sequences[visits[n - 1].index].ids : [];
    assert.deepEqual(ids.slice(0, past), before.slice(0, past));
    assert.ok(past <= start - 1 && past <= Math.max(0, before.length - 1));
  }
  const fed = visits.reduce((sum, { index, past }) => sum + sequences[index].ids.length - 1 - past, 0);
  assert.equal(fed, 30 + 1 + 1 + 4 + 2 + 3 + 31 + 30); // in the order of the walk
  assert.deepEqual(prefixOrder([]), []);
});

Deno.test("scores of a walk are those of each sequence alone", async () => {
  const shape = { dim: 24, layers: 2, heads: 4, kvHeads: 2, hidden: 40, vocabSize: 50, context: 40 };
  using model = await Model.create(shape, { device: await testDevice() });
  const sharp = [...await model.parameters()].map(([name, data]) =>
    [name, data.map((x) => name.includes("norm") ? x : 8 * x)] as const
  );
  model.setParameters(new Map(sharp)); // far from uniform, so that a mistake would show
  const scorer = new PrefixScorer(model);
  try {
    for (const { index, past } of prefixOrder(sequences)) {
      const { ids, start } = sequences[index];
      const { nll, best } = await scorer.score(sequences[index], past);
      const alone = await model.score(
        Uint32Array.from(ids.slice(0, start)),
        Uint32Array.from(ids.slice(start)),
      );
      let logProb = 0;
      let greedy = true;
      for (let t = start - 1; t < ids.length - 1; t++) {
        logProb -= nll[t - past];
        greedy &&= best[t - past] === ids[t + 1];
      }
      assert.ok(Math.abs(logProb - alone.logProb) < 1e-4, `${index}: ${logProb}, alone ${alone.logProb}`);
      assert.equal(greedy, alone.greedy);
    }
  } finally {
    scorer.dispose();
  }
});
