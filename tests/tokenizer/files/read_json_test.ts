import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { checkTokenizerJson } from "../../../src/tokenizer/files/read_json.ts";

const model = { type: "BPE", vocab: { a: 0, b: 1 }, merges: [] };

const lists = {
  normalizer: "normalizers",
  pre_tokenizer: "pretokenizers",
  post_processor: "processors",
  decoder: "decoders",
};

for (const [part, list] of Object.entries(lists)) {
  Deno.test(`a damaged step of a tokenizer.json is refused by its place: ${part}`, () => {
    const refused = (step: unknown, place: string) =>
      assert.throws(
        () => checkTokenizerJson({ model, [part]: step }, "tokenizer.json"),
        (error) => error instanceof FormatError && error.message.includes(place),
        JSON.stringify(step)?.slice(0, 80),
      );
    for (const wrong of [null, 7, "x", [], {}, { type: 3 }, { type: null }]) {
      if (wrong !== null) refused(wrong, `"${part}" must be`);
      refused({ type: "Sequence", [list]: [{ type: "A" }, wrong] }, `"${part}.${list}[1]" must be`);
    }
    refused({ type: "Sequence" }, `"${part}.${list}" must be a list`);
    refused({ type: "Sequence", [list]: { type: "A" } }, `"${part}.${list}" must be a list`);
    let deep: object = { type: "A" };
    for (let i = 0; i < 5000; i++) deep = { type: "Sequence", [list]: [deep] };
    refused(deep, "levels deep");
    checkTokenizerJson({ model, [part]: { type: "Sequence", [list]: [{ type: "A" }] } }, "tokenizer.json");
    checkTokenizerJson({ model, [part]: null }, "tokenizer.json");
  });
}

Deno.test("fields nested too deeply to be written again are refused", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 2e5; i++) deep = [deep];
  for (const json of [{ model, extra: deep }, { model: { ...model, extra: deep } }]) {
    assert.throws(
      () => checkTokenizerJson(json, "tokenizer.json"),
      (error) => error instanceof FormatError && error.message.includes("nested too deeply"),
    );
  }
});
