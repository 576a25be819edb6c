import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { TEMPLATES, Tokenizer } from "../../../src/tokenizer/mod.ts";
import { jsonOf, sample } from "../sample.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("a chat template in a file of its own is read too", async () => {
  await inFolder(async (dir) => {
    await (await sample()).save(dir);
    await Deno.writeTextFile(`${dir}/chat_template.jinja`, TEMPLATES.plain.jinja);
    assert.equal((await Tokenizer.load(dir)).template, "plain");
    const several = [{ name: "tool", template: "{{ 1 }}" }, {
      name: "default",
      template: TEMPLATES["llama-2"].jinja,
    }];
    await Deno.remove(`${dir}/chat_template.jinja`);
    await Deno.writeTextFile(`${dir}/tokenizer_config.json`, JSON.stringify({ chat_template: several }));
    assert.equal((await Tokenizer.load(dir)).template, "llama-2");
  });
});

Deno.test("a text gets BOS where the post-processor of tokenizer.json says so, as in transformers 5", async () => {
  const json = await jsonOf(await sample());
  assert.equal(Tokenizer.fromJSON(json).addsBos, true);
  const single = [{ Sequence: { id: "A", type_id: 0 } }];
  const without = { ...json.post_processor!, single };
  for (const post_processor of [null, without, { type: "Sequence", processors: [without] }]) {
    assert.equal(Tokenizer.fromJSON({ ...json, post_processor }).addsBos, false);
  }
  const inside = { type: "Sequence", processors: [{ type: "ByteLevel" }, json.post_processor!] };
  assert.equal(Tokenizer.fromJSON({ ...json, post_processor: inside }).addsBos, true);
  for (const type of ["RobertaProcessing", "BertProcessing"]) {
    const around = { type, cls: ["<s>", 1], sep: ["</s>", 2], trim_offsets: true, add_prefix_space: false };
    assert.equal(Tokenizer.fromJSON({ ...json, post_processor: around }).addsBos, true);
  }
  // Beside a tokenizer.json transformers 5 ignores add_bos_token.
  for (const add_bos_token of [true, false]) {
    assert.equal(Tokenizer.fromJSON(json, { bos_token: "<s>", add_bos_token }).addsBos, true);
    assert.equal(
      Tokenizer.fromJSON({ ...json, post_processor: null }, { bos_token: "<s>", add_bos_token }).addsBos,
      false,
    );
  }
});

Deno.test("further ids that end a text end answers as well", async () => {
  const tokenizer = (await sample()).withTemplate("chatml");
  const [eos, end] = tokenizer.stopIds;
  assert.deepEqual(tokenizer.eosIds, [eos]);
  const more = tokenizer.withEosIds([7, eos, 5000]);
  assert.deepEqual(more.eosIds, [eos, 7, 5000]);
  assert.deepEqual(more.stopIds, [eos, 7, 5000, end]);
  assert.deepEqual(more.withTemplate("plain").stopIds, [eos, 7, 5000]);
  assert.equal(more.template, "chatml");
  assert.throws(() => tokenizer.withEosIds([1.5]), /1.5: an id must be a whole number/);
});

Deno.test("named templates: a list, an object, names that are paths, and values that are none", async () => {
  const json = await jsonOf(await sample());
  const template = (chat_template: unknown) =>
    Tokenizer.fromJSON(json, { chat_template: chat_template as string }).chatTemplate;
  assert.equal(template([{ name: "a", template: "1" }, { name: "default", template: "2" }]), "2");
  assert.equal(template({ a: "1", default: "2" }), "2");
  assert.equal(template({ "../../etc/passwd": "1" }), "1");
  assert.equal(template([{ name: "a", template: "1" }, { name: "b", template: "2" }]), null);
  assert.equal(template(null), null);
  for (const wrong of [5, [1], [{ name: "a" }], { a: 5 }, true]) {
    assert.throws(
      () => template(wrong),
      (e: Error) => e instanceof FormatError && /chat_template/.test(e.message),
    );
  }
});

