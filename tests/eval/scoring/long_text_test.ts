import assert from "node:assert/strict";
import { cutLongText } from "../../../src/eval/scoring/long_text.ts";
import { type ChoiceOutcome, defineTask, Evaluator } from "../../../src/eval/mod.ts";
import { characters, scorer } from "../fakes.ts";

Deno.test("a continuation longer than the context is scored in pieces that add up", async () => {
  // The cost of a character depends on its place in the text, so the pieces add up only with the right prompts.
  const cost = (prompt: string, text: string) =>
    -[...text].reduce((nats, c, i) => nats + ([...prompt].length + i) * c.codePointAt(0)!, 0);
  const long = "some words that go on and on, and é 🦙 do not end  soon";
  const options = ["short", long, "x".repeat(30)];
  const task = defineTask({
    name: "t",
    kind: "choice",
    items: [0],
    prompt: () => "Question",
    normalisation: "sum",
    options: () => options,
    answer: () => 0,
  });
  const tokens = (text: string) => [...text].length;
  const free = scorer(cost, tokens);
  const tight = { ...scorer(cost, tokens), ...characters(32) };
  const scores = async (model: typeof free) => {
    const [outcome] = (await new Evaluator(model).add(task).run()).results[0].items as ChoiceOutcome[];
    return outcome.options;
  };
  assert.deepEqual(await scores(tight), await scores(free));
  const asked = tight.batches.flat();
  assert.equal(free.batches.flat().length, 3);
  assert.ok(asked.length > 5);
  assert.ok(asked.every(([, text]) => tokens(text) <= 32), "each piece fits the context");
});

Deno.test("pieces begin with their space and follow each other", () => {
  const model = { name: "m", ...characters(8) };
  assert.deepEqual(cutLongText(model, ["P", " ab cd"]), [["P", " ab cd"]]); // 6 tokens fit into 8
  assert.deepEqual(cutLongText(model, ["P", " ab c defghi j"]), [
    ["P", " ab"],
    ["P ab", " c"],
    ["P ab c", " defghi"],
    ["P ab c defghi", " j"],
  ]);
});
