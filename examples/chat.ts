/**
 * Chats with a saved model in the terminal.
 *
 *     deno run -A examples/chat.ts --help
 *     deno run -A examples/chat.ts out/moby
 *     deno run -A examples/chat.ts model.gguf --temperature 0 --dtype q8
 *     echo "Why do llamas hum?" | deno run -A examples/chat.ts hf://owner/name
 *
 * A model without a chat template continues the typed text. `/new` starts a new conversation, Ctrl-D ends.
 *
 * @module
 */
import { Model } from "@llamero/sdk";
import type { Message } from "@llamero/sdk/data";
import { printable } from "@llamero/sdk/display";
import { TextLineStream } from "./cli/lines.ts";
import { z } from "zod";
import { readFlags, words } from "./cli/args.ts";

const flags = z.strictObject({
  model: z.string().min(1, "must be a folder, a .gguf file or hf://owner/name").default(
    "out/quickstart/model",
  ).describe(
    "folder, .gguf file or hf:// id; may be the first word, without the flag",
  ),
  system: z.string().default("").describe("instructions for the model before the conversation"),
  temperature: z.number().min(0).default(0.8).describe(
    "divides the logits; 0 takes the most likely token every time",
  ),
  topP: z.number().gt(0).max(1).default(0.95).describe(
    "draws from the most likely tokens with this probability together",
  ),
  maxTokens: z.int().min(1).default(256).describe("largest number of tokens of an answer"),
  context: z.int().min(1).optional().describe("context in tokens; default the model's"),
  dtype: z.enum(["f32", "f16", "q8"]).default("f32").describe(
    "weights in memory: 4 bytes each, 2, or about 1",
  ),
  seed: z.int().default(42).describe("seed of the draws"),
});
const options = await readFlags(flags, "chat", "Chats with a saved model.", words(["model"]));

const model = await Model.load(options.model, { context: options.context, dtype: options.dtype });
const chats = model.tokenizer?.template != null;
console.error(`${model}\n${chats ? "" : "No chat template: the model continues what you type.\n"}`);
const start: Message[] = options.system ? [{ role: "system", content: options.system }] : [];
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
  const { temperature, topP, maxTokens, seed } = options;
  const sampling = { temperature, topP, maxTokens, seed };
  messages.push({ role: "user", content: line });
  let text = "";
  for await (const piece of chats ? model.chat(messages, sampling) : model.generate(line, sampling)) {
    text += piece;
    await say(printable(piece));
  }
  await say("\n");
  messages.push({ role: "assistant", content: text });
}

async function say(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}
