import assert from "node:assert/strict";
import { NgramModel } from "../../../src/data/filters/ngram_model.ts";
import { Random } from "../../../src/base/random.ts";
import { ConfigError, DataError } from "../../../src/base/errors.ts";

const random = new Random(11);
const text = Array.from({ length: 400 }, () => Math.min(random.below(17), random.below(17)));

for (const order of [1, 2, 3]) {
  Deno.test(`probabilities of an order-${order} model sum to 1 after any context, seen or not`, () => {
    const model = NgramModel.train([text], { order, vocabSize: 19 });
    for (const context of [[], [0], [3, 5], [18, 18], [0, 0, 0]]) {
      let sum = 0;
      for (let w = 0; w < 19; w++) sum += Math.exp(model.logProb([...context, w], context.length));
      assert.ok(Math.abs(sum - 1) < 1e-9, `after ${context}: ${sum}`);
    }
  });
}

Deno.test("a unigram table with few counts gives the value computed by hand", () => {
  // counts: a 2, b 1, c 1; n1 = 2, n2 = 1, d = 2 / 4; p(a) = 1.5/4 + 0.5 * 3/4 * 1/5
  const model = NgramModel.train([[0, 0, 1, 2]], { order: 1, vocabSize: 5 });
  assert.ok(Math.abs(Math.exp(model.logProb([0], 0)) - (1.5 / 4 + 0.5 * 3 / 4 / 5)) < 1e-12);
  assert.ok(Math.abs(Math.exp(model.logProb([4], 0)) - 0.5 * 3 / 4 / 5) < 1e-12, "a token never seen");
});

Deno.test("the bigram's lower order counts contexts, not occurrences", () => {
  // "0 1" often: 1 is frequent but follows one token only; 2 follows three different ones
  const ids = [0, 1, 0, 1, 0, 1, 0, 1, 3, 2, 4, 2, 5, 2];
  const model = NgramModel.train([ids], { order: 2, vocabSize: 7 });
  assert.ok(model.logProb([6, 2], 1) > model.logProb([6, 1], 1));
  assert.ok(model.logProb([0, 1], 1) > Math.log(0.7));
});

Deno.test("an empty corpus and an order below 1 are refused", () => {
  assert.throws(() => NgramModel.train([[]], { order: 2, vocabSize: 3 }), DataError);
  assert.throws(() => NgramModel.train([[1]], { order: 0, vocabSize: 3 }), ConfigError);
});
