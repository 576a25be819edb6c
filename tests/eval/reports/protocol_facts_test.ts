import assert from "node:assert/strict";
import { protocolFacts } from "../../../src/eval/reports/protocol_facts.ts";
import type { Protocol } from "../../../src/eval/tasks/task_result.ts";

const plain: Protocol = {
  rule: "log-likelihood / characters",
  shots: 0,
  seed: 42,
  chatTemplate: false,
  truncated: 0,
  droppedShots: 0,
  unusable: 0,
  notes: [],
};

Deno.test("a protocol is said in words, without what is zero or empty", () => {
  assert.deepEqual(protocolFacts(plain, "items"), [
    ["rule", "log-likelihood / characters"],
    ["items", "all items"],
    ["chat template", "no"],
    ["examples", "none"],
    ["seed", "42"],
  ]);
});

Deno.test("a protocol says what was drawn, cut, dropped and remarked", () => {
  const full: Protocol = {
    ...plain,
    limit: 1,
    shots: 5,
    context: 2048,
    chatTemplate: true,
    decoding: { temperature: 0.6, topP: 0.95, maxTokens: 1024, stop: ["\n", "Q:"], seed: 7 },
    truncated: 1,
    droppedShots: 2,
    unusable: 3,
    notes: ["one tie", "scored by judge"],
  };
  const facts = Object.fromEntries(protocolFacts(full, "windows"));
  assert.equal(facts.items, "the first 1 window");
  assert.equal(facts.examples, "5 before each prompt");
  assert.equal(facts.context, "2,048 tokens");
  assert.equal(facts["chat template"], "yes");
  assert.equal(
    facts.decoding,
    'temperature 0.6, top-p 0.95, seed 7, at most 1,024 tokens, ends before "\\n" or "Q:"',
  );
  assert.equal(facts.cut, "1 prompt on the left, to fit the context");
  assert.equal(facts.dropped, "2 examples that did not fit");
  assert.equal(facts.unusable, "3 rows");
  assert.equal(facts.notes, "one tie\nscored by judge");
});
