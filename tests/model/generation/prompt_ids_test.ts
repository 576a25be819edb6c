// BOS in front of text only where the tokenizer's files say so, models without BOS or EOS, and every eos of the files.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { byteTokenizer, byteTokenizerJson } from "../../support/byte_tokenizer.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";

const shape = { dim: 32, layers: 2, heads: 2, hidden: 48 };
const greedy = { temperature: 0, maxTokens: 6 };

async function modelOf(tokenizer: Tokenizer, vocabSize = tokenizer.vocabSize): Promise<Model> {
  const options = { tokenizer, context: 64, device: await testDevice(), seed: 3 };
  return await Model.create({ ...shape, vocabSize }, options);
}

/** Returns a trained tokenizer, and the same without the post-processor that puts BOS in front. */
async function withAndWithoutBos(): Promise<[with_: Tokenizer, without: Tokenizer]> {
  const trained = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
  return await inFolder(async (folder) => {
    await trained.save(folder);
    const json = JSON.parse(await Deno.readTextFile(`${folder}/tokenizer.json`));
    return [trained, Tokenizer.fromJSON({ ...json, post_processor: null })];
  });
}

Deno.test("a text gets BOS where the tokenizer adds one: generate, generateBatch, score, inspect, loss", async () => {
  for (const tokenizer of await withAndWithoutBos()) {
    const bos = tokenizer.addsBos ? [tokenizer.bosId] : [];
    using model = await modelOf(tokenizer);
    const text = "the llama";
    const ids = Uint32Array.of(...bos, ...tokenizer.encode(text));
    const want = [...await model.generate(ids, greedy).ids()];
    assert.deepEqual([...await model.generate(text, greedy).ids()], want);
    const [batched] = await model.generateBatch([text], greedy);
    assert.deepEqual([...batched.ids], want);
    assert.deepEqual([...(await model.inspect(text)).ids], [...ids]);
    const whole = tokenizer.encode("the llama hums");
    const rest = whole.slice(tokenizer.encode(text).length);
    const byIds = await model.score(ids, rest);
    const byText = await model.score(text, " hums");
    assert.equal(byText.inputs, bos.length + whole.length - 1);
    assert.ok(Math.abs(byText.logProb - byIds.logProb) < 1e-5);
    const { tokens } = await model.loss(Dataset.from([{ text }]));
    assert.equal(tokens, bos.length + tokenizer.encode(text).length);
  }
});

Deno.test("a model without BOS begins an empty prompt with EOS, as the evaluation harness does, else refuses it", async () => {
  const tokenizer = byteTokenizer(["<|endoftext|>"], { eos_token: "<|endoftext|>" });
  assert.deepEqual([tokenizer.bosId, tokenizer.eosId, tokenizer.addsBos], [-1, 256, false]);
  using model = await modelOf(tokenizer);
  const byEos = await model.score(Uint32Array.of(256), Uint32Array.of(72, 105));
  assert.equal((await model.score("", "Hi")).logProb, byEos.logProb);
  assert.deepEqual(
    [...await model.generate("", greedy).ids()],
    [...await model.generate(Uint32Array.of(256), greedy).ids()],
  );
  assert.deepEqual([...(await model.inspect("")).ids], [256]);
  assert.equal((await model.loss(Dataset.from([{ text: "Hi there" }]))).tokens, 8, "EOS closes the document");
  await inFolder(async (folder) => {
    await model.save(folder);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    assert.deepEqual([config.bos_token_id, config.eos_token_id], [null, 256]);
    using loaded = await Model.load(folder, { device: await testDevice() });
    assert.equal((await loaded.score("", "Hi")).logProb, byEos.logProb);
  });
  using bare = await modelOf(byteTokenizer());
  for (const run of [() => bare.score("", "Hi"), () => bare.inspect("")]) {
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /neither BOS nor EOS/);
      return true;
    });
  }
  assert.throws(() => bare.generate(""), /neither BOS nor EOS/);
  assert.equal(
    (await bare.generate("Hi", greedy).ids()).length,
    6,
    "nothing ends its texts but their length",
  );
});

