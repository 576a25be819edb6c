import assert from "node:assert/strict";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { Random } from "../../../src/base/random.ts";
import { ConfigError } from "../../../src/base/errors.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import type { TokenizerJson } from "../../../src/tokenizer/files/tokenizer_json.ts";
import { book, oddStrings, sample } from "../sample.ts";
import { inFolder } from "../../support/folder.ts";

/** Saves a tokenizer and returns the contents of its tokenizer.json. */
async function fileOf(tokenizer: Tokenizer): Promise<TokenizerJson> {
  return await inFolder(async (dir) => {
    await tokenizer.save(dir);
    return JSON.parse(await Deno.readTextFile(`${dir}/tokenizer.json`));
  });
}

function libraryIds(library: Library, text: string, specials = false): number[] {
  return text === "" && !specials ? [] : library.encode(text, { add_special_tokens: specials }).ids;
}

Deno.test("ids equal @huggingface/tokenizers on odd strings, user text without special tokens", async () => {
  const tokenizer = await sample();
  const json = await fileOf(tokenizer);
  const library = new Library({ ...json, added_tokens: [] }, {});
  for (const text of oddStrings(4000, 1, true)) {
    assert.deepEqual([...tokenizer.encode(text)], libraryIds(library, text), JSON.stringify(text));
  }
  const chapter = book.slice(30_000, 60_000);
  assert.deepEqual([...tokenizer.encode(chapter)], libraryIds(library, chapter));
});

Deno.test("with special: true ids equal @huggingface/tokenizers with its special tokens", async () => {
  const tokenizer = await sample();
  const library = new Library(await fileOf(tokenizer), {});
  let specials = 0;
  for (const text of oddStrings(1500, 2, true)) {
    const ids = [...tokenizer.encode(text, { special: true })];
    assert.deepEqual(ids, libraryIds(library, text), JSON.stringify(text));
    specials += ids.filter((id) => tokenizer.isSpecial(id)).length;
  }
  assert.ok(specials > 300, `only ${specials} special tokens in the strings`);
});

Deno.test("the library's default call is encode with bos: true", async () => {
  const tokenizer = await sample();
  const library = new Library(await fileOf(tokenizer), {});
  for (const text of ["", "Call me Ishmael.", " x\n"]) {
    assert.deepEqual([...tokenizer.encode(text, { bos: true })], libraryIds(library, text, true));
  }
});

Deno.test("decoding equals @huggingface/tokenizers, byte-order marks aside", async () => {
  const tokenizer = await sample();
  const library = new Library(await fileOf(tokenizer), {});
  const random = new Random(3);
  for (let n = 0; n < 1500; n++) {
    const ids = Array.from(
      { length: 1 + random.below(20) },
      () => random.below(2) ? 3 + random.below(256) : random.below(tokenizer.vocabSize),
    );
    const options = { clean_up_tokenization_spaces: false, skip_special_tokens: true };
    const kept = ids.filter((id) => !tokenizer.isSpecial(id));
    const theirs = kept.length ? library.decode(ids, options) : "";
    assert.equal(
      tokenizer.decode(ids).replaceAll("\ufeff", ""),
      theirs.replaceAll("\ufeff", ""),
      String(ids),
    );
    assert.equal(
      tokenizer.decode(ids, { special: true }).replaceAll("\ufeff", ""),
      library.decode(ids, { clean_up_tokenization_spaces: false }).replaceAll("\ufeff", ""),
    );
  }
});

Deno.test("decode(encode(text)) is text, U+2581 comes back as a space, lone surrogates as U+FFFD", async () => {
  const tokenizer = await sample();
  for (const text of [...oddStrings(3000, 4, true), book]) {
    assert.equal(tokenizer.decode(tokenizer.encode(text)), text.toWellFormed().replaceAll("▁", " "));
  }
  const ids = tokenizer.encode("The whale", { bos: true, eos: true });
  assert.equal(tokenizer.decode(ids), "The whale");
  assert.equal(tokenizer.decode(ids, { special: true }), "<s> The whale</s>");
});

Deno.test("the empty string is no ids, and no ids are the empty string", async () => {
  const tokenizer = await sample();
  assert.deepEqual([...tokenizer.encode("")], []);
  assert.deepEqual([...tokenizer.encode("", { bos: true, eos: true })], [1, 2]);
  assert.equal(tokenizer.decode([]), "");
  assert.equal(tokenizer.decode(new Uint32Array()), "");
});

