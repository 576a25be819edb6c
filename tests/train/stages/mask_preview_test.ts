// The loss mask of conversations, as a person sees it.
import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { MaskPreview } from "../../../src/train/mod.ts";
import { quiet, tinyModel } from "../support.ts";

const text = "User: why do llamas hum?\nAssistant: the hill is wide. be kind. ".repeat(20);
const special = ["<|im_start|>", "<|im_end|>"];
const tokenizer = await Tokenizer.train([text], { vocabSize: 320, special });
const conversation = {
  source: "talk",
  messages: [
    { role: "system", content: "be kind" },
    { role: "user", content: "why do llamas\nhum?" },
    { role: "assistant", content: "the hill is wide" },
    { role: "user", content: "be kind" },
    { role: "assistant", content: "why" },
  ] as const,
};
const conversations = [{ ...conversation, messages: [...conversation.messages] }];

Deno.test("the mask names roles, marks what is learned, and sets the template's text apart", () => {
  const preview = new MaskPreview(conversations, tokenizer.withTemplate("plain"), 200);
  const [{ tokens, learned }] = preview.examples;
  assert.equal(
    String(preview),
    `Loss mask: marked text is learned, pale text is the template's
system     <s>be kind
user       ↵↵User: why do llamas
           hum?
assistant  ↵Assistant:« the hill is wide</s>»
user       ↵User: be kind
assistant  ↵Assistant:« why</s>»
${learned} of ${tokens} tokens are learned`,
  );
  const html = preview.picture().html!;
  assert.deepEqual([...html.matchAll(/<u [^>]*>([^<]*)<\/u>/g)].map(([, text]) => text), [
    " the hill is wide&lt;/s&gt;",
    " why&lt;/s&gt;",
  ]);
  assert.match(html, /width:5.5em[^>]*>system<.*>user<.*>assistant</s);
});

Deno.test("every built-in template gives each message its role", () => {
  for (const template of ["plain", "chatml"] as const) {
    const [{ pieces }] = new MaskPreview(conversations, tokenizer.withTemplate(template), 400).examples;
    assert.deepEqual(
      pieces.flatMap(({ role }) => role ?? []),
      ["system", "user", "assistant", "user", "assistant"],
      template,
    );
  }
});

Deno.test("what does not fit into a window is said", () => {
  const preview = new MaskPreview(conversations, tokenizer.withTemplate("plain"), 30);
  const [{ tokens, cut, learned }] = preview.examples;
  assert.equal(cut, tokens - 31);
  assert.ok(
    String(preview).endsWith(
      `\n${learned} of ${tokens} tokens are learned; cut off behind the window: ${cut} tokens`,
    ),
  );
});

Deno.test("a plan that was read shows the mask of its conversations", async () => {
  using model = await tinyModel({ vocabSize: 320, context: 64 });
  model.tokenizer = tokenizer;
  const trainer = quiet(model).instruct(Dataset.from(conversations), { steps: 2, validation: false });
  const plan = await trainer.plan().read();
  assert.doesNotMatch(String(trainer.plan()), /Loss mask/);
  assert.match(String(plan), /\n\nLoss mask: .*\nsystem {5}<s>be kind\n/);
  assert.equal(String(plan.stages[0].mask), String(await trainer.maskPreview(2)));
});
