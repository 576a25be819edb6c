import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import type { ConversationFields } from "../../../src/data/steps/conversations.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { Conversation, Row } from "../../../src/data/document.ts";
import type { PreparedTokens } from "../../../src/data/windows/prepared_tokens.ts";
import type { Window } from "../../../src/data/windows/window.ts";
import { all, ByteEncoder, decode, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const turns = async (rows: Row[], fields?: ConversationFields) =>
  (await Dataset.from(rows).conversations(fields && { fields }).toArray()).map(({ messages }) =>
    messages.map(({ role, content }) => `${role}: ${content}`)
  );

Deno.test("the three shapes become conversations", async () => {
  assert.deepEqual(
    await turns([
      { instruction: "Add.", input: "1 2", output: " 3\n" },
      { instruction: "Greet.", input: "", output: "Hi" },
      { instruction: "Greet.", output: "Hi", extra: 1 },
      { prompt: "Q", completion: "A" },
      {
        messages: [{ role: "system", content: "" }, { role: "user", content: "Q" }, {
          role: "assistant",
          content: "A",
          name: "x",
        }],
      },
    ]),
    [
      ["user: Add.\n\n1 2", "assistant:  3\n"],
      ["user: Greet.", "assistant: Hi"],
      ["user: Greet.", "assistant: Hi"],
      ["user: Q", "assistant: A"],
      ["system: ", "user: Q", "assistant: A"],
    ],
  );
});

Deno.test("fields of other names are named, and the shape follows from them", async () => {
  const row = { question: "Q", answer: "A", task: "T", prompt: "no" };
  assert.deepEqual(await turns([row], { prompt: "question", completion: "answer" }), [[
    "user: Q",
    "assistant: A",
  ]]);
  assert.deepEqual(await turns([row], { instruction: "task", input: "question", output: "answer" }), [[
    "user: T\n\nQ",
    "assistant: A",
  ]]);
  const list = { turns: [{ role: "assistant", content: "A" }] };
  assert.deepEqual(await turns([list], { messages: "turns" }), [["assistant: A"]]);
  const mixed = await failure(() => turns([row], { prompt: "question", output: "answer" }));
  assert.ok(mixed instanceof ConfigError);
  assert.match(mixed.message, /name the fields of one shape/);
});

Deno.test("a wrong row is refused by record and field, in a file by its line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/chat.jsonl`;
    const good = JSON.stringify({ prompt: "Q", completion: "A" });
    const cases: [Row, RegExp][] = [
      [
        { question: "Q" },
        /:2: Cannot make a conversation: expected the fields .*, found question; name them, such as/,
      ],
      [{ prompt: "Q" }, /:2: field completion must be a text that is not empty, current value is undefined/],
      [
        { prompt: "Q", completion: "" },
        /:2: field completion must be a text that is not empty, current value is ""/,
      ],
      [{ instruction: "Q", input: 5, output: "A" }, /:2: field input must be a text, current value is 5/],
      [
        { messages: "hello" },
        /:2: field messages must be a list of \{ role, content \}, current value is "hello"/,
      ],
      [
        { messages: [{ role: "human", content: "Q" }] },
        /:2: field messages\[0\]\.role must be one of system, user, assistant, current value is "human"/,
      ],
      [{ messages: [{ role: "user", content: null }] }, /:2: field messages\[0\]\.content must be a text/],
      [
        { messages: [{ role: "user", content: "Q" }] },
        /:2: field messages must hold a message of the assistant/,
      ],
    ];
    for (const [row, message] of cases) {
      await Deno.writeTextFile(path, `${good}\n${JSON.stringify(row)}\n`);
      const error = await failure(() => Dataset.jsonl(path).conversations().toArray());
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      assert.equal(error.line, 2);
      assert.equal(error.file, path);
    }
    const loose = await failure(() =>
      turns([{ prompt: "Q", completion: "A" }, { prompt: "Q", completion: 7 }])
    );
    assert.match(loose.message, /^record from:2: field completion/);
  }));

/** Returns the answers that are learned from a window, in order, each with its end mark. */
function answers(window: Window): string[] {
  const learned: number[][] = [];
  for (const [t, target] of window.targets.entries()) {
    if (target === -100) continue;
    if (t === 0 || window.targets[t - 1] === -100) learned.push([]);
    learned.at(-1)!.push(target);
  }
  for (const ids of learned) assert.equal(ids.at(-1), 2, "an answer ends with its end mark");
  return learned.map(decode);
}

