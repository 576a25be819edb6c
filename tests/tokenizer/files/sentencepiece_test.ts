// Comparison with SentencePiece: tests/reference/tokenizer_oracle.py wrote the expected values on a small text.
// tests/full/tokenizer_oracles_test.ts compares whole books and twenty languages.
import assert from "node:assert/strict";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { DataError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { sample } from "../sample.ts";
import { inFolder } from "../../support/folder.ts";

interface Golden {
  /** Lines of the training corpus. */
  corpus: string[];
  /** Size of its vocabulary. */
  size: number;
  /** Its pieces by id. */
  pieces: string[];
  /** Texts and their ids in it. */
  cases: { text: string; ids: number[] }[];
}

const folder = new URL("../../golden/tokenizer/", import.meta.url);
const golden: Golden = JSON.parse(await Deno.readTextFile(new URL("sentencepiece.json", folder)));
const imported = await Tokenizer.load(new URL("sentencepiece.model", folder).pathname);

Deno.test("a model of spm_train gives SentencePiece's ids and pieces", () => {
  assert.deepEqual(imported.pieces().map((piece) => piece.text), golden.pieces);
  for (const { text, ids } of golden.cases) {
    assert.deepEqual([...imported.encode(text)], ids, JSON.stringify(text));
    assert.equal(imported.decode(ids), text.replaceAll("▁", " "));
  }
});

Deno.test("our trainer learns the vocabulary of spm_train with the same settings", async () => {
  const trained = await Tokenizer.train(golden.corpus, { vocabSize: golden.size });
  assert.deepEqual(trained.pieces().map((piece) => piece.text), golden.pieces);
});

Deno.test("the tokenizer.json of an imported model reads to the same ids in @huggingface/tokenizers", async () => {
  await inFolder(async (dir) => {
    await imported.save(dir);
    const json = JSON.parse(await Deno.readTextFile(`${dir}/tokenizer.json`));
    const library = new Library({ ...json, added_tokens: [] }, {});
    for (const { text, ids } of golden.cases) {
      const theirs = text === "" ? [] : library.encode(text, { add_special_tokens: false }).ids;
      assert.deepEqual(theirs, ids, JSON.stringify(text));
    }
  });
});

/** Makes a string of any code points, with NUL and runs of spaces and U+2581; with `broken` also lone surrogates. */
function fuzzed(random: Random, broken: boolean): string {
  const ranges = [[0, 0x7f], [0x20, 0x20], [0x2581, 0x2581], [0, 0xd7ff], [0xe000, 0xffff], [
    0x1_0000,
    0x10_ffff,
  ]];
  if (broken) ranges.push([0xd800, 0xdfff]);
  let text = "";
  for (let left = random.below(25); left > 0; left--) {
    const [first, last] = ranges[random.below(ranges.length)];
    const char = String.fromCodePoint(first + random.below(last - first + 1));
    text += char.repeat(1 + (random.below(4) === 0 ? random.below(9) : 0));
  }
  return text;
}

Deno.test("fuzzed Unicode comes back: U+2581 as a space, broken surrogates as U+FFFD, and all of it with exact", async () => {
  const random = new Random(11);
  const tokenizers = [imported, await sample()];
  let bars = 0;
  for (let n = 0; n < 3000; n++) {
    const text = fuzzed(random, false);
    const broken = fuzzed(random, true);
    for (const tokenizer of tokenizers) {
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text.replaceAll("▁", " "));
      assert.deepEqual(tokenizer.encode(text), tokenizer.encode(text.replaceAll("▁", " ")));
      assert.equal(tokenizer.decode(tokenizer.encode(text, { exact: true })), text, JSON.stringify(text));
      assert.deepEqual(tokenizer.encode(broken), tokenizer.encode(broken.toWellFormed()));
    }
    if (text.includes("▁")) bars++;
    else assert.deepEqual(imported.encode(text, { exact: true }), imported.encode(text));
  }
  assert.ok(bars > 1000);
  const many = "▁a".repeat(200_000);
  assert.equal(imported.decode(imported.encode(many, { exact: true })), many);
});

Deno.test("exact refuses texts that decode could not return", async () => {
  const refused = (tokenizer: Tokenizer, text: string, message: RegExp) =>
    assert.throws(
      () => tokenizer.encode(text, { exact: true }),
      (e: Error) => e instanceof DataError && message.test(e.message),
    );
  refused(imported, "😀 a\ud800", /character 3 is a lone surrogate/);
  const bare = await Tokenizer.train(["a b ▁ ab"], { vocabSize: 7, byteFallback: false });
  assert.equal(bare.decode(bare.encode("a ab", { exact: true })), "a ab");
  refused(bare, "a c", /no tokens for some of its characters/);
  refused(bare, "a▁b", /no tokens for some of its characters/);
  assert.throws(
    () => imported.encode("a", { exact: true, special: true }),
    /special and exact cannot both be true/,
  );
});

Deno.test("broken surrogates are U+FFFD too where that character is a piece", async () => {
  const tokenizer = await Tokenizer.train(["\ufffd\ufffd \ud800"], { vocabSize: 263 });
  assert.equal(tokenizer.tokenOf(260), "▁\ufffd\ufffd");
  assert.deepEqual([...tokenizer.encode("\udfff\ufffd")], [260]);
});

Deno.test("user-defined symbols are words that spm_encode never merges: tests/reference/sentencepiece_symbols.py", async () => {
  const tokenizer = await Tokenizer.load(new URL("symbols.model", folder).pathname);
  const cases: [string, number[], string][] = JSON.parse(
    await Deno.readTextFile(new URL("symbols.json", folder)),
  );
  for (const [text, ids, decoded] of cases) {
    assert.deepEqual([...tokenizer.encode(text)], ids, JSON.stringify(text));
    assert.equal(tokenizer.decode(ids), decoded, JSON.stringify(text));
  }
  const control = tokenizer.idOf("<ctl>")!;
  assert.ok(!tokenizer.encode("<ctl> a<ctl>").includes(control));
  assert.deepEqual([...tokenizer.encode("<ctl>", { special: true })], [control]);
});
