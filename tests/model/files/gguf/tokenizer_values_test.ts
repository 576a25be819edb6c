// Tokenizers written into GGUF files: the values, and the refusal of everything for which llama.cpp would give other ids.
// That llama.cpp gives the same ids is shown by tests/full/interop_llama_cpp_test.ts.
import assert from "node:assert/strict";
import { ConfigError } from "../../../../src/base/errors.ts";
import { tokenizerFromGguf } from "../../../../src/model/files/gguf/gguf_tokenizer.ts";
import { tokenizerValues } from "../../../../src/model/files/gguf/tokenizer_values.ts";
import { Tokenizer, type TokenizerConfig } from "../../../../src/tokenizer/mod.ts";
import type { TokenizerJson } from "../../../../src/tokenizer/files/tokenizer_json.ts";

const text = "the llama hums on every hill while wind carries grass, 1234 ";
const special = ["<|im_start|>", "<|im_end|>"];
const trained = await Tokenizer.train([text.repeat(20)], { vocabSize: 290, special });

function spm(): TokenizerJson {
  return structuredClone((trained.job().config as { json: TokenizerJson }).json);
}

/** A byte-level tokenizer.json with three merges and four added tokens. */
function bytes(): TokenizerJson {
  const alphabet: string[] = [];
  for (let byte = 0, next = 256; byte < 256; byte++) {
    const plain = byte > 32 && byte < 127 || byte > 160 && byte !== 173;
    alphabet.push(String.fromCodePoint(plain ? byte : next++));
  }
  const vocab = Object.fromEntries([...alphabet, "ll", "am", "llam"].map((token, id) => [token, id]));
  const added = ["<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>"].map((content, i) => {
    return { id: 259 + i, content, special: true, lstrip: false, rstrip: false, normalized: false };
  });
  return {
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      vocab,
      merges: [["l", "l"], ["a", "m"], ["ll", "am"]],
      dropout: null,
      unk_token: null,
    },
  };
}
const roles = { bos_token: "<|bos|>", eos_token: "<|eos|>" };

/** Returns the written values by their names without `tokenizer.`. */
function written(tokenizer: Tokenizer, size = tokenizer.vocabSize): Record<string, unknown> {
  const entries = [...tokenizerValues(tokenizer, size)];
  return Object.fromEntries(entries.map(([name, { value }]) => [name.replace("tokenizer.", ""), value]));
}

Deno.test("a byte-level tokenizer is written with merges, kinds, ids, ends and all its templates", () => {
  const json = bytes();
  json.added_tokens.push({ id: 263, content: "<tool>", special: false });
  const chat_template = [
    { name: "tool", template: "{{ messages[0].content }}" },
    { name: "default", template: "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}" },
  ];
  const values = written(Tokenizer.fromJSON(json, { ...roles, chat_template }), 266);
  assert.equal(values["ggml.model"], "gpt2");
  assert.equal(values["ggml.pre"], "gpt-2");
  assert.deepEqual(values["ggml.merges"], ["l l", "a m", "ll am"]);
  assert.deepEqual((values["ggml.tokens"] as string[]).slice(258), [
    ...["llam", "<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>", "<tool>", "[PAD264]", "[PAD265]"],
  ]);
  assert.deepEqual((values["ggml.token_type"] as number[]).slice(258), [1, 3, 3, 3, 3, 4, 5, 5]);
  assert.equal(values["ggml.scores"], undefined);
  assert.deepEqual(
    ["bos", "eos", "eot", "eom"].map((name) => values[`ggml.${name}_token_id`]),
    [259, 260, 262, undefined],
  );
  assert.deepEqual([values["ggml.add_bos_token"], values["ggml.add_eos_token"]], [false, false]);
  assert.equal(values["chat_template"], chat_template[1].template);
  assert.equal(values["chat_template.tool"], chat_template[0].template);
});