/** Returns the ids of each example of a window, told apart by the first position of their attention. */
function examples(window: Window): string[] {
  const starts = [...new Set(window.first)];
  return starts.map((start, i) => [...window.ids.slice(start, starts[i + 1] ?? window.ids.length)].join(" "));
}

async function packed(
  rows: Row[],
  context: number,
  use: (prepared: PreparedTokens, windows: Window[]) => void,
): Promise<void> {
  const prepared = await Dataset.from(rows).conversations().tokenize(new ByteEncoder(), { context })
    .prepare();
  try {
    use(prepared, await all(prepared.ordered()));
  } finally {
    prepared.close();
  }
}

Deno.test("answers and their end marks are learned, nothing else, and no example sees another", () =>
  inFolder(async () => {
    const rows = Array.from(
      { length: 50 },
      (_, i) => ({ prompt: "p".repeat(1 + i % 7), completion: `answer ${i}` }),
    );
    const encoder = new ByteEncoder();
    await packed(rows, 64, (prepared, windows) => {
      assert.equal(prepared.documentMask, true);
      assert.deepEqual(windows.flatMap(answers).sort(), rows.map(({ completion }) => completion).sort());
      const expected = rows.map(({ prompt, completion }) =>
        [...encoder.chat([{ role: "user", content: prompt }, { role: "assistant", content: completion }]).ids]
          .join(" ")
      );
      const found = windows.flatMap(examples).filter((ids) => ids.startsWith("1 "));
      assert.deepEqual(found.sort(), expected.sort());
      assert.equal(prepared.bytes, rows.reduce((sum, { completion }) => sum + completion.length, 0));
      assert.equal(windows.reduce((sum, { bytes }) => sum + bytes, 0), prepared.bytes);
      assert.equal(prepared.windows, windows.length);
      assert.equal(prepared.dropped, 0);
      assert.equal(prepared.cut, 0);
      // First fit leaves little room: 50 examples of about 18 ids in rows of 65.
      assert.ok(
        windows.length <= Math.ceil(prepared.tokens / 65) + 2,
        `${windows.length} rows for ${prepared.tokens} ids`,
      );
      for (const { ids, targets } of windows) {
        targets.forEach((target, t) => assert.ok(target === -100 || target === ids[t + 1]));
      }
    });
  }));

Deno.test("an example longer than a window is cut from the right and counted; without an answer left it is refused", () =>
  inFolder(async () => {
    await packed(
      [{ prompt: "Q", completion: "x".repeat(50) }, { prompt: "Q", completion: "ok" }],
      16,
      (prepared, windows) => {
        assert.equal(prepared.cut, 4 + 50 + 1 - 17);
        assert.deepEqual(windows.map((window) => decode([...window.targets])), ["x".repeat(13), "ok"]);
        assert.equal(prepared.bytes, Math.floor(50 * 13 / 51) + 2);
      },
    );
    const late = Dataset.from([{ prompt: "Q".repeat(30), completion: "A" }]).conversations().tokenize(
      new ByteEncoder(),
      { context: 16 },
    );
    const error = await failure(() => late.prepare());
    assert.ok(error instanceof DataError);
    assert.match(
      error.message,
      /Cannot learn from record from:1: its answer begins behind the 17 tokens of a window \(it has 35\); raise context/,
    );
    const silent = Dataset.from<Conversation>([{ messages: [{ role: "user", content: "Q" }], source: "x" }]);
    assert.match(
      (await failure(() => silent.tokenize(new ByteEncoder(), { context: 16 }).prepare())).message,
      /it has no answer of the assistant/,
    );
  }));

Deno.test("several answers of one conversation are all learned", () =>
  inFolder(async () => {
    const messages = ["Q1", "A1", "Q2", "A2"].map((content, i) => ({
      role: i % 2 ? "assistant" : "user",
      content,
    }));
    await packed([{ messages }], 30, (prepared, [window]) => {
      assert.deepEqual(answers(window), ["A1", "A2"]);
      assert.equal(prepared.bytes, 4);
    });
  }));

Deno.test("conversations that were made by hand or by map are packed as such", () =>
  inFolder(async () => {
    const make = (text: string): Conversation => ({
      messages: [{ role: "assistant", content: text }],
      source: "x",
    });
    const tokens = Dataset.from(["one", "two"]).map(make).tokenize(new ByteEncoder(), { context: 16 });
    const prepared = await tokens.prepare();
    assert.equal(prepared.documentMask, true);
    assert.deepEqual((await all(prepared.ordered())).flatMap(answers), ["one", "two"]);
    prepared.close();
  }));