Deno.test("a saved configuration makes transformers use the tokenizer.json unchanged, whatever class it had", async () => {
  await inFolder(async (dir) => {
    const json = await jsonOf(await sample());
    await Tokenizer.fromJSON(json, { tokenizer_class: "LlamaTokenizer", eos_token: "</s>", legacy: false })
      .save(dir);
    const config = JSON.parse(await Deno.readTextFile(`${dir}/tokenizer_config.json`));
    assert.equal(config.tokenizer_class, "PreTrainedTokenizerFast");
    assert.equal(config.eos_token, "</s>");
  });
});

Deno.test("every EOS of the files ends an answer: as a text, as an object, and those of the template", async () => {
  const json = await jsonOf(await sample());
  const end = json.added_tokens.find((token) => token.content === "<|im_end|>")!.id;
  for (const eos_token of ["<|im_end|>", { content: "<|im_end|>" }]) {
    const tokenizer = Tokenizer.fromJSON(json, { eos_token });
    assert.deepEqual([tokenizer.eosId, tokenizer.stopIds], [end, [end]]);
  }
  const chat = Tokenizer.fromJSON(json, { eos_token: "</s>", chat_template: TEMPLATES.chatml.jinja });
  assert.deepEqual(chat.stopIds, [2, end]);
  // A template that refuses the probe still names its marker.
  const strict =
    "{% if messages | length > 1 %}{{ raise_exception('one message') }}{% endif %}{{ messages[0].content + '<|im_end|>' }}";
  assert.deepEqual(Tokenizer.fromJSON(json, { eos_token: "</s>", chat_template: strict }).stopIds, [2, end]);
  const none = Tokenizer.fromJSON(json, {
    bos_token: null,
    eos_token: null,
    chat_template: TEMPLATES.chatml.jinja,
  });
  assert.deepEqual([none.eosId, none.stopIds], [-1, [end]]);
});

Deno.test("markers that a file calls ordinary stay text in what a user writes", async () => {
  const json = await jsonOf(await sample());
  for (const token of json.added_tokens) if (token.content.startsWith("<|")) token.special = false;
  const marks = json.added_tokens.filter((token) => token.content.startsWith("<|")).map((token) => token.id);
  const tokenizer = Tokenizer.fromJSON(json, {
    eos_token: "<|im_end|>",
    chat_template: TEMPLATES.chatml.jinja,
  });
  const words = "a<|im_end|>b <|im_start|>system";
  assert.ok(tokenizer.encode(words).every((id) => !marks.includes(id)));
  assert.equal(tokenizer.decode(tokenizer.encode(words)), words);
  const { ids } = tokenizer.chat([{ role: "user", content: words }], { generationPrompt: true });
  assert.deepEqual([...ids].filter((id) => marks.includes(id)), [marks[0], marks[1], marks[0]]);
  assert.deepEqual(tokenizer.stopIds, [marks[1]]);
});

Deno.test("a tokenizer without BOS and EOS chats, encodes, and is saved", async () => {
  const json = await jsonOf(await sample());
  const bare = {
    ...json,
    added_tokens: json.added_tokens.filter((token) => token.id !== 1 && token.id !== 2),
    post_processor: null,
  };
  const tokenizer = Tokenizer.fromJSON(bare, {
    bos_token: null,
    eos_token: null,
    chat_template: TEMPLATES.chatml.jinja,
  });
  assert.deepEqual([tokenizer.bosId, tokenizer.eosId, tokenizer.addsBos], [-1, -1, false]);
  const talk = [{ role: "user", content: "hi" }] as const;
  const { ids } = tokenizer.chat(talk, { generationPrompt: true });
  assert.equal(tokenizer.tokenOf(ids[0]), "<|im_start|>");
  await inFolder(async (dir) => {
    await tokenizer.save(dir);
    const loaded = await Tokenizer.load(dir);
    assert.deepEqual(
      loaded.chat(talk, { generationPrompt: true }),
      tokenizer.chat(talk, { generationPrompt: true }),
    );
    assert.deepEqual([loaded.bosId, loaded.eosId, loaded.addsBos], [-1, -1, false]);
  });
});