Deno.test("BOS and EOS around a text, and up to five more ends, are written and read", () => {
  const item = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const around = (token: string, id: number) => ({ id: token, ids: [id], tokens: [token] });
  const json = {
    ...bytes(),
    post_processor: {
      type: "TemplateProcessing",
      single: [item("<|bos|>"), { Sequence: { id: "A", type_id: 0 } }, item("<|eos|>")],
      pair: [],
      special_tokens: { "<|bos|>": around("<|bos|>", 259), "<|eos|>": around("<|eos|>", 260) },
    },
  };
  const tokenizer = Tokenizer.fromJSON(json, roles).withEosIds([262, 97, 98, 99]);
  const values = written(tokenizer);
  assert.deepEqual([values["ggml.add_bos_token"], values["ggml.add_eos_token"]], [true, true]);
  assert.deepEqual(
    ["eot", "eom", "fim_rep", "fim_sep", "fim_pad"].map((name) => values[`ggml.${name}_token_id`]),
    [97, 98, 99, 262, undefined],
  );
  const read = tokenizerFromGguf(
    new Map([...tokenizerValues(tokenizer, 263)].map(([name, { value }]) => [name, value])) as never,
    "x.gguf",
  )!;
  assert.deepEqual([...read.eosIds].sort((a, b) => a - b), [97, 98, 99, 260, 262]);
  assert.ok(read.addsBos);
  assert.deepEqual(read.encode("llama <|eos|>"), tokenizer.encode("llama <|eos|>"));
  const many = tokenizer.withEosIds([100, 101, 102]);
  assert.throws(() => written(many), /7 tokens besides EOS end a text, which is more than a file can name/);
});

Deno.test("a Metaspace tokenizer is written as SentencePiece", () => {
  for (const [prepend_scheme, space] of [["always", true], ["first", true], ["never", false]] as const) {
    const pre_tokenizer = { type: "Metaspace", replacement: "▁", prepend_scheme, split: false };
    const values = written(Tokenizer.fromJSON({ ...spm(), normalizer: null, pre_tokenizer }));
    assert.equal(values["ggml.model"], "llama");
    assert.equal(values["ggml.add_space_prefix"], space);
    assert.deepEqual(values["ggml.tokens"], written(trained)["ggml.tokens"]);
    assert.deepEqual(values["ggml.scores"], written(trained)["ggml.scores"]);
  }
  const replaceOnly = { type: "Sequence", normalizers: [(spm().normalizer!.normalizers as unknown[])[1]] };
  const values = written(Tokenizer.fromJSON({ ...spm(), normalizer: replaceOnly }));
  assert.equal(values["ggml.add_space_prefix"], false);
});

