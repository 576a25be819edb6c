import assert from "node:assert/strict";
import type { Message } from "../../src/base/encoder.ts";
import type { TemplateName } from "../../src/tokenizer/mod.ts";
import { python, pythonHas } from "../support/python.ts";
import { oddStrings, sample } from "./sample.ts";
import { inFolder } from "../support/folder.ts";

const there = await pythonHas("transformers", "jinja2");

Deno.test(`Python transformers reads a saved folder to the same ids${there.reason}`, there, async (t) => {
  const conversations: Message[][] = [
    [{ role: "user", content: "hi there" }],
    [{ role: "user", content: "2 + 2?\nNow!" }, { role: "assistant", content: "Four, of course." }],
  ];
  const names = ["<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>"];
  const texts = oddStrings(1500, 30, false)
    .filter((text) => text.isWellFormed() && !names.some((name) => text.includes(name)));
  for (const name of ["plain", "llama-2", "chatml"] satisfies TemplateName[]) {
    await t.step(name, async () => {
      const tokenizer = (await sample()).withTemplate(name);
      await inFolder(async (dir) => {
        await tokenizer.save(dir);
        const script = new URL("oracle.py", import.meta.url).pathname;
        const { code, text, error } = await python([script, dir], JSON.stringify({ texts, conversations }));
        assert.equal(code, 0, error);
        const { encoded, decoded, chats } = JSON.parse(text);
        texts.forEach((text, i) => {
          assert.deepEqual([...tokenizer.encode(text, { bos: true })], encoded[i], JSON.stringify(text));
          assert.equal(tokenizer.decode(encoded[i]), decoded[i]);
        });
        conversations.forEach((messages, i) => {
          const { ids } = tokenizer.chat(messages, { generationPrompt: messages.length % 2 === 1 });
          assert.deepEqual([...ids], chats[i]);
        });
      });
    });
  }
});
