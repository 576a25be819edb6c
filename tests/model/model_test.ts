// The verbs of a model: create, score, generate, save, load, plan, and their refusals.
import assert from "node:assert/strict";
import { ConfigError, DataError, FormatError } from "../../src/base/errors.ts";
import { printable } from "../../src/base/printable.ts";
import { Random } from "../../src/base/random.ts";
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { testDevice } from "../support/device.ts";
import { goldenPath } from "../support/golden.ts";
import { inFolder } from "../support/folder.ts";

const shape = { dim: 24, layers: 2, heads: 3, hidden: 40 };
const words =
  "the llama hums on every hill while wind carries grass and someone answers because old mountains remember"
    .split(" ");
const random = new Random(2);
const text = Array.from({ length: 300 }, () => words[random.below(words.length)]).join(" ");

let trained: Promise<Tokenizer> | undefined;
const tokenizer = () => trained ??= Tokenizer.train([text], { vocabSize: 290 });
const make = async (more: Record<string, unknown> = {}) =>
  await Model.create(shape, {
    tokenizer: await tokenizer(),
    context: 40,
    device: await testDevice(),
    ...more,
  });

Deno.test("one seed gives the same weights bit for bit, another gives others", async () => {
  const [a, b, c] = [await make({ seed: 1 }), await make({ seed: 1 }), await make({ seed: 2 })];
  const table = async (m: Model) => (await m.parameters()).get("model.embed_tokens.weight")!;
  assert.deepEqual(await table(a), await table(b));
  assert.notDeepEqual(await table(a), await table(c));
  const all = await a.parameters();
  assert.ok(all.get("model.norm.weight")!.every((x) => x === 1));
  const spread = Math.sqrt((await table(a)).reduce((s, x) => s + x * x, 0) / (await table(a)).length);
  assert.ok(Math.abs(spread - 0.02) < 0.001, `${spread}`);
  [a, b, c].forEach((m) => m.dispose());
});

Deno.test("a score is the sum of the logits' log-probabilities, whatever is scored beside it", async () => {
  const model = await make();
  const V = model.config.vocabSize;
  const prompt = Uint32Array.of(270, 5, 9);
  const answer = Uint32Array.of(8, 280);
  const [alone] = await model.scoreBatch([[prompt, answer]]);
  const batch = await model.scoreBatch([[Uint32Array.of(), Uint32Array.of(7)], [prompt, answer], [
    Uint32Array.from({ length: 30 }, (_, i) => i + 3),
    answer,
  ]]);
  const ids = [...prompt, ...answer];
  const logits = await model.logits(ids);
  let want = 0;
  let greedy = true;
  for (let t = prompt.length - 1; t < ids.length - 1; t++) {
    const row = logits.subarray(t * V, (t + 1) * V);
    const top = Math.max(...row);
    want += row[ids[t + 1]] - top - Math.log(row.reduce((s, x) => s + Math.exp(x - top), 0));
    greedy &&= row.indexOf(top) === ids[t + 1];
  }
  assert.ok(Math.abs(alone.logProb - want) < 1e-4, `${alone.logProb}, want ${want}`);
  assert.equal(alone.tokens, 2);
  assert.equal(alone.greedy, greedy);
  assert.equal(alone.truncatedTokens, 0);
  assert.ok(Math.abs(batch[1].logProb - alone.logProb) < 1e-5);
  const long = await model.score(Uint32Array.from({ length: 60 }, () => 5), answer);
  assert.equal(
    long.truncatedTokens,
    60 + 2 - 1 - 40,
    "tokens that do not fit are cut from the left of the prompt",
  );
  model.dispose();
});

Deno.test("text is joined so that spaces belong to the continuation", async () => {
  const model = await make();
  const [a, b] = await model.scoreBatch([["the llama", " hums"], ["the llama ", "hums"]]);
  assert.equal(a.logProb, b.logProb);
  const empty = await model.score("", "the llama");
  assert.equal(empty.tokens, model.tokenizer!.encode("the llama").length);
  model.dispose();
});

Deno.test("a generation is the same to all its readers, follows its seed, and ends at its limits", async () => {
  const model = await make();
  const options = { maxTokens: 12, seed: 3 };
  const generation = model.generate("the llama", options);
  let pieces = "";
  for await (const piece of generation) pieces += piece;
  assert.equal(await generation.text(), pieces);
  assert.equal(await model.generate("the llama", options).text(), pieces);
  assert.equal((await generation.ids()).length, 12);
  assert.equal(generation.finish, "length");
  assert.ok(generation.toString().includes(printable(pieces)));
  const full = model.generate("the llama", { maxTokens: 1000, temperature: 0 });
  await full.ids();
  assert.equal(full.finish, "context");
  const before = model.device.memory().bytes;
  for await (const _ of model.generate("the", { maxTokens: 30 })) break;
  assert.equal(model.device.memory().bytes, before, "leaving the loop frees the cache");
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await assert.rejects(model.generate("the", { signal: controller.signal }).text(), /enough/);
  assert.equal(model.device.memory().bytes, before);
  model.dispose();
});

