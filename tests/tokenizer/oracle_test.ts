import assert from "node:assert/strict";
import type { Message } from "../../src/base/encoder.ts";
import type { TemplateName } from "../../src/tokenizer/mod.ts";
import { python, pythonHas } from "../support/python.ts";
import { oddStrings, sample } from "./sample.ts";

Deno.test("Python transformers reads a saved folder to the same ids", async (t) => {
  if (!await pythonHas("transformers")) {
    console.log("NOT RUN: no Python with transformers here (pip install transformers jinja2)");
    return;
  }
  const conversations: Message[][] = [
    [{ role: "user", content: "hi there" }],
    [{ role: "user", content: "2 + 2?\nNow!" }, { role: "assistant", content: "Four, of course." }],
  ];
  const names = ["<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>"];
  const texts = oddStrings(1500, 30, false)
    .filter((text) => text.isWellFormed() && !names.some((name) => text.includes(name)));
  for (const name of ["plain", "llama-2", "chatml"] satisfies TemplateName[]) {
    await t.step(name, async () => {
      const tokenizer = (await sample()).withTemplate(name), dir = await Deno.makeTempDir();
      try {
        await tokenizer.save(dir);
        const script = new URL("oracle.py", import.meta.url).pathname;
        const run = await python([script, dir], JSON.stringify({ texts, conversations }));
        assert.ok(run?.ok, run?.err);
        const { encoded, decoded, chats } = JSON.parse(run.out);
        texts.forEach((text, i) => {
          assert.deepEqual([...tokenizer.encode(text, { bos: true })], encoded[i], JSON.stringify(text));
          assert.equal(tokenizer.decode(encoded[i]), decoded[i]);
        });
        if (chats === null) return console.log(`chat NOT RUN: ${run.err.trim().split("\n").at(-1)}`);
        conversations.forEach((messages, i) => {
          const { ids } = tokenizer.chat(messages, { generationPrompt: messages.length % 2 === 1 });
          assert.deepEqual([...ids], chats[i]);
        });
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    });
  }
});
