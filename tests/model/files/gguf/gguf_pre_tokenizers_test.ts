// Pre-tokenizers of GGUF files: the ids of 305 texts equal llama.cpp's (recorded by
// tests/reference/gguf_pre_tokenizers.ts), and a tokenizer.json is given the name under which llama.cpp splits as it does.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { tokenizerFromGguf } from "../../../../src/model/files/gguf/gguf_tokenizer.ts";
import {
  componentOf,
  preTokenizerNamed,
  preTokenizerNames,
  preTokenizerOf,
} from "../../../../src/model/files/gguf/gguf_pre_tokenizers.ts";
import type { GgufValue } from "../../../../src/formats/gguf/header.ts";
import { goldenJson } from "../../../support/golden.ts";
import { oddTexts, texts } from "../../../full/languages.ts";

const { tokens, merges, hashes } = goldenJson<
  { tokens: string[]; merges: string[]; hashes: Record<string, string> }
>("gguf/pre_tokenizers.json");

function read(pre: string) {
  return tokenizerFromGguf(
    new Map<string, GgufValue>(Object.entries({
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": pre,
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.token_type": tokens.map((_, id) => id < tokens.length - 2 ? 1 : 3),
      "tokenizer.ggml.merges": merges,
      "tokenizer.ggml.bos_token_id": tokens.length - 2,
      "tokenizer.ggml.eos_token_id": tokens.length - 1,
    })),
    "x.gguf",
  )!;
}

for (const [name, want] of Object.entries(hashes)) {
  Deno.test(`${name}: the ids of 305 texts are llama.cpp's, and the name is found again`, () => {
    const tokenizer = read(name);
    const all = [...texts, ...oddTexts];
    assert.equal(want.length, 4 * all.length);
    const different = all.filter((text, i) => {
      const hash = createHash("sha256").update(tokenizer.encode(text).join()).digest("hex");
      return hash.slice(0, 4) !== want.slice(4 * i, 4 * i + 4);
    });
    assert.deepEqual(different, []);
    const pre = preTokenizerNamed(name)!;
    assert.equal(tokenizer.addsBos, pre.addsBos);
    assert.equal(preTokenizerOf(componentOf(pre), pre.ignoreMerges), pre);
  });
}

Deno.test("every name belongs to a group that is compared with llama.cpp", () => {
  for (const name of preTokenizerNames()) {
    assert.ok(Object.hasOwn(hashes, preTokenizerNamed(name)!.names[0]), name);
  }
  assert.equal(preTokenizerNamed("mine"), undefined);
});

Deno.test("the pre_tokenizers of published tokenizer.json files have their llama.cpp names", () => {
  const split = (Regex: string, more = {}) => {
    return { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false, ...more };
  };
  const bytes = (use_regex: boolean) => ({ type: "ByteLevel", add_prefix_space: false, use_regex });
  const sequence = (...pretokenizers: unknown[]) => ({ type: "Sequence", pretokenizers });
  const rest =
    "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const llama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|${rest}`;
  const spelled = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|${rest}`;
  const named = (component: unknown, ignoreMerges = false) =>
    preTokenizerOf(component as never, ignoreMerges)?.names[0];
  assert.equal(named(bytes(true)), "gpt-2");
  assert.equal(named({ type: "ByteLevel", add_prefix_space: false }), "gpt-2");
  assert.equal(named(sequence({ type: "Digits", individual_digits: true }, bytes(true))), "smollm");
  assert.equal(named(sequence(split(llama3), bytes(false)), true), "llama-bpe");
  assert.equal(named(sequence(split(llama3), bytes(false))), "dbrx");
  assert.equal(named(sequence(split(spelled), bytes(false)), true), "llama-bpe");
  assert.equal(
    named(sequence(split(llama3, { behavior: "Removed", invert: true }), bytes(false)), true),
    "llama-bpe",
  );
  assert.equal(named(sequence(split(llama3.replace("{1,3}", "")), bytes(false))), "qwen2");
  const cjk = split("[一-龥ࠀ-一가-퟿]+");
  const coder = [split("[\r\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"), cjk];
  assert.equal(
    named(sequence(...coder, { type: "Digits", individual_digits: true }, bytes(false))),
    "deepseek-coder",
  );
  // Splits that llama.cpp does not know.
  assert.equal(named(sequence(split(llama3), bytes(true)), true), undefined);
  assert.equal(named(sequence(split(llama3, { behavior: "MergedWithNext" }), bytes(false)), true), undefined);
  assert.equal(named(sequence(split(llama3, { invert: true }), bytes(false)), true), undefined);
  assert.equal(named(sequence(split("\\p{N}", { behavior: "Removed" }), bytes(true))), undefined);
  assert.equal(named(sequence({ type: "Whitespace" }, bytes(true))), undefined);
  assert.equal(named({ type: "ByteLevel", add_prefix_space: true }), undefined);
  assert.equal(named(sequence(bytes(true), { type: "Digits", individual_digits: true })), undefined);
  assert.equal(named(null), undefined);
});
