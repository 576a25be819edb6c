// Prompt and continuation as ids: those of lm-evaluation-harness 0.4.13 (`_encode_pair`), and the token that spans the join
// where the harness leaves no id to score.
import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/mod.ts";
import { Evaluator } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { encodePair } from "../../../src/model/scoring/encode_pair.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";

const vocabulary = ["2", "+", "=", "4", " ", "a", "b", "c", "=4", "ab", "abc", " a", " c", "bc"];

/** Encodes by the longest piece. */
function encode(text: string): number[] {
  const ids: number[] = [];
  while (text !== "") {
    const fitting = vocabulary.filter((piece) => text.startsWith(piece));
    const piece = fitting.reduce((best, other) => other.length > best.length ? other : best);
    ids.push(vocabulary.indexOf(piece));
    text = text.slice(piece.length);
  }
  return ids;
}

Deno.test("the ids of the harness, where it has any", () => {
  const cases: [
    prompt: string,
    continuation: string,
    promptIds: number[],
    ids: number[],
    spansJoin: boolean,
  ][] = [
    ["2+2=", " 4", [0, 1, 0, 2], [4, 3], false],
    ["2+2=", "42", [0, 1, 0, 2], [0], true],
    ["a", "bcc", [5], [7], true],
    ["2 ", "a", [0], [11], false],
    ["b ", "c", [6], [12], false],
    ["2a", "bc2", [0, 5], [0], true],
    ["c", "c", [7], [7], false],
  ];
  for (const [prompt, continuation, promptIds, continuationIds, spansJoin] of cases) {
    assert.deepEqual(encodePair(encode, prompt, continuation), { promptIds, continuationIds, spansJoin });
  }
});

Deno.test("where the harness has none, the ids in which the whole differs from the prompt", () => {
  const cases: [prompt: string, continuation: string, promptIds: number[], ids: number[]][] = [
    ["2+2=", "4", [0, 1, 0], [8]],
    ["a", "b", [], [9]],
    ["a", "bc", [], [10]],
    ["ab", "c", [], [10]],
    ["2a", "b", [0], [9]],
  ];
  for (const [prompt, continuation, promptIds, continuationIds] of cases) {
    assert.deepEqual(encodePair(encode, prompt, continuation), {
      promptIds,
      continuationIds,
      spansJoin: true,
    });
  }
  assert.deepEqual(encodePair(encode, "ab", "").continuationIds, [], "an empty continuation has no ids");
  assert.deepEqual(encodePair(encode, "", "ab"), { promptIds: [], continuationIds: [9], spansJoin: false });
});

Deno.test("a token that spans the join is scored, alone and in a batch, and the report says so", async () => {
  const tokenizer = await Tokenizer.train(["goon and gooff go ".repeat(30)], { vocabSize: 273 });
  const shape = { dim: 24, layers: 1, heads: 2, hidden: 32, context: 32 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  const [prompt, continuation] = ["and go", "o"];
  const whole = [...tokenizer.encode(prompt + continuation)];
  assert.ok(whole.length <= tokenizer.encode(prompt).length, "the vocabulary joins the two");
  const alone = await model.score(prompt, continuation);
  assert.equal(alone.spansJoin, true);
  const ids = (from: number, to?: number) => Uint32Array.from([tokenizer.bosId!, ...whole].slice(from, to));
  const start = 1 + whole.length - alone.tokens;
  const want = await model.score(ids(0, start), ids(start));
  assert.ok(Math.abs(alone.logProb - want.logProb) < 1e-5, `${alone.logProb}, as ids ${want.logProb}`);
  const [, second] = await model.scoreBatch([["and", " go"], [prompt, continuation], ["go", " and"]]);
  assert.ok(Math.abs(second.logProb - alone.logProb) < 1e-5);
  assert.deepEqual([second.tokens, second.spansJoin], [alone.tokens, true]);
  const task = { sentence: "and _o and", option1: "go", option2: "and", answer: "1" };
  const report = await new Evaluator(model, { cache: false }).add("winogrande", {
    data: Dataset.from([task]),
  }).run();
  assert.match(
    report.table().toString(),
    /a token spans the join of prompt and continuation in \d of 2 texts/,
  );
  await assert.rejects(model.score(prompt, ""), /the continuation has no tokens/);
});
