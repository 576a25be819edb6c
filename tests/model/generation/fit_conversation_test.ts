// Conversations longer than the context: the oldest turns go, the system message and the newest message stay.
import assert from "node:assert/strict";
import type { Message } from "../../../src/base/encoder.ts";
import { chatPrompt } from "../../../src/model/generation/fit_conversation.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";

const context = 96;
const special = ["<|im_start|>", "<|im_end|>"];
const text = "why do llamas hum? because the hill is wide, said the herder. ".repeat(40);
const trained = await Tokenizer.train([text], { vocabSize: 300, special });

async function modelWith(template: string): Promise<Model> {
  const options = { tokenizer: trained.withTemplate(template), context, device: await testDevice() };
  return await Model.create({ dim: 24, layers: 1, heads: 2, hidden: 40 }, options);
}

/** A conversation of `turns` answered questions and one more. */
function conversation(turns: number, system?: string): Message[] {
  const asked = (i: number): Message => ({ role: "user", content: `hill ${i}?` });
  const answered = Array.from(
    { length: turns },
    (_, i): Message[] => [asked(i), { role: "assistant", content: `wide ${i}.` }],
  );
  return [...system ? [{ role: "system", content: system } as const] : [], ...answered.flat(), asked(turns)];
}

for (const template of ["plain", "chatml", "llama-2"]) {
  Deno.test(`${template}: as many of the newest turns as fit stay, behind the system message`, async () => {
    using model = await modelWith(template);
    const room = 20;
    for (const system of [undefined, "the herder hums"]) {
      for (let turns = 0, before = 0; turns <= 60; turns += turns < 8 ? 1 : 13) {
        const messages = conversation(turns, system);
        const { ids, trimmed } = chatPrompt(model, messages, { trim: true, maxTokens: room });
        const first = system ? 1 : 0;
        const kept = [...messages.slice(0, first), ...messages.slice(first + trimmed)];
        const idsOf = (all: Message[]) => model.tokenizer!.chat(all, { generationPrompt: true }).ids;
        assert.deepEqual(ids, idsOf(kept));
        assert.ok(ids.length <= context - room, `${ids.length} tokens of ${turns} turns`);
        const more = [...messages.slice(0, first), ...messages.slice(first + trimmed - 2)];
        if (trimmed > 0) assert.ok(idsOf(more).length > context - room, "one turn more would not fit");
        assert.ok(trimmed >= before);
        before = trimmed;
      }
    }
  });
}

Deno.test("a conversation is refused without trim, and a message that is too long with it", async () => {
  using model = await modelWith("plain");
  assert.throws(
    () => model.chat(conversation(30)),
    /^ConfigError: Cannot answer: the conversation has \d+ tokens in the chat template, the model's context is 96\. Shorten it, or give \{ trim: true \}/,
  );
  const long = "why do llamas hum ".repeat(60);
  for (
    const messages of [long, [...conversation(3).slice(0, -1), { role: "user", content: long } as const]]
  ) {
    assert.throws(
      () => model.chat(messages, { trim: true }),
      /^ConfigError: Cannot answer: the message has \d+ tokens.*the model's context is 96\. Shorten it$/,
    );
  }
  assert.throws(
    () => model.chat("hill", { trimm: true } as object),
    /chat\.trimm: unknown option, did you mean "trim"/,
  );
  const answer = model.chat(conversation(30), { trim: true, maxTokens: 2, temperature: 0 });
  assert.ok(answer.trimmed > 0);
  assert.ok((await answer.ids()).length <= 2);
  assert.equal(model.chat(conversation(1), { trim: true }).trimmed, 0);
});

Deno.test("a conversation that fits without room for an answer is trimmed, and a last message without room is not refused", async () => {
  using model = await modelWith("plain");
  const lengthOf = (messages: Message[]) =>
    model.tokenizer!.chat(messages, { generationPrompt: true }).ids.length;
  let turns = 0;
  while (lengthOf(conversation(turns + 1)) <= context) turns++;
  assert.ok(lengthOf(conversation(turns)) > context - 24);
  assert.ok(model.chat(conversation(turns), { trim: true }).trimmed > 0);
  assert.equal(model.chat(conversation(turns)).trimmed, 0);
  let long = "hill";
  while (lengthOf([{ role: "user", content: `${long} hill` }]) <= context) long += " hill";
  assert.equal(model.chat(long, { trim: true }).trimmed, 0);
});
