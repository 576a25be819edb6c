/**
 * A conversation with a saved model in the terminal.
 *
 *     deno run -A examples/chat.ts --help
 *     deno run -A examples/chat.ts out/moby
 *     deno run -A examples/chat.ts model.gguf --temperature 0
 *     echo "Why do llamas hum?" | deno run -A examples/chat.ts hf://owner/name
 *
 * A model without a chat template continues what is typed. `/new` starts over, Ctrl-D ends.
 *
 * @module
 */
import { Model } from "@llamero/sdk";
import type { Message } from "@llamero/sdk/data";
import { TextLineStream } from "./cli/lines.ts";
import { z } from "zod";
import { readFlags, words } from "./cli/args.ts";

const flags = z.strictObject({
  model: z.string().min(1, "must be a folder, a .gguf file or hf://owner/name").default(
    "out/quickstart/model",
  ).describe(
    "folder, .gguf file or hf:// id; also without the flag, as the first word",
  ),
  system: z.string().default("").describe("what the model is told before the conversation"),
  temperature: z.number().min(0).default(0.8).describe("0 takes the most likely token every time"),
  topP: z.number().gt(0).max(1).default(0.95).describe("keeps the most likely tokens up to this mass"),
  maxTokens: z.int().min(1).default(256).describe("longest answer"),
  context: z.int().min(1).optional().describe("positions; without it: the model's"),
  seed: z.int().default(42).describe("decides the draws"),
});
const o = await readFlags(flags, "chat", "A conversation with a saved model.", words(["model"]));

const model = await Model.load(o.model, { context: o.context });
const chats = model.tokenizer?.template != null;
console.error(`${model}\n${chats ? "" : "No chat template: what you type is continued.\n"}`);
const start: Message[] = o.system ? [{ role: "system", content: o.system }] : [];
const ask = () => say(Deno.stdin.isTerminal() ? "> " : "");
let messages = [...start];

await ask();
for await (
  const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
) {
  if (line.trim() === "/new") messages = [...start];
  else if (line.trim()) await answer(line);
  await ask();
}
Deno.exit(0); // the GPU's threads would keep the process

async function answer(line: string): Promise<void> {
  const { temperature, topP, maxTokens, seed } = o;
  const options = { temperature, topP, maxTokens, seed };
  messages.push({ role: "user", content: line });
  let text = "";
  for await (const piece of chats ? model.chat(messages, options) : model.generate(line, options)) {
    text += piece;
    await say(piece);
  }
  await say("\n");
  messages.push({ role: "assistant", content: text });
}

async function say(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}
