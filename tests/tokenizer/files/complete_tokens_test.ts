// Tokens in tokenizer_config.json, added_tokens.json and special_tokens_map.json. The ids are those of transformers
// 5.24 (AutoTokenizer on the same folders).
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { inFolder } from "../../support/folder.ts";

const flags = { lstrip: false, rstrip: false, single_word: false, normalized: false, special: true };
const CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/** Loads a tokenizer.model of 266 pieces with JSON files beside it. */
async function load(files: Record<string, unknown>): Promise<Tokenizer> {
  let tokenizer: Tokenizer | undefined;
  await inFolder(async (dir) => {
    await (await Tokenizer.train(["a whale"], { vocabSize: 266 })).save(`${dir}/tokenizer.model`);
    for (const [name, value] of Object.entries(files)) {
      await Deno.writeTextFile(`${dir}/${name}.json`, JSON.stringify(value));
    }
    tokenizer = await Tokenizer.load(dir);
  });
  return tokenizer!;
}

Deno.test("a .model with added_tokens.json: their ids count, and markers of a chat are found", async () => {
  const tokenizer = await load({
    added_tokens: { "<|im_end|>": 267, "<|im_start|>": 266 },
    special_tokens_map: { eos_token: { ...flags, content: "<|im_end|>" } },
    tokenizer_config: { chat_template: CHATML },
  });
  assert.equal(tokenizer.vocabSize, 268);
  assert.equal(tokenizer.eosId, 267);
  assert.deepEqual(tokenizer.stopIds, [267]);
  const { ids } = tokenizer.chat([{ role: "user", content: "a <|im_end|> b" }], { generationPrompt: true });
  assert.deepEqual([...ids].filter((id) => id >= 266), [266, 267, 266]);
  assert.equal(tokenizer.decode(ids, { special: true }).split("<|im_end|>").length, 3);
});

Deno.test("a .model with added_tokens_decoder: ids, flags and roles count, and outrank the other files", async () => {
  const tokenizer = await load({
    tokenizer_config: {
      eos_token: "<|end|>",
      pad_token: "<pad>",
      added_tokens_decoder: {
        "0": { ...flags, content: "<unk>" },
        "267": { ...flags, content: "<tool>", special: false, rstrip: true },
        "266": { ...flags, content: "<|end|>" },
      },
    },
    added_tokens: { "<other>": 266 },
    special_tokens_map: { eos_token: "</s>" },
  });
  assert.equal(tokenizer.idOf("<|end|>"), 266);
  assert.equal(tokenizer.idOf("<tool>"), 267);
  assert.equal(tokenizer.idOf("<other>"), undefined);
  assert.deepEqual([tokenizer.eosId, tokenizer.padId, tokenizer.vocabSize], [266, 268, 269]);
  assert.deepEqual([...tokenizer.encode("<tool>  ")], [267]);
  assert.ok(!tokenizer.encode("<|end|>").includes(266));
});

Deno.test("add_bos_token beside a .model says whether a text gets BOS", async () => {
  assert.equal((await load({})).addsBos, true);
  assert.equal((await load({ tokenizer_config: { add_bos_token: true } })).addsBos, true);
  const without = await load({ tokenizer_config: { add_bos_token: false } });
  assert.equal(without.addsBos, false);
  assert.equal(without.bosId, 1);
});

Deno.test("legacy false beside a .model: no space in front of text behind a control token", async () => {
  const text = "a</s>a";
  const shown = (tokenizer: Tokenizer) =>
    [...tokenizer.encode(text, { special: true })].map((id) => tokenizer.tokenOf(id));
  assert.deepEqual(shown(await load({})), ["▁", "a", "</s>", "▁", "a"]);
  assert.deepEqual(shown(await load({ tokenizer_config: { legacy: true } })), ["▁", "a", "</s>", "▁", "a"]);
  assert.deepEqual(shown(await load({ tokenizer_config: { legacy: false } })), ["▁", "a", "</s>", "a"]);
});

Deno.test("tokens that contradict each other are refused by name", async () => {
  const wrong: [RegExp, Record<string, unknown>][] = [
    [/"<a>" has the id 270, but its place is 266/, { added_tokens: { "<a>": 270 } }],
    [/"<a>" has the id 3, but its place is 266/, { added_tokens: { "<a>": 3 } }],
    [/"<s>" has the id 266, but its place is 1/, { added_tokens: { "<s>": 266 } }],
    [/the list of added tokens has the entry/, { added_tokens: { "<a>": -1 } }],
    [/the list of added tokens has the entry/, { added_tokens: { "<a>": "266" } }],
    [/added_tokens_decoder has the entry/, { tokenizer_config: { added_tokens_decoder: { "266": {} } } }],
    [/the list of added tokens has the entry/, {
      tokenizer_config: { added_tokens_decoder: { "x": { ...flags, content: "<a>" } } },
    }],
    [/must be an object/, { added_tokens: [1] }],
    [/must be an object/, { special_tokens_map: "x" }],
  ];
  for (const [message, files] of wrong) {
    await assert.rejects(
      load(files),
      (e: Error) => e instanceof FormatError && message.test(e.message),
      String(message),
    );
  }
});

Deno.test("a special token that is no text is refused", async () => {
  for (const wrong of [7, true, { content: 7 }, { content: ["<x>"] }]) {
    for (const field of ["sep_token", "mask_token", "eos_token"]) {
      await assert.rejects(load({ tokenizer_config: { [field]: wrong } }), FormatError, `${field} ${wrong}`);
    }
    await assert.rejects(load({ tokenizer_config: { additional_special_tokens: [wrong] } }), FormatError);
  }
});

Deno.test("names in a configuration that a tokenizer.json lacks get the next ids, as in transformers", async () => {
  const { json } = (await Tokenizer.train(["a whale"], { vocabSize: 266 })).job().config as { json: unknown };
  const tokenizer = Tokenizer.fromJSON(json, {
    bos_token: "<s>",
    pad_token: "[PAD]",
    additional_special_tokens: ["<x>"],
  });
  assert.deepEqual([tokenizer.padId, tokenizer.idOf("<x>"), tokenizer.vocabSize], [266, 267, 268]);
  assert.deepEqual([tokenizer.bosId, tokenizer.eosId], [1, -1]);
});

Deno.test("a role that names no text is refused by its field, an empty one names no token", async () => {
  for (
    const [field, value] of [["bos_token", 5], ["pad_token", { a: 1 }], ["eos_token", {
      content: 3,
    }]] as const
  ) {
    await assert.rejects(load({ tokenizer_config: { [field]: value } }), (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.match(error.message, new RegExp(`${field} names a special token that must be a text`));
      return true;
    });
  }
  const additional_special_tokens = ["<x>", 7];
  await assert.rejects(
    load({ tokenizer_config: { additional_special_tokens } }),
    /additional_special_tokens names .* current value is 7/,
  );
  assert.equal((await load({ tokenizer_config: { pad_token: "", mask_token: null } })).vocabSize, 266);
});
