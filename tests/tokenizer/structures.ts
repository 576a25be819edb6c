/**
 * Comparison of the tokenizers of tests/reference/tokenizer_structures.py with the answers of Hugging Face's library.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Message } from "../../src/base/encoder.ts";
import { Tokenizer, type TokenizerConfig } from "../../src/tokenizer/mod.ts";

/** A tokenizer and what `tokenizers` and `transformers` answer. */
export interface Structure {
  json: unknown;
  config: TokenizerConfig;
  /** A text, its ids as a user's and as a trusted text, and what those decode to, with and without special tokens. */
  texts: [text: string, plain: number[], marked: number[], decoded: string, shown: string][];
  /** Conversations and the ids of their prompts. */
  chats: [messages: Message[], ids: number[]][];
}

/** Compares every answer. */
export function compareStructure({ json, config, texts, chats }: Structure): void {
  const tokenizer = Tokenizer.fromJSON(json, config);
  for (const [text, plain, marked, decoded, shown] of texts) {
    const name = JSON.stringify(text);
    assert.deepEqual([...tokenizer.encode(text)], plain, name);
    assert.deepEqual([...tokenizer.encode(text, { special: true })], marked, name);
    assert.equal(tokenizer.decode(plain, { special: true }), decoded, name);
    assert.equal(tokenizer.decode(marked), shown, name);
    const decoder = tokenizer.decoder({ special: true });
    assert.equal(plain.map((id) => decoder.push(id)).join("") + decoder.end(), decoded, name);
    assert.equal(tokenizer.decode(tokenizer.encode(text, { exact: true })), text, name);
  }
  for (const [messages, ids] of chats) {
    const found = tokenizer.chat(messages, { generationPrompt: true });
    assert.deepEqual([...found.ids], ids, JSON.stringify(messages));
    assert.deepEqual(found.pieces.flatMap((piece) => [...piece.ids]), ids);
  }
}