Deno.test("a saved folder loads back bit for bit, tokenizer and template included", async () => {
  await inFolder(async (folder) => {
    const model = await make();
    model.tokenizer = model.tokenizer!.withTemplate("plain");
    await model.save(folder);
    const files = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
    assert.deepEqual(files, [
      "README.md",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const loaded = await Model.load(folder, { device: await testDevice() });
    assert.deepEqual(await loaded.parameters(), await model.parameters());
    assert.deepEqual(loaded.config, model.config);
    assert.deepEqual(loaded.tokenizer!.encode(text), model.tokenizer.encode(text));
    assert.deepEqual(
      loaded.tokenizer!.chat([{ role: "user", content: "hm" }]).ids,
      model.tokenizer.chat([{ role: "user", content: "hm" }]).ids,
    );
    const copy = await loaded.clone();
    assert.deepEqual(await copy.parameters(), await model.parameters());
    [model, loaded, copy].forEach((m) => m.dispose());
  });
});

Deno.test("tied embeddings have no output matrix of their own, in memory and on disk", async () => {
  await inFolder(async (folder) => {
    const model = await Model.create({ ...shape, tieEmbeddings: true, vocabSize: 60 }, {
      context: 16,
      device: await testDevice(),
    });
    assert.equal((await model.parameters()).has("lm_head.weight"), false);
    await model.save(folder);
    const loaded = await Model.load(folder, { device: await testDevice() });
    assert.deepEqual(await loaded.logits([3, 4, 5]), await model.logits([3, 4, 5]));
    [model, loaded].forEach((m) => m.dispose());
  });
});

Deno.test("loss is in nats per token, with its standard error and bits per byte", async () => {
  const model = await make();
  const corpus = Dataset.from([{ id: "a", text }, { id: "b", text: "a hill" }]);
  const { loss, bitsPerByte, perplexity, tokens, bytes } = await model.loss(corpus);
  assert.ok(Math.abs(loss - Math.log(290)) < 0.1, `an untrained model is near ln V: ${loss}`);
  assert.equal(perplexity, Math.exp(loss));
  assert.ok(Math.abs(bitsPerByte - loss * tokens / Math.LN2 / bytes) < 1e-9);
  assert.equal(bytes, new TextEncoder().encode(`${text}a hill`).length);
  const one = await model.loss(corpus, { limit: 1 });
  const two = await model.loss(corpus, { limit: 2 });
  assert.equal(one.error, undefined, "one window has no spread");
  const [a, b] = [one.loss * one.tokens, two.loss * two.tokens - one.loss * one.tokens];
  const off = [a - two.loss * one.tokens, b - two.loss * (two.tokens - one.tokens)];
  const want = Math.sqrt(2 * (off[0] ** 2 + off[1] ** 2)) / two.tokens;
  assert.ok(Math.abs(two.error! - want) < 1e-6 * two.loss, `${two.error}, want ${want}`);
  await assert.rejects(model.loss(Dataset.from([{ id: "x", text: "" }]).filter(() => false)), DataError);
  model.dispose();
});

Deno.test("models are planned without a GPU, and measured with one", async () => {
  const plan = Model.plan("7B", {
    tokens: 1e12,
    context: 2048,
    devices: 2048,
    device: { flops: 147.1e12, watts: 400 },
  });
  assert.ok(
    Math.abs(plan.facts.wattHours! / 1e6 - 36) < 2,
    `Table 15 says 36 MWh: ${plan.facts.wattHours! / 1e6}`,
  );
  assert.equal(plan.facts.batchTokens, 4194304);
  assert.match(Model.plan("65B", { tokens: 1.4e12 }).toString(), /not measured: await plan.measure\(\)/);
  const model = await make();
  const weights = await model.parameters();
  const measured = await model.plan({ tokens: 1e6, device: undefined }).measure();
  assert.ok(measured.facts.seconds! > 0);
  assert.deepEqual(await model.parameters(), weights, "measuring leaves the weights as they are");
  model.dispose();
});

Deno.test("wrong input is refused with the reason and the remedy", async () => {
  const device = await testDevice();
  const before = device.memory().bytes;
  const refused = async (make: () => unknown, kind: new (...args: never[]) => Error, message: RegExp) =>
    await assert.rejects(async () => await make(), (error: Error) => {
      assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
      assert.match(error.message, message);
      return true;
    });
  await refused(() => Model.create("5m", { device }), ConfigError, /did you mean "5M"/);
  await refused(
    () => Model.create(shape, { contxt: 5 } as never),
    ConfigError,
    /contxt: unknown option, did you mean "context"/,
  );
  await refused(
    () => Model.create({ ...shape, heads: 5 }, { device }),
    ConfigError,
    /multiple of heads, current values are 24 and 5/,
  );
  await refused(
    () => Model.create({ ...shape, dim: -1 }, { device }),
    ConfigError,
    /dim.*current value is -1/,
  );
  await refused(
    () => Model.create(shape, { dtype: "bf16" as never, device }),
    ConfigError,
    /"f32", "f16" or "q8"/,
  );
  await refused(
    async () => Model.create({ ...shape, vocabSize: 100 }, { tokenizer: await tokenizer(), device }),
    ConfigError,
    /290 ids, the model 100/,
  );
  await refused(
    () => Model.load("no/such/folder", { device }),
    FormatError,
    /Cannot load a model from no\/such\/folder: there is no such file or folder\. A model is made by/,
  );
  await refused(
    async () => Model.load(goldenPath("A"), { tokenizer: await tokenizer(), device }),
    ConfigError,
    /290 ids, the model 64/,
  );
  const model = await Model.create({ ...shape, vocabSize: 60 }, { context: 16, device });
  await refused(() => model.generate("text"), ConfigError, /has no tokenizer/);
  await refused(() => model.chat("hello"), ConfigError, /has no tokenizer/);
  await refused(
    () => model.generate(new Uint32Array(17)),
    ConfigError,
    /17 tokens, the model's context is 16/,
  );
  await refused(() => model.generate(Uint32Array.of(1), { temperature: -1 }), ConfigError, /temperature/);
  await refused(
    () => model.save("nowhere", { format: "onnx" as never }),
    ConfigError,
    /Model.save.format/,
  );
  await refused(() => model.logits([60]), DataError, /token id 60.*60 ids/);
  model.dispose();
  await refused(() => model.generate(Uint32Array.of(1)), ConfigError, /was disposed/);
  const withText = await make();
  await refused(() => withText.chat("hello"), ConfigError, /instruct/);
  withText.dispose();
  assert.equal(device.memory().bytes, before, "nothing stays allocated");
});

Deno.test("a damaged or foreign model folder is a FormatError that names the file, and frees its memory", async () => {
  const device = await testDevice();
  const before = device.memory().bytes;
  await inFolder(async (folder) => {
    const model = await make();
    await model.save(folder);
    model.dispose();
    const path = `${folder}/model.safetensors`;
    const whole = await Deno.readFile(path);
    const config = await Deno.readTextFile(`${folder}/config.json`);
    const damaged = async (message: RegExp) =>
      await assert.rejects(Model.load(folder, { device }), (error: Error) => {
        assert.ok(error instanceof FormatError, `${error.name}: ${error.message}`);
        assert.match(error.message, message);
        return true;
      });
    for (const length of [0, 7, 100, whole.length - 1]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await damaged(/model.safetensors/);
    }
    await Deno.writeFile(path, whole);
    for (
      const [change, message] of [
        [{ model_type: "gpt2" }, /model_type is "gpt2"/],
        [{ hidden_act: "gelu" }, /hidden_act/],
        [{ rope_scaling: { type: "longrope", factor: 2 } }, /rotary scaling/],
        [{ hidden_size: "wide" }, /hidden_size/],
        [{ intermediate_size: 48 }, /mlp.gate_proj.weight is \[40, 24\], the config asks for \[48, 24\]/],
        [{ num_hidden_layers: 3 }, /model.layers.2.*is missing/],
      ] as [Record<string, unknown>, RegExp][]
    ) {
      await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify({ ...JSON.parse(config), ...change }));
      await damaged(message);
    }
    await Deno.writeTextFile(`${folder}/config.json`, "{");
    await damaged(/not valid JSON/);
  });
  assert.equal(device.memory().bytes, before);
});

Deno.test("a name belongs to the newest model, so that a cell can run again", async () => {
  const first = await make({ name: "mine" });
  const second = await make({ name: "mine" });
  assert.throws(() => stateOf(first), ConfigError);
  assert.match(second.toString(), /Model mine/);
  assert.match(first.toString(), /disposed/);
  using scoped = await make();
  assert.ok(stateOf(scoped).trained);
  second.dispose();
});
