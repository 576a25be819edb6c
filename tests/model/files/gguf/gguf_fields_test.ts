// Metadata of GGUF files: a changed value changes the result as it does in llama.cpp (recorded by
// tests/reference/gguf_fields.ts), is refused by its name, or is known to have no effect.
import assert from "node:assert/strict";
import { FormatError } from "../../../../src/base/errors.ts";
import { Model } from "../../../../src/model/mod.ts";
import { testDevice } from "../../../support/device.ts";
import { inFolder } from "../../../support/folder.ts";
import { goldenJson } from "../../../support/golden.ts";
import {
  type Change,
  changes,
  idle,
  ids,
  kept,
  llama3Divisors,
  texts,
  writeChanged,
} from "../../../reference/gguf_field_changes.ts";

interface Recorded {
  refused?: true;
  logProbs: number[];
  encoded: number[][];
  ends: number[];
  bos: number | null;
  addsBos: boolean;
}

const recorded = goldenJson<Record<string, Recorded>>("gguf/fields.json");

/** Changes that llama.cpp computes and that are refused here, with the name in the message. */
const refusedHere: Readonly<Record<string, RegExp>> = {
  "feed_forward_length that differs": /llama\.feed_forward_length is not the same in all blocks/,
  "not causal": /llama\.attention\.causal is false/,
  "scaling longrope": /llama\.rope\.scaling\.type is "longrope"/,
  "attn_factor alone": /llama\.rope\.scaling\.attn_factor is 1\.3/,
  "tokenizer t5": /tokenizer\.ggml\.model is "t5"/,
  "no scores": /tokenizer\.ggml\.scores/,
  "scores that are equal": /tokenizer\.ggml\.scores has 1 different scores for \d+ pieces/,
  "no token_type": /tokenizer\.ggml\.token_type/,
  "bos beyond the tokens": /tokenizer\.ggml\.bos_token_id is 4000/,
  "eos beyond the tokens": /tokenizer\.ggml\.eos_token_id is 4000/,
  "general.type adapter": /general\.type is "adapter"/,
};

/** Changes after which llama.cpp reads a control token in the text of a user, which never happens here. */
const readsControl = ["a piece that is a control token", "a control token that is user-defined"];

async function check(folder: string, name: string, change: Change, divisors?: number[]): Promise<void> {
  const path = `${folder}/x.gguf`;
  await writeChanged(path, change, divisors);
  const device = await testDevice();
  const theirs = recorded[name];
  if (theirs.refused || refusedHere[name]) {
    await assert.rejects(Model.load(path, { device }), (error: Error) => {
      assert.ok(error instanceof FormatError, `${name}: ${error}`);
      if (refusedHere[name]) assert.match(error.message, refusedHere[name]);
      return true;
    }, name);
    return;
  }
  using model = await Model.load(path, { device });
  const last = (await model.logits(ids)).slice(-300);
  const largest = Math.max(...last);
  const sum = Math.log(last.reduce((total, x) => total + Math.exp(x - largest), 0)) + largest;
  kept.forEach((id, i) => {
    const difference = Math.abs(last[id] - sum - theirs.logProbs[i]);
    assert.ok(difference < 1e-4, `${name}: the log-probability of ${id} differs by ${difference}`);
  });
  const tokenizer = model.tokenizer!;
  if (!readsControl.includes(name)) {
    assert.deepEqual(texts.map((text) => [...tokenizer.encode(text)]), theirs.encoded, name);
  }
  assert.deepEqual([...tokenizer.eosIds].sort((a, b) => a - b), theirs.ends, name);
  assert.equal(tokenizer.addsBos, theirs.addsBos, name);
  if (theirs.addsBos) assert.equal(tokenizer.bosId, theirs.bos, name);
}

for (const [name, change] of Object.entries(changes)) {
  Deno.test(`GGUF metadata: ${name}`, () => inFolder((folder) => check(folder, name, change)));
}

Deno.test("GGUF metadata: rope_freqs.weight", () =>
  inFolder(async (folder) => {
    await check(folder, "rope_freqs", {}, llama3Divisors);
    const device = await testDevice();
    const refused = async (change: Change, divisors: number[], message: RegExp) => {
      await writeChanged(`${folder}/x.gguf`, change, divisors);
      await assert.rejects(Model.load(`${folder}/x.gguf`, { device }), message);
    };
    await refused({}, [1, 2, 3, 4, 5, 6, 7, 9], /rope_freqs\.weight is not Llama 3's/);
    await refused({}, [1, 2], /rope_freqs\.weight is \[2\], not \[8\]/);
    await refused(
      changes["scaling linear"],
      llama3Divisors,
      /both llama\.rope\.scaling\.factor and rope_freqs/,
    );
  }));

Deno.test("GGUF metadata: fields without effect in llama.cpp have none here", () =>
  inFolder(async (folder) => {
    const withoutEffect = recorded["without effect"] as unknown as string[];
    assert.deepEqual(new Set(withoutEffect), new Set(Object.keys(idle)));
    recorded["without effect"] = recorded["nothing"];
    await check(folder, "without effect", idle);
  }));

Deno.test("GGUF metadata: every field that PyPI gguf knows stands in a table", () => {
  const here = new Set([
    ...Object.keys(idle),
    ...Object.values(changes).flatMap((change) => Object.keys(change)),
  ]);
  const elsewhere = [
    "general.alignment", // tests/formats/gguf/header_test.ts
    ...["split.count", "split.no", "split.tensors.count"], // tests/formats/gguf/gguf_parts_test.ts
  ];
  const named = goldenJson<string[]>("gguf/field_names.json").map((name) =>
    name.replace("{id}", "0").replace("{dense}", "dense").replace("{name}", "tool")
  );
  assert.deepEqual(named.filter((name) => !here.has(name) && !elsewhere.includes(name)), []);
});
