import assert from "node:assert/strict";
import { DataError } from "../../src/base/errors.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { sample } from "./sample.ts";

Deno.test("a text shows as its tokens", async () => {
  const tokenizer = await sample();
  const view = tokenizer.show("The <b>12\n");
  const [tokens, facts] = String(view).split("\n");
  assert.equal(tokens, Array.from(tokenizer.encode("The <b>12\n"), (id) => tokenizer.tokenOf(id)).join("│"));
  assert.match(facts, /^\d+ tokens, 10 B, .* bytes per token$/);
  const { html } = view.picture();
  assert.ok(html!.includes("<span") && !html!.includes("<b>") && html!.includes("title="));
  assert.deepEqual(view.toJSON().tokens.map((token) => token.id), [...tokenizer.encode("The <b>12\n")]);
  assert.equal(String(tokenizer.show("")), "0 tokens, 0 B");
  assert.match(String(tokenizer.show("a ".repeat(5000))), /and [\d,]+ more/);
  const lines = String(tokenizer.show("a ".repeat(5000))).split("\n");
  assert.ok(lines.length > 50 && lines.every((line) => line.length < 80), "tokens stand in lines of a width");
  assert.match(String(tokenizer.show("x", { bos: true })), /^<s>│/);
});

Deno.test("control characters of a token are drawn, not sent to the terminal", () => {
  const tokenizer = Tokenizer.fromJSON({
    model: { type: "WordPiece", vocab: { "[UNK]": 0, "a\u001b[2J": 1 }, unk_token: "[UNK]" },
  });
  assert.match(String(tokenizer.show("a\u001b[2J")), /^a␛\[2J/);
});

Deno.test("statistics count what encoding gives", async () => {
  const tokenizer = await sample();
  const texts = ["The whale", { text: "灌木 " }, ""];
  const stats = await tokenizer.stats(texts);
  const lengths = ["The whale", "灌木 "].map((text) => tokenizer.encode(text).length);
  assert.equal(stats.tokens, lengths[0] + lengths[1]);
  assert.equal(stats.documents, 3);
  assert.equal(stats.bytes, 16);
  assert.equal(stats.characters, 12);
  assert.equal(stats.words, 3);
  assert.equal(stats.byteTokens, 6);
  assert.equal(stats.bytesPerToken, 16 / stats.tokens);
  assert.equal(stats.tokensPerWord, stats.tokens / 3);
  assert.match(String(stats), /bytes per token/);
  assert.deepEqual(JSON.parse(JSON.stringify(stats)).used, stats.used);
  await assert.rejects(tokenizer.stats([]), DataError);
  await assert.rejects(tokenizer.stats([{ text: 5 as unknown as string }]), DataError);
  await assert.rejects(tokenizer.stats(["x"], { sginal: 1 } as object), /did you mean "signal"/);
});

Deno.test("a tokenizer shows its facts", async () => {
  const tokenizer = (await sample()).withTemplate("plain");
  assert.match(String(tokenizer), /vocabulary +2,048[\s\S]*<\|im_end\|> 2047[\s\S]*plain[\s\S]*llamero/);
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(tokenizer))), [
    "vocabSize",
    "special",
    "template",
    "codec",
    "fingerprint",
  ]);
});
