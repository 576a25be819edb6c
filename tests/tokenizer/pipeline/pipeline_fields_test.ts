// Each field of tokenizer.json and tokenizer_config.json with changed values: the result is that of tokenizers 0.23 and
// transformers 5, or the value is refused by name. tests/reference/tokenizer_fields.py wrote the answers.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Tokenizer, type TokenizerConfig } from "../../../src/tokenizer/mod.ts";
import type { TokenizerJson } from "../../../src/tokenizer/files/tokenizer_json.ts";
import { golden } from "../golden.ts";

/** The answers of `tokenizers` for one text: ids as a user's text and as a trusted one, and the latter decoded. */
type Answer = [plain: number[], marked: number[], shown: string];

/** The answers of `transformers` for a configuration. */
interface ConfigAnswer {
  marked: number[][];
  shown: string[];
  roles: [bos: number, eos: number, unk: number, pad: number];
  size: number;
  chat: number[] | null;
  addsBos: boolean;
}

interface Base {
  json: TokenizerJson;
  rows: [path: string[], value: unknown, answers: Answer[] | null][];
  configs: [field: string, config: TokenizerConfig, answer: ConfigAnswer | string][];
}

const { texts, bases } = await golden<{ texts: string[]; bases: Record<string, Base> }>("fields.json.gz");

/** Values that we refuse, with words of the message, and the library takes. */
const REFUSED: [path: string, value: RegExp, message: RegExp][] = [
  ["pre_tokenizer", /UnicodeScripts/, /pre_tokenizer "UnicodeScripts" is not supported/],
  ["model.dropout", /0\.5/, /has dropout 0\.5/],
  ["model.unk_token", /none|unk/, /unk_token "<(none|unk)>", which has no id/],
  ["bos_token", /./, /puts (<s>|\[CLS\]) in front of a text, but BOS is/],
  ["added_tokens_decoder", /"(0|360)"/, /has the id \d+, but its place is/],
];

/** Values that the library refuses because a field is missing, and we read with that field's default. */
const LENIENT: [path: string, value: RegExp][] = [["model.type", /WordPiece/]];

function isRefused(error: unknown, path: string, value: unknown): boolean {
  const shown = JSON.stringify(value) ?? "";
  return error instanceof FormatError &&
    REFUSED.some(([field, known, message]) =>
      field === path && known.test(shown) && message.test(error.message)
    );
}

for (const [name, { json, rows, configs }] of Object.entries(bases)) {
  Deno.test(`${name}: each value of a field of tokenizer.json gives the library's ids and text, or is refused`, () => {
    let same = 0;
    for (const [path, value, answers] of rows) {
      const field = path.join(".");
      const label = `${field} = ${JSON.stringify(value)}`;
      const changed = structuredClone(json);
      Reflect.set(
        path.slice(0, -1).reduce((at: object, key) => Reflect.get(at, key), changed),
        path.at(-1)!,
        value,
      );
      const make = () => {
        const tokenizer = Tokenizer.fromJSON(changed);
        texts.forEach((text) => tokenizer.encode(text, { special: true }));
        return tokenizer;
      };
      if (answers === null) {
        if (!LENIENT.some(([known, values]) => known === field && values.test(JSON.stringify(value)))) {
          assert.throws(make, FormatError, label);
        }
        continue;
      }
      let tokenizer: Tokenizer;
      try {
        tokenizer = make();
      } catch (error) {
        assert.ok(isRefused(error, field, value), `${label}: ${error}`);
        continue;
      }
      for (const [i, [plain, marked, shown]] of answers.entries()) {
        const where = `${label} on ${JSON.stringify(texts[i])}`;
        const ids = [...tokenizer.encode(texts[i])];
        const spells = plain.some((id) => tokenizer.isSpecial(id) && id !== tokenizer.unkId);
        if (spells) assert.ok(ids.every((id) => !tokenizer.isSpecial(id) || id === tokenizer.unkId), where);
        else assert.deepEqual(ids, plain, where);
        assert.deepEqual([...tokenizer.encode(texts[i], { special: true })], marked, where);
        assert.equal(tokenizer.decode(marked), shown, where);
        const decoder = tokenizer.decoder();
        assert.equal(marked.map((id) => decoder.push(id)).join("") + decoder.end(), shown, where);
      }
      same++;
    }
    assert.ok(same >= rows.length - 20, `${same} of ${rows.length}`);
  });

  if (configs.length === 0) continue;
  Deno.test(`${name}: each value of a field of tokenizer_config.json counts as in transformers, or is refused`, () => {
    for (const [field, config, answer] of configs) {
      const label = `${field} = ${JSON.stringify(config[field])}`;
      assert.ok(typeof answer !== "string", label);
      let tokenizer: Tokenizer;
      try {
        tokenizer = Tokenizer.fromJSON(json, config);
      } catch (error) {
        assert.ok(isRefused(error, field, config[field]), `${label}: ${error}`);
        continue;
      }
      texts.forEach((text, i) => {
        const where = `${label} on ${JSON.stringify(text)}`;
        assert.deepEqual([...tokenizer.encode(text, { special: true })], answer.marked[i], where);
        assert.equal(tokenizer.decode(answer.marked[i]), answer.shown[i], where);
      });
      assert.equal(tokenizer.vocabSize, answer.size, label);
      // The post-processor names our BOS where the configuration has none.
      const [bos, eos] = answer.roles;
      if (bos >= 0 || !tokenizer.addsBos) assert.equal(tokenizer.bosId, bos, label);
      if (bos >= 0) assert.equal(tokenizer.addsBos, answer.addsBos, label);
      // Without any name in the configuration, ours are those of the post-processor: BERT's [CLS] and [SEP].
      if (name !== "word_piece") assert.equal(tokenizer.eosId, eos, label);
      assert.equal(tokenizer.padId, answer.roles[3], label);
      const talk = [{ role: "user" as const, content: "a llama hums" }];
      if (answer.chat === null) assert.equal(tokenizer.template, null, label);
      else if (name !== "word_piece") {
        assert.deepEqual([...tokenizer.chat(talk, { generationPrompt: true }).ids], answer.chat, label);
      }
    }
  });
}