Deno.test("any eos of config.json, generation_config.json and the tokenizer ends a text, also without a tokenizer", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const tokenizer = byteTokenizer(["<|endoftext|>"], { eos_token: "<|endoftext|>" });
    using model = await modelOf(tokenizer);
    await model.save(folder);
    const prompt = Uint32Array.of(72, 101);
    const written = [...await model.generate(prompt, greedy).ids()];
    const first = (id: number) => written.slice(0, written.indexOf(id));
    const json = async (name: string) => JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
    const [config, generation] = [await json("config.json"), await json("generation_config.json")];
    const cases: [config: unknown, generation: unknown, ends: number][] = [
      [256, [255, written[2]], written[2]],
      [256, written[1], written[1]],
      [written[3], 256, written[3]],
      [[254, written[3]], undefined, written[3]],
    ];
    for (const files of ["with tokenizer", "without"]) {
      for (const [first_, second, end] of cases) {
        await Deno.writeTextFile(
          `${folder}/config.json`,
          JSON.stringify({ ...config, eos_token_id: first_ }),
        );
        const changed = JSON.stringify({ ...generation, eos_token_id: second });
        await Deno.writeTextFile(`${folder}/generation_config.json`, changed);
        using loaded = await Model.load(folder, { device });
        assert.equal(loaded.tokenizer !== undefined, files === "with tokenizer");
        const text = loaded.generate(prompt, greedy);
        assert.deepEqual([...await text.ids()], first(end), `${files}: ${JSON.stringify([first_, second])}`);
        assert.equal(text.finish, "eos");
        assert.equal((await loaded.generateBatch([prompt], greedy))[0].finish, "eos");
        await loaded.save(`${folder}/again`);
        const saved = JSON.parse(await Deno.readTextFile(`${folder}/again/generation_config.json`));
        assert.deepEqual(saved.eos_token_id, second ?? first_);
      }
      for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
        await Deno.remove(`${folder}/${name}`).catch(() => {});
      }
    }
  }));

Deno.test("stop_strings of generation_config.json end a text, unless options name others", () =>
  inFolder(async (folder) => {
    using model = await modelOf(byteTokenizer(["<|endoftext|>"], { eos_token: "<|endoftext|>" }));
    const text = await model.generate("He", greedy).text();
    await model.save(folder);
    const file = { do_sample: false, max_new_tokens: 6, stop_strings: [text.at(-1)!, "zz"] };
    await Deno.writeTextFile(`${folder}/generation_config.json`, JSON.stringify(file));
    using loaded = await Model.load(folder, { device: await testDevice() });
    assert.equal(await loaded.generate("He").text(), text.slice(0, text.indexOf(text.at(-1)!)));
    assert.equal(await loaded.generate("He", { stop: "no such" }).text(), text);
  }));

Deno.test("a tokenizer with ids beyond the model's loads, and a text with one of them is refused", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await modelOf(byteTokenizer(["<|endoftext|>"], { eos_token: "<|endoftext|>" }));
    await model.save(folder);
    const json = byteTokenizerJson(["<|endoftext|>", "[PAD]", "<extra>"]);
    await Deno.writeTextFile(`${folder}/tokenizer.json`, JSON.stringify(json));
    using loaded = await Model.load(folder, { device });
    assert.equal(loaded.tokenizer!.vocabSize, 259);
    assert.match(loaded.summary().text, /the tokenizer has 2 ids beyond the model's/);
    assert.deepEqual(
      [...await loaded.generate("Hello", greedy).ids()],
      [...await model.generate("Hello", greedy).ids()],
    );
    const template = "{{ messages[0]['content'] }}[PAD]";
    loaded.tokenizer = loaded.tokenizer!.withTemplate(template);
    assert.throws(() => loaded.chat("Hello"), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /"\[PAD\]" \(id 257\).*the model has only 257 ids/);
      return true;
    });
    const wide = byteTokenizerJson(["<|endoftext|>", ...Array.from({ length: 2000 }, (_, i) => `<x${i}>`)]);
    await Deno.writeTextFile(`${folder}/tokenizer.json`, JSON.stringify(wide));
    await assert.rejects(Model.load(folder, { device }), /has 2257 ids, the model 257/);
  }));

Deno.test("a table padded beyond the tokenizer never gives an id without a token", async () => {
  const tokenizer = byteTokenizer(["<|endoftext|>"], { eos_token: "<|endoftext|>" });
  using model = await modelOf(tokenizer, 320);
  const [text] = await model.generateBatch(["Hi"], { maxTokens: 50, temperature: 5, topP: 1 });
  assert.ok(text.ids.every((id) => id < tokenizer.vocabSize), text.ids.join());
});
