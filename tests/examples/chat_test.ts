// examples/chat.ts: lines as messages, a conversation over many times the context through a pipe, and Ctrl-C in an answer.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Input } from "../../examples/chat/input.ts";
import type { Message } from "../../src/base/encoder.ts";
import { printable } from "../../src/base/printable.ts";
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { root, runDeno } from "../repo/tree.ts";
import { testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";

const text = "why do llamas hum? because the hill is wide, said the herder. ".repeat(40);
const context = 64;
const turns = 28;

/** Saves a model that can chat, and one without a template. */
async function saveModels(folder: string): Promise<void> {
  const base = await Tokenizer.train([text], { vocabSize: 300 });
  const shape = { dim: 24, layers: 1, heads: 2, hidden: 40 };
  for (const [name, tokenizer] of [["chat", base.withTemplate("plain")], ["base", base]] as const) {
    using model = await Model.create(shape, { tokenizer, context: 8192, device: await testDevice() });
    await model.save(join(folder, name));
  }
}

/** Returns the messages in lines, and what is left open. */
function messages(...lines: string[]): (string | undefined)[] {
  const input = new Input();
  return [...lines.flatMap((line) => input.take(line) ?? []), input.end()];
}

Deno.test("a message is a line, lines joined by a backslash, or lines between triple quotes", () => {
  assert.deepEqual(messages("why?", "", "hill"), ["why?", "", "hill", undefined]);
  assert.deepEqual(messages("a \\", "b\\", "c", "d"), ["a \nb\nc", "d", undefined]);
  assert.deepEqual(messages('"""a', "  b \\", 'c"""  ', "d"), ["a\n  b \\\nc", "d", undefined]);
  assert.deepEqual(messages('"""a"""', '"""', "b", '"""', 'c"""'), ["a", "\nb\n", 'c"""', undefined]);
  assert.deepEqual(messages('"""a', "b"), ["a\nb"]);
  assert.deepEqual(messages("a\\"), ["a"]);
  const input = new Input();
  input.take('"""a');
  assert.ok(input.isInside);
  assert.equal(input.end(), "a");
  assert.equal(input.take("b"), "b");
});

Deno.test("a chat over ten times the context answers every time, and says once that old turns are gone", () =>
  inFolder(async (folder) => {
    await saveModels(folder);
    const system = "the herder hums";
    const file = join(folder, "talk.jsonl");
    await Deno.writeTextFile(file, '{"messages": []}'); // without a line end
    const questions = Array.from({ length: turns }, (_, i) => `why do llamas hum on hill ${i}?`);
    const stdin = [
      ...questions,
      `/save ${file}`,
      "why do llamas hum ".repeat(60),
      "/save",
      "/nothing",
      "/reset",
      `/save ${file}`,
      "",
      ...questions.slice(0, 3),
      `/save ${file}`,
      "/help",
      "/exit",
      "never asked",
    ].join("\n");
    const flags = ["--system", system, "--max-tokens", "8", "--temperature", "0", "--context", `${context}`];
    const run = (model: string, stdin: string) =>
      runDeno(["run", "-A", "examples/chat.ts", join(folder, model), ...flags], { stdin });
    const { code, stdout, stderr } = await run("chat", stdin);
    assert.equal(code, 0, stderr);
    const lines = stderr.split("\n").filter(Boolean);
    const notes = lines.slice(lines.findIndex((line) => line.startsWith("(the conversation")));
    const full =
      "(the conversation is longer than the context of 64 tokens: from now on the model sees its newest turns only; /reset begins anew)";
    const help = notes.findIndex((line) => line.startsWith("  /reset"));
    assert.deepEqual(notes.slice(0, help), [
      full,
      `(${turns} turns saved to ${file})`,
      "error: Cannot answer: the message has 626 tokens in the chat template, the model's context is 64. Shorten it",
      "(give the file: /save talk.jsonl)",
      "(no command /nothing: /help shows them)",
      "(a new conversation)",
      "(nothing to save yet)",
      full,
      `(3 turns saved to ${file})`,
    ]);

    const saved = await Dataset.jsonl(file).skip(1).conversations().toArray();
    assert.deepEqual(saved.map((talk) => talk.messages.length), [1 + 2 * turns, 1 + 2 * 3]);
    const [first, second] = saved.map((talk) => talk.messages);
    assert.deepEqual(first[0], { role: "system", content: system });
    assert.deepEqual(first.filter(({ role }) => role === "user").map(({ content }) => content), questions);
    const answers = [...first, ...second].filter(({ role }) => role === "assistant");
    assert.equal(answers.length, turns + 3);
    assert.ok(answers.every(({ content }) => content !== ""));
    assert.equal(stdout, answers.map(({ content }) => `${printable(content)}\n`).join(""));
    await sameWithSystem(join(folder, "chat"), first);

    const base = await run("base", stdin.split("\n").slice(turns, -1).join("\n"));
    assert.equal(base.code, 0, base.stderr);
    assert.match(base.stderr, /No chat template: the model continues what you type/);
    assert.match(base.stderr, /error: Cannot generate: the prompt has \d+ tokens, the model's context is 64/);
  }));

/** Checks that the last answer is the one after the system message and the newest turns, at ten times the context. */
async function sameWithSystem(folder: string, all: readonly Message[]): Promise<void> {
  using model = await Model.load(folder, { context, device: await testDevice() });
  const asked = all.slice(0, -1);
  assert.ok(model.tokenizer!.chat(asked, { generationPrompt: true }).ids.length > 10 * context);
  const options = { maxTokens: 8, temperature: 0 };
  const { trimmed } = model.chat(asked, { ...options, trim: true });
  const answer = await model.chat([asked[0], ...asked.slice(1 + trimmed)], options).text();
  assert.equal(all.at(-1)!.content, answer);
}

Deno.test("Ctrl-C ends an answer and not the chat", () =>
  inFolder(async (folder) => {
    await saveModels(folder);
    const file = join(folder, "talk.jsonl");
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "examples/chat.ts",
        join(folder, "chat"),
        "--max-tokens",
        "8000",
        "--temperature",
        "0.9",
      ],
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    const type = (line: string) => writer.write(new TextEncoder().encode(`${line}\n`));
    await type("why do llamas hum?");
    const reader = child.stdout.getReader();
    await reader.read(); // the answer has begun
    child.kill("SIGINT");
    reader.releaseLock();
    const rest = child.stdout.pipeTo(new WritableStream());
    await type(`/save ${file}`);
    await writer.close();
    const notes = await new Response(child.stderr).text();
    await rest;
    assert.match(notes, /\n\(stopped\)\n\(1 turn saved to /);
    assert.deepEqual((await child.status).code, 0);
    const [{ messages: [, { content }] }] = await Dataset.jsonl(file).conversations().toArray();
    assert.ok(content.length > 0 && content.length < 8000);
  }));
