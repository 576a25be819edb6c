// Meta's file format of Llama 3. tests/reference/tiktoken_vocabulary.py made the small vocabulary and the ids, on which
// tiktoken and transformers' converter agree.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { golden } from "../golden.ts";

const { lines, cases } = await golden<{ lines: string; cases: [text: string, ids: number[]][] }>(
  "tiktoken.json",
);

async function load(text: string): Promise<Tokenizer> {
  let tokenizer: Tokenizer | undefined;
  await inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/tokenizer.model`, text);
    tokenizer = await Tokenizer.load(dir);
  });
  return tokenizer!;
}

Deno.test("a vocabulary in tiktoken's format gives tiktoken's ids, and has Llama 3's special tokens behind it", async () => {
  const tokenizer = await load(lines);
  for (const [text, ids] of cases) {
    assert.deepEqual([...tokenizer.encode(text)], ids, JSON.stringify(text));
    assert.equal(tokenizer.decode(ids), text);
  }
  assert.equal(tokenizer.vocabSize, 400 + 256);
  assert.equal(tokenizer.addsBos, true);
  const names = [
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|reserved_special_token_0|>",
    "<|reserved_special_token_1|>",
  ];
  assert.deepEqual([0, 1, 2, 3].map((i) => tokenizer.tokenOf(400 + i)), names);
  const places = {
    "<|start_header_id|>": 6,
    "<|end_header_id|>": 7,
    "<|eom_id|>": 8,
    "<|eot_id|>": 9,
    "<|python_tag|>": 10,
  };
  for (const [name, place] of Object.entries(places)) assert.equal(tokenizer.idOf(name), 400 + place);
  assert.equal(tokenizer.tokenOf(655), "<|reserved_special_token_247|>");
  assert.deepEqual([tokenizer.bosId, tokenizer.eosId, tokenizer.padId], [400, 401, -1]);
  assert.ok(tokenizer.encode("<|eot_id|>").every((id) => id < 400));
});

Deno.test("a saved one is a tokenizer.json with the same ids", async () => {
  const tokenizer = await load(lines);
  await inFolder(async (dir) => {
    await tokenizer.save(dir);
    const again = await Tokenizer.load(dir);
    assert.equal(again.fingerprint, tokenizer.fingerprint);
    for (const [text, ids] of cases) assert.deepEqual([...again.encode(text)], ids);
  });
});

Deno.test("damaged vocabularies, and those of other models, are refused by name", async () => {
  const all = lines.trimEnd().split("\n");
  const damaged: [RegExp, string[]][] = [
    [/a line is damaged/, [...all.slice(0, 300), "AA==", ...all.slice(300)]],
    [/a token stands twice/, [...all, all[0].replace(/ .*/, " 400")]],
    [/the rank 5 stands twice/, [...all, "AAAAAAAA 5"]],
    [/no token has the rank 400/, [...all, "AAAAAAAA 500"]],
    [/no token for the byte \d+/, all.slice(1).map((line, rank) => line.replace(/ .*/, ` ${rank}`))],
    [/it has 128001 tokens, Llama 3's has 128000/, [
      ...all,
      ...Array.from({ length: 127_601 }, (_, i) => `${btoa(`\0\0${i}`)} ${400 + i}`),
    ]],
  ];
  for (const [message, text] of damaged) {
    await assert.rejects(
      load(text.join("\n") + "\n"),
      (e: Error) => e instanceof FormatError && message.test(e.message),
      String(message),
    );
  }
});
