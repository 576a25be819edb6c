// The made-up instruction set of the quickstart: its answers are grammatical, right, and none is right by being frequent.
import assert from "node:assert/strict";
import { heldOutItems, type Item, items } from "../../examples/quickstart/questions.ts";
import { Dataset } from "../../src/data/mod.ts";

const chapters = await Dataset.sample("moby-dick").toArray();
const train = items(chapters.slice(0, 121));
const heldOut = heldOutItems(chapters.slice(121), train);

/** Returns the question and the sentence of an item. */
function parts({ prompt }: Item): { question: string; sentence: string } {
  const at = prompt.indexOf("? ") + 1;
  return { question: prompt.slice(0, at), sentence: prompt.slice(at + 1) };
}

/** Returns the answer that a reader gives, by rules of its own. */
function rightAnswer(item: Item): string {
  const { question, sentence } = parts(item);
  const named = /\b(Ahab|Queequeg|Starbuck|Stubb|Flask)\b/.exec(sentence)?.[0];
  const thing = /(?<![\w-])(whales?|ships?|boats?|sea|water|head|eyes|night|m[ae]n|deck|captain)(?![\w-])/i
    .exec(sentence)
    ?.[0].toLowerCase();
  const mentioned = named ?? `the ${thing}`;
  switch (question) {
    case "Who or what does this mention?":
      return `It mentions ${mentioned}.`;
    case "Does this mention a person by name?":
      return `${named ? "Yes" : "No"}, it mentions ${mentioned}.`;
    case "What is the first word?":
      return `The first word is “${sentence.split(/[ ,]/)[0]}”.`;
    case "How does this end?":
      return sentence.endsWith("?")
        ? "It ends with a question mark."
        : `It ends with ${sentence.endsWith("!") ? "an exclamation mark" : "a full stop"}.`;
  }
  throw new Error(`no such question: ${question}`);
}

Deno.test("every answer is the right one, with its article and number", () => {
  assert.ok(train.length > 2000 && heldOut.length === 80, `${train.length} and ${heldOut.length} items`);
  for (const item of [...train, ...heldOut]) assert.equal(item.completion, rightAnswer(item), item.prompt);
});

Deno.test("names have no article, and sentences are sentences", () => {
  for (const item of [...train, ...heldOut]) {
    assert.doesNotMatch(item.completion, /\bthe [A-Z]/, item.prompt);
    assert.match(parts(item).sentence, /^[A-Z][^“”;]*[a-z][.?!]$/);
  }
});

Deno.test("at least three kinds of question come in turn, and no answer is right by being frequent", () => {
  for (const set of [train, heldOut]) {
    const kinds = Map.groupBy(set, (item) => item.kind);
    assert.ok(kinds.size >= 3);
    assert.equal(new Set(set.slice(0, kinds.size).map(({ kind }) => kind)).size, kinds.size);
    for (const [kind, same] of kinds) {
      const counts = [...Map.groupBy(same, (item) => item.completion).values()].map((some) => some.length);
      const share = Math.max(...counts) / same.length;
      assert.ok(share <= 0.36, `${kind}: an answer has ${share} of the items`);
    }
  }
});

Deno.test("as many held-out sentences name a person as not", () => {
  const answers = heldOut.filter(({ kind }) => kind === "yes or no").map(({ completion }) => completion);
  assert.equal(answers.filter((answer) => answer.startsWith("Yes")).length, answers.length / 2);
});

Deno.test("a second making gives the same items, and none of the held-out ones is learned from", () => {
  assert.deepEqual(items(chapters.slice(0, 121)), train);
  const learned = new Set(train.map(({ prompt }) => prompt));
  const both = heldOut.filter(({ prompt }) => learned.has(prompt)).map(({ prompt }) => prompt);
  assert.deepEqual(both, []);
});