const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: false };
const refused: [string, () => [unknown, TokenizerConfig?], RegExp][] = [
  ["a normalizer", () => [{ ...bytes(), normalizer: { type: "NFC" } }, roles], /normalises texts \(NFC\)/],
  [
    "another split",
    () => [{ ...bytes(), pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } }, roles],
    /pre_tokenizer/,
  ],
  ["another split of words", () => {
    const split = { type: "Split", pattern: { Regex: "\\d" }, behavior: "Isolated", invert: false };
    const pre_tokenizer = { type: "Sequence", pretokenizers: [split, bytes().pre_tokenizer] };
    return [{ ...bytes(), pre_tokenizer }, roles];
  }, /no name for its pre_tokenizer .*\\\\d/],
  ["ignore_merges with GPT-2's split", () => {
    return [{ ...bytes(), model: { ...bytes().model, ignore_merges: true } }, roles];
  }, /pre_tokenizer with ignore_merges/],
  ["a prefix of pieces", () => {
    return [{ ...bytes(), model: { ...bytes().model, continuing_subword_prefix: "##" } }, roles];
  }, /continuing_subword_prefix/],
  ...(["lstrip", "rstrip", "single_word"] as const).map((flag): typeof refused[number] => [flag, () => {
    const json = bytes();
    json.added_tokens[2][flag] = true;
    return [json, roles];
  }, new RegExp(`"<\\|im_start\\|>" has ${flag}`)]),
  ["no EOS", () => [bytes(), { bos_token: "<|bos|>" }], /it has no EOS/],
  ["two tokens of one text", () => {
    const json = bytes();
    json.added_tokens.push({ id: 263, content: "[PAD264]", special: false });
    return [json, roles];
  }, /two of its tokens have the text "\[PAD264\]"/],
  ["Metaspace that splits", () => {
    return [{ ...spm(), normalizer: null, pre_tokenizer: { ...metaspace, split: true } }];
  }, /does not split texts as its pre_tokenizer/],
  ["another replacement", () => {
    return [{ ...spm(), normalizer: null, pre_tokenizer: { ...metaspace, replacement: "_" } }];
  }, /does not split texts as its pre_tokenizer/],
  ["a first space and an ordinary token", () => {
    const json = { ...spm(), normalizer: null, pre_tokenizer: { ...metaspace, prepend_scheme: "first" } };
    json.added_tokens.push({ id: 290, content: "<tool>", special: false });
    return [json];
  }, /puts a space behind "<tool>"/],
  ["an ordinary token in normalised text", () => {
    const json = spm();
    json.added_tokens.push({ id: 290, content: "<tool>", special: false, normalized: true });
    return [json];
  }, /"<tool>" is searched in normalised text/],
  ["no bytes", () => [{ ...spm(), model: { ...spm().model, byte_fallback: false } }], /byte_fallback/],
  ["a merge that is missing", () => {
    return [{ ...spm(), model: { ...spm().model, merges: spm().model.merges!.slice(1) } }];
  }, /llama\.cpp would join \S+ and \S+, the tokenizer does not/],
  ["a control token that pieces make", () => {
    const json = spm();
    json.added_tokens.push({ id: 290, content: "lh", special: true });
    return [json];
  }, /would read l and h in a text as its token "lh"/],
];

for (const [name, make, message] of refused) {
  Deno.test(`a tokenizer is refused for GGUF: ${name}`, () => {
    const [json, config] = make();
    const tokenizer = Tokenizer.fromJSON(json, config);
    assert.throws(() => written(tokenizer, tokenizer.vocabSize + 1), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("a Unigram tokenizer is refused for GGUF", () => {
  const model = { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0], ["▁a", -1], ["</s>", 0]] };
  const json = { added_tokens: [{ id: 2, content: "</s>", special: true }], model };
  assert.throws(() => written(Tokenizer.fromJSON(json)), /its model is "Unigram"/);
});

Deno.test("ordinary tokens in the shape of a marker or with a role are control tokens in a GGUF file", () => {
  const json = bytes();
  json.added_tokens = json.added_tokens.map((token) => ({ ...token, special: false }));
  json.added_tokens[3].content = "END";
  json.added_tokens.push({ id: 263, content: "<think>", special: false });
  const values = written(Tokenizer.fromJSON(json, { ...roles, eos_token: "END" }));
  assert.deepEqual((values["ggml.token_type"] as number[]).slice(258), [1, 3, 3, 3, 3, 4]);
});

Deno.test("tokens beyond the model's table are left out of a GGUF file, or refused where they are needed", () => {
  const json = bytes();
  json.added_tokens.push({ id: 263, content: "[PAD]", special: true });
  const tokenizer = Tokenizer.fromJSON(json, { ...roles, pad_token: "[PAD]" });
  const values = written(tokenizer, 263);
  assert.equal((values["ggml.tokens"] as string[]).length, 263);
  assert.equal((values["ggml.token_type"] as number[]).length, 263);
  assert.equal(values["ggml.padding_token_id"], undefined);
  assert.equal(written(tokenizer, 264)["ggml.padding_token_id"], 263);
  assert.throws(
    () => written(tokenizer, 260),
    /its token "<\|eos\|>" has the id 260, the model only 260 ids/,
  );
  assert.throws(() => written(tokenizer, 258), /its token "llam" has the id 258, the model only 258 ids/);
});
