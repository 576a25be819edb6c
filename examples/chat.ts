/**
 * Chats with a saved model in the terminal.
 *
 *     deno run -A examples/chat.ts --help
 *     deno run -A examples/chat.ts out/moby
 *     deno run -A examples/chat.ts model.gguf --temperature 0 --dtype q8
 *     echo "Why do llamas hum?" | deno run -A examples/chat.ts hf://owner/name
 *
 * A model without a chat template continues the typed text. Where the context is full the oldest turns are left out. `/help` lists
 * what can be typed beside messages; Ctrl-C ends an answer, Ctrl-D the chat.
 *
 * @module
 */
import { Model } from "@llamero/sdk";
import { onInterrupt } from "@llamero/sdk/display";
import { z } from "zod";
import { Input } from "./chat/input.ts";
import { TextLineStream } from "./chat/lines.ts";
import { commands, Talk } from "./chat/talk.ts";
import { readFlags, words } from "./cli/args.ts";
import { meaning } from "./cli/help.ts";
import { runMain } from "./cli/main.ts";

const help = Model.help("generate");
const flags = z.strictObject({
  model: z.string().min(1, "must be a folder, a .gguf file or hf://owner/name").default(
    "out/quickstart/model",
  ).describe(
    "folder, .gguf file or hf:// id; may be the first word, without the flag",
  ),
  system: z.string().default("").describe("instructions for the model before the conversation"),
  temperature: z.number().min(0).default(0.8).describe(meaning(help, "temperature")),
  topP: z.number().gt(0).max(1).default(0.95).describe(meaning(help, "topP")),
  maxTokens: z.int().min(1).default(256).describe("largest number of tokens of an answer"),
  context: z.int().min(1).optional().describe("context in tokens; default: the model's own"),
  dtype: z.enum(["f32", "f16", "q8"]).default("f32").describe(
    "weights in memory: 4 bytes each, 2, or about 1",
  ),
  seed: z.int().default(42).describe(meaning(help, "seed")),
});
const options = await readFlags(
  flags,
  "chat",
  `Chats with a saved model.\n\nTyped in the chat:\n${commands}`,
  words(["model"]),
);

await runMain(async () => {
  const { model: path, context, dtype, ...settings } = options;
  const model = await Model.load(path, { context, dtype });
  const hasTemplate = model.tokenizer?.template != null;
  console.error(`${model}\n${hasTemplate ? "" : "No chat template: the model continues what you type.\n"}`);
  const talk = new Talk(model, settings, write, console.error);
  const input = new Input();
  const isTerminal = Deno.stdin.isTerminal();
  if (isTerminal) console.error("/help shows what can be typed beside messages.\n");
  const ask = () => isTerminal ? write(input.isInside ? ". " : "> ") : Promise.resolve();
  /** Takes Ctrl-C while nothing is answered: it forgets the lines of an open message. */
  const waitForLine = () =>
    onInterrupt(() => {
      input.end();
      console.error("\n(Ctrl-D or /exit ends the chat)");
      ask();
    });
  let off = waitForLine();
  await ask();
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    off();
    const message = input.take(line);
    if (message !== undefined && !await talk.take(message)) return;
    off = waitForLine();
    await ask();
  }
  await talk.take(input.end() ?? "");
  if (isTerminal) await write("\n");
});

/** Writes text at once, without a line end. */
async function write(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}
