import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { canExplode, patternOf, regexOf } from "../../../src/tokenizer/pipeline/patterns.ts";
import { LLAMA3_WORDS } from "../../../src/tokenizer/files/tiktoken.ts";

Deno.test("the expressions of tokenizers in use are not risky, those with powers of repeats are", () => {
  const used = [
    LLAMA3_WORDS,
    String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
    String
      .raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{M}]*[\p{Ll}\p{Lm}\p{M}]+(?i:'s|'t|'re)?|\p{N}{1,3}|\s*[\r\n]+`,
    String
      .raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*`,
    String.raw`\d{1,3}(?=(?:\d{3})*\b)`,
    "[[a-z]&&[^aeiou]]+",
    "(?:a|b){1}(?:c|d){0,1}",
  ];
  for (const source of used) assert.equal(canExplode(source), false, source);
  for (
    const source of [
      "(a+)+$",
      "(a|a)*b",
      "(?:a?)+b",
      "a*a*a*b",
      "(a*)*",
      "(?:(x+x+)+y)",
      String.raw`(a)\1`,
      "(a{1,}){2,}",
      "((a{1,50}){1,50}){1,50}c",
      "(?:a?){30}a{30}b",
    ]
  ) {
    assert.equal(canExplode(source), true, source);
  }
});

Deno.test("an expression that takes too long on a text is a FormatError that names it", () => {
  for (const source of ["(a+)+$", "a*a*a*a*b"]) {
    const search = regexOf(source, "x.json");
    assert.ok(search("aaab").length + search("aaa").length > 0);
    assert.throws(
      () => search("a".repeat(30_000) + "c"),
      (e: Error) =>
        e instanceof FormatError && e.file === "x.json" && e.message.includes(source) &&
        /ms on it/.test(e.message),
    );
  }
  const json = {
    added_tokens: [],
    normalizer: { type: "Replace", pattern: { Regex: "(x+x+)+y" }, content: "" },
    model: { type: "BPE", vocab: { x: 0 }, merges: [] },
  };
  const tokenizer = Tokenizer.fromJSON(json);
  assert.deepEqual([...tokenizer.encode("xxyx")], [0]);
  assert.throws(() => tokenizer.encode("x".repeat(5000)), /\(x\+x\+\)\+y.*simplify the expression/);
});

Deno.test("patterns are Oniguruma's: its classes, anchors and flags", () => {
  const found = (source: string, text: string) =>
    regexOf(source, "x.json")(text).map(([a, b]) => text.slice(a, b));
  assert.deepEqual(found(String.raw`\h+`, "0xZZff"), ["0", "ff"]);
  assert.deepEqual(found("(?i)LLAMA", "a LLama"), ["LLama"]);
  assert.deepEqual(found(String.raw`\s`, "\ufeff\u0085"), ["\u0085"]);
  assert.deepEqual(found("[[:alpha:]]+", "é1z"), ["é", "z"]);
  assert.deepEqual(patternOf({ String: "a.b" }, "x")("aXb a.b"), [[4, 7]]);
  for (const wrong of [{ Regex: "(unclosed" }, { Regex: 5 }, { String: "" }, null, "text"]) {
    assert.throws(() => patternOf(wrong, "x.json"), FormatError, JSON.stringify(wrong));
  }
});
