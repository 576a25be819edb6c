import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../src/base/errors.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";

const special = (id: number, content: string) => ({ id, content, special: true, normalized: false });

/** Byte-level BPE as GPT-2 and LLaMA 3 use it: every byte is a letter, "Ġ" a space. */
function byteLevel(): Tokenizer {
  const letters: string[] = [];
  for (let b = 0, extra = 0; b < 256; b++) {
    const visible = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    letters.push(String.fromCharCode(visible ? b : 256 + extra++));
  }
  const pieces = [...letters, "Ġw", "ha", "Ġwha"];
  return Tokenizer.fromJSON({
    added_tokens: [special(259, "<|begin|>"), special(260, "<|eot|>")],
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: ["Ġ w", "h a", "Ġw ha"],
    },
  }, { bos_token: "<|begin|>", eos_token: { content: "<|eot|>" } });
}

/** A Unigram model whose vocabulary contains the text of a special token, as T5's does. */
function unigram(): Tokenizer {
  const characters = ["▁", "a", "b", "<", "/", "s", ">"];
  return Tokenizer.fromJSON({
    added_tokens: [special(0, "<unk>"), special(1, "</s>")],
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
    model: {
      type: "Unigram",
      unk_id: 0,
      vocab: [["<unk>", 0], ["</s>", 0], ["▁ab", -1], ...characters.map((c): [string, number] => [c, -5])],
    },
  });
}

Deno.test("another kind of tokenizer runs through the library", () => {
  const tokenizer = byteLevel();
  assert.equal(tokenizer.toJSON().codec, "pipeline");
  assert.equal(tokenizer.vocabSize, 261);
  assert.equal(tokenizer.bosId, 259);
  assert.equal(tokenizer.eosId, 260);
  assert.equal(tokenizer.unkId, -1);
  assert.deepEqual([...tokenizer.encode("a whale", { bos: true })], [259, 97, 258, 108, 101]);
  for (const text of ["", " a  whale\n", "灌木 😀", "12 e\u0301"]) {
    assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
  }
  assert.equal(tokenizer.decode([]), "");
  assert.equal(tokenizer.decode([259, 97, 260]), "a");
  assert.equal(tokenizer.decode([259, 97, 260], { special: true }), "<|begin|>a<|eot|>");
});

Deno.test("the library's streaming decoder keeps characters back until they are complete", () => {
  const tokenizer = byteLevel();
  const text = "灌木 whale 😀!";
  const decoder = tokenizer.decoder();
  const parts = Array.from(tokenizer.encode(text), (id) => decoder.push(id));
  assert.equal(parts.join("") + decoder.end(), text);
  assert.ok(parts.every((part) => !part.includes("\ufffd")));
  decoder.push(tokenizer.encode("木")[0]);
  assert.equal(decoder.end(), "\ufffd");
});

Deno.test("decoding removes a word's first space only at the start of the text", () => {
  const tokenizer = unigram();
  const ids = tokenizer.encode("ab ab");
  assert.deepEqual([...ids], [2, 2]);
  const stream = (options: { continues?: boolean }) => {
    const decoder = tokenizer.decoder(options);
    return Array.from(ids, (id) => decoder.push(id)).join("") + decoder.end();
  };
  assert.deepEqual([...tokenizer.encode("ab?")], [2, tokenizer.unkId]);
  assert.equal(tokenizer.decode(ids), "ab ab");
  assert.equal(stream({}), "ab ab");
  assert.equal(tokenizer.decode(ids, { continues: true }), " ab ab");
  assert.equal(stream({ continues: true }), " ab ab");
});

Deno.test("user text never becomes a special token in the library", () => {
  const bytes = byteLevel();
  assert.ok(bytes.encode("<|eot|>a<|begin|>").every((id) => id < 259));
  assert.deepEqual([...bytes.encode("<|eot|>", { special: true })], [260]);
  const tokenizer = unigram();
  assert.deepEqual([...tokenizer.encode("</s>", { special: true })], [1]);
  for (const text of ["</s>", "ab</s>ab", "</s></s>", "a </s> b"]) {
    assert.ok(!tokenizer.encode(text).includes(1), text);
    assert.equal(tokenizer.decode(tokenizer.encode(text)).replaceAll(" ", ""), text.replaceAll(" ", ""));
  }
});

Deno.test("adding a BOS that the vocabulary lacks is an error", () => {
  const tokenizer = unigram();
  assert.equal(tokenizer.bosId, -1);
  assert.throws(
    () => tokenizer.encode("a", { bos: true }),
    (e: Error) => e instanceof ConfigError && /BOS/.test(e.message),
  );
});

Deno.test("normalizers and decoders that make texts many times longer are refused, others of any length work", () => {
  const { json } = byteLevel().job().config as { json: Record<string, unknown> };
  const replace = (content: string) => ({ type: "Replace", pattern: { String: "a" }, content });
  const repeat = (content: string, key: string, count = 12) => {
    return { type: "Sequence", [key]: Array.from({ length: count }, () => replace(content)) };
  };
  const text = "a".repeat(32);
  for (
    const normalizer of [repeat("aaaaaaaa", "normalizers"), { type: "Prepend", prepend: "b".repeat(1e5) }]
  ) {
    assert.throws(() => Tokenizer.fromJSON({ ...json, normalizer }).encode(text), (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.match(
        error.message,
        /its normalizer "(Replace|Prepend)" makes texts of more than 16 times their length/,
      );
      return true;
    });
  }
  assert.equal(
    Tokenizer.fromJSON({ ...json, normalizer: replace("bcd") }).encode("a".repeat(1e5)).length,
    3e5,
  );
  const decoding = Tokenizer.fromJSON({ ...json, decoder: repeat("aaaaaaaa", "decoders") });
  assert.throws(() => decoding.decode(decoding.encode("a")), (error: Error) => {
    assert.ok(error instanceof FormatError);
    assert.match(error.message, /its decoder Replace makes tokens much longer/);
    return true;
  });
});