Deno.test("every byte string decodes, and decoding one id at a time gives the same text", async () => {
  const tokenizer = await sample();
  const random = new Random(5);
  for (let n = 0; n < 800; n++) {
    const ids = Array.from(
      { length: random.below(30) },
      () => random.below(3) ? 3 + random.below(256) : random.below(tokenizer.vocabSize),
    );
    const decoder = tokenizer.decoder();
    const text = ids.map((id) => decoder.push(id)).join("") + decoder.end();
    assert.equal(text, tokenizer.decode(ids));
    assert.ok(text.isWellFormed());
  }
});

Deno.test("a streaming decoder never gives half a character and keeps a space inside a text", async () => {
  const tokenizer = await sample();
  const decoder = tokenizer.decoder();
  const texts = Array.from(tokenizer.encode("灌木 x"), (id) => decoder.push(id)).filter((text) =>
    text !== ""
  );
  assert.deepEqual(texts, ["灌", "木", " ", "x"]);
  assert.equal(decoder.end(), "");
  decoder.push(tokenizer.idOf("<0xE7>")!);
  assert.equal(decoder.end(), "\ufffd");
  const word = tokenizer.encode("the");
  assert.equal(decoder.push(word[0]), "the");
  assert.equal(tokenizer.decoder({ continues: true }).push(word[0]), " the");
  assert.equal(tokenizer.decode(word, { continues: true }), " the");
});

Deno.test("user text never becomes a special token", async () => {
  const tokenizer = await sample();
  for (const name of ["<s>", "</s>", "<unk>", "<|im_start|>", "a</s>b", "</s></s>"]) {
    assert.ok(tokenizer.encode(name).every((id) => !tokenizer.isSpecial(id)), name);
    assert.equal(tokenizer.decode(tokenizer.encode(name)), name);
  }
  assert.deepEqual([...tokenizer.encode("</s>", { special: true })], [2]);
});

Deno.test("encodeBatch encodes each text", async () => {
  const tokenizer = await sample();
  const texts = ["a whale", "", "灌木"];
  assert.deepEqual(
    tokenizer.encodeBatch(texts, { eos: true }),
    texts.map((text) => tokenizer.encode(text, { eos: true })),
  );
});

Deno.test("every vocabulary that can be trained has equal ids in the fast codec and in the library", async () => {
  const text = [book.slice(0, 60_000), "Привет мир 12 34 灌木灌木 e\u0301 --- ab12"];
  const variants = [
    { byteFallback: false },
    { digits: "join" },
    { splitScripts: false, maxPieceLength: 5 },
    { characterCoverage: 0.9 },
    { vocabSize: 400, byteFallback: false, characterCoverage: 0.8 },
  ] as const;
  for (const options of variants) {
    const tokenizer = await Tokenizer.train(text, { vocabSize: 600, special: ["##", "</a>"], ...options });
    assert.equal(tokenizer.toJSON().codec, "llamero");
    const library = new Library({ ...await fileOf(tokenizer), added_tokens: [] }, {});
    for (const odd of oddStrings(400, 6, true)) {
      const expected = libraryIds(library, odd);
      assert.deepEqual(
        [...tokenizer.encode(odd)],
        expected,
        `${JSON.stringify(options)} ${JSON.stringify(odd)}`,
      );
    }
  }
});

Deno.test("a megabyte without a space is encoded and decoded (quadratic time would take hours)", async () => {
  const tokenizer = await sample();
  for (const text of ["a".repeat(1e6), " ".repeat(1e6), "the".repeat(3e5)]) {
    assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
  }
});

Deno.test("ids outside the vocabulary and unknown options are refused", async () => {
  const tokenizer = await sample();
  for (const id of [-1, 2048, 1.5, NaN]) assert.throws(() => tokenizer.decode([id]), ConfigError);
  assert.throws(() => tokenizer.tokenOf(2048), /below 2048, current value is 2048/);
  assert.throws(() => tokenizer.encode("x", { bso: true } as object), /did you mean "bos"/);
  assert.throws(() => tokenizer.encode(5 as unknown as string), ConfigError);
  assert.equal(tokenizer.idOf("no such piece"), undefined);
});
