import assert from "node:assert/strict";
import type { Message } from "../../src/base/encoder.ts";
import type { TemplateName } from "../../src/tokenizer/mod.ts";
import { oddStrings, sample } from "./sample.ts";

/** Runs Python with `args`, or undefined where there is none. */
async function python(
  args: string[],
  input = "",
): Promise<{ ok: boolean; out: string; err: string } | undefined> {
  try {
    const child = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped", stderr: "piped" })
      .spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { success, stdout, stderr } = await child.output(), text = new TextDecoder();
    return { ok: success, out: text.decode(stdout), err: text.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

Deno.test("Python transformers reads a saved folder to the same ids", async (t) => {
  const found = await python(["-c", "import importlib.util as i; exit(i.find_spec('transformers') is None)"]);
  if (!found?.ok) {
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
