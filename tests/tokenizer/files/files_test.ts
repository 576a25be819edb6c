import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../src/base/errors.ts";
import { type Piece, Tokenizer } from "../../../src/tokenizer/mod.ts";
import { jsonOf, oddStrings, sample } from "../sample.ts";
import { inFolder } from "../../support/folder.ts";

function sameIds(a: Tokenizer, b: Tokenizer, seed: number): void {
  for (const text of oddStrings(400, seed, true)) {
    assert.deepEqual(b.encode(text), a.encode(text));
    assert.deepEqual(b.encode(text, { special: true }), a.encode(text, { special: true }));
  }
}

Deno.test("save and load give the same tokenizer, and leave no other files", async () => {
  const tokenizer = (await sample()).withTemplate("chatml");
  await inFolder(async (dir) => {
    await tokenizer.save(`${dir}/new/folder`);
    const names = Array.from(Deno.readDirSync(`${dir}/new/folder`), (entry) => entry.name).sort();
    assert.deepEqual(names, ["tokenizer.json", "tokenizer_config.json"]);
    for (const path of [`${dir}/new/folder`, `${dir}/new/folder/`, `${dir}/new/folder/tokenizer.json`]) {
      const loaded = await Tokenizer.load(path);
      assert.deepEqual(loaded.toJSON(), tokenizer.toJSON());
      assert.deepEqual(loaded.pieces(), tokenizer.pieces());
    }
    const loaded = await Tokenizer.load(`${dir}/new/folder`);
    sameIds(tokenizer, loaded, 20);
    await loaded.save(dir);
    assert.equal(
      Deno.readTextFileSync(`${dir}/tokenizer.json`),
      Deno.readTextFileSync(`${dir}/new/folder/tokenizer.json`),
    );
  });
});

Deno.test("tokenizer_config.json says what Python needs: a plain fast tokenizer, its tokens and its template", async () => {
  await inFolder(async (dir) => {
    await (await sample()).withTemplate("plain").save(dir);
    const config = JSON.parse(await Deno.readTextFile(`${dir}/tokenizer_config.json`));
    const { chat_template, ...rest } = config;
    assert.match(chat_template, /User: /);
    assert.deepEqual(rest, {
      bos_token: "<s>",
      eos_token: "</s>",
      unk_token: "<unk>",
      additional_special_tokens: ["<|im_start|>", "<|im_end|>"],
      add_bos_token: true,
      add_eos_token: false,
      clean_up_tokenization_spaces: false,
      tokenizer_class: "PreTrainedTokenizerFast",
    });
    await (await sample()).save(dir);
    assert.equal((await Tokenizer.load(dir)).template, null);
  });
});

Deno.test("a failed save leaves the earlier files as they were", async () => {
  await inFolder(async (dir) => {
    const tokenizer = await sample();
    await tokenizer.save(dir);
    const before = await Deno.readTextFile(`${dir}/tokenizer.json`);
    await Deno.remove(`${dir}/tokenizer_config.json`);
    await Deno.mkdir(`${dir}/tokenizer_config.json/in the way`, { recursive: true });
    await assert.rejects(tokenizer.save(dir));
    assert.equal(await Deno.readTextFile(`${dir}/tokenizer.json`), before);
    assert.equal(Array.from(Deno.readDirSync(dir)).length, 2);
  });
});

Deno.test("a damaged tokenizer.json is a FormatError that says where and what", async () => {
  const source = await jsonOf(await sample());
  const damage: [RegExp, path: (string | number)[], value: unknown][] = [
    [/the id of "the" must be a whole number below/, ["model", "vocab", "the"], -1],
    [/the id of "the" must be a whole number below/, ["model", "vocab", "the"], 2 ** 31],
    [/the id of "the" must be a whole number below/, ["model", "vocab", "the"], 1.5],
    [/added token 1 needs an id and a content/, ["added_tokens", 1, "id"], 2 ** 40],
    [/added token 1 needs an id and a content/, ["added_tokens", 1, "id"], -1],
    [/added token 1 needs an id and a content/, ["added_tokens", 1, "content"], ""],
    [/added token 1 needs an id and a content.*flags/, ["added_tokens", 1, "lstrip"], "yes"],
    [/"<s>" has the ids 1 and 2048/, ["added_tokens", 1, "id"], 2048],
    [/no token has the id 2048, and added tokens have larger ones/, ["added_tokens", 5], {
      id: 2050,
      content: "<x>",
    }],
    [/"<x>" and "<y>" have the same id 2048|no token/, ["added_tokens", 5], { id: 2049, content: "<y>" }],
    [/merge 0 must be a pair/, ["model", "merges", 0], ["a", 1]],
    [/pre_tokenizer "Nonsense" is not supported/, ["pre_tokenizer"], { type: "Nonsense" }],
    [/post_processor "Nonsense" is not supported/, ["post_processor"], { type: "Nonsense" }],
    [/post_processor "Nonsense" is not supported/, ["post_processor"], {
      type: "Sequence",
      processors: [{ type: "Nonsense" }],
    }],
    [/"normalizer.normalizers" must be a list/, ["normalizer"], { type: "Sequence" }],
    [/unk_token "<none>", which has no id/, ["model", "unk_token"], "<none>"],
    [/model "Nonsense" is not supported/, ["model", "type"], "Nonsense"],
    [/entry 1 of "model.vocab" must be a token and a score/, ["model", "vocab"], [["a", 0], ["b"]]],
    [/post_processor puts <s><\/s> in front of a text/, ["post_processor", "single"], [
      { SpecialToken: { id: "<s>", type_id: 0 } },
      { SpecialToken: { id: "</s>", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
    ]],
    [/"model" must be an object/, ["model"], null],
    [/"decoder" must be null or an object/, ["decoder"], 5],
    [/"added_tokens" must be a list/, ["added_tokens"], {}],
    [/added token 0 needs an id/, ["added_tokens", 0], { content: "x" }],
    [/"model.vocab" must be an object/, ["model", "vocab"], undefined],
    [/the id of "the" must be a whole number/, ["model", "vocab", "the"], "3"],
    [/have the same id 300/, ["model", "vocab", "new"], 300],
    [/"<s>" and "<S>" have the same id 1/, ["added_tokens", 1, "content"], "<S>"],
    [/"model.merges" must be a list/, ["model", "merges"], null],
    [/merge 1 must be a pair/, ["model", "merges", 1], "a b c"],
    [/merge 2 needs "qqq"/, ["model", "merges", 2], "qqq a"],
    [/merge 2 needs "e▁"/, ["model", "merges", 2], ["e", "▁"]],
    [/Cannot use the tokenizer/, ["decoder"], { type: "Nonsense" }],
  ];
  for (const [message, path, value] of damage) {
    const json = structuredClone(source);
    const last = path.at(-1)!;
    const parent = path.slice(0, -1).reduce((at: object, key) => Reflect.get(at, key), json);
    Reflect.set(parent, last, value);
    assert.throws(
      () => Tokenizer.fromJSON(json),
      (e: Error) => e instanceof FormatError && message.test(e.message),
      String(message),
    );
  }
  assert.throws(() => Tokenizer.fromJSON([]), /expected an object/);
});

Deno.test("files that are cut off, missing or no objects are FormatErrors with the file and the byte", async () => {
  await inFolder(async (dir) => {
    await (await sample()).save(dir);
    const text = await Deno.readTextFile(`${dir}/tokenizer.json`);
    const cut = text.slice(0, text.indexOf("’"));
    await Deno.writeTextFile(`${dir}/tokenizer.json`, cut);
    const error = await Tokenizer.load(dir).then(() => undefined, (e) => e);
    assert.ok(error instanceof FormatError);
    assert.equal(error.file, `${dir}/tokenizer.json`);
    assert.equal(error.offset, new TextEncoder().encode(cut).length);
    await Deno.writeTextFile(`${dir}/tokenizer.json`, text);
    await Deno.writeTextFile(`${dir}/tokenizer_config.json`, "[]");
    await assert.rejects(Tokenizer.load(dir), FormatError);
    await Deno.writeTextFile(`${dir}/tokenizer_config.json`, '{"é": tru}');
    await assert.rejects(Tokenizer.load(dir), (e: Error) => e instanceof FormatError && (e.offset ?? 0) > 7);
    await Deno.mkdir(`${dir}/empty`);
    await assert.rejects(Tokenizer.load(`${dir}/empty`), /holds neither tokenizer.json nor tokenizer.model/);
    await assert.rejects(Tokenizer.load(`${dir}/nothing`), FormatError);
  });
});

Deno.test("a tokenizer.json that differs from LLaMA's in one step runs through the library", async () => {
  const source = await jsonOf(await sample());
  const changes: ((json: typeof source) => unknown)[] = [
    (json) => json.pre_tokenizer = { type: "Whitespace" },
    (json) => json.normalizer = null,
    (json) => json.decoder = null,
    (json) => json.model.ignore_merges = true,
    (json) => json.added_tokens[3].special = false,
    (json) => json.added_tokens[3].normalized = true,
    (json) => json.added_tokens[3].lstrip = true,
    (json) => json.model.merges!.push(json.model.merges![0]),
    (json) => {
      (json.model.vocab as Record<string, number>)["▁e▁"] = 2048;
      json.model.merges!.push("▁e ▁");
    },
  ];
  assert.equal(Tokenizer.fromJSON(source).toJSON().codec, "llamero");
  for (const change of changes) {
    const json = structuredClone(source);
    change(json);
    assert.equal(Tokenizer.fromJSON(json).toJSON().codec, "pipeline", String(change));
  }
});

/** Writes a SentencePiece model field by field: tag, then varint, float or bytes. */
function sentencePiece(
  pieces: readonly Piece[],
  trainer: number[],
  normalizer: number[],
): Uint8Array<ArrayBuffer> {
  const kinds = ["normal", "unknown", "control", "user", "unused", "byte"];
  const out: number[] = [];
  const varint = (into: number[], n: number) => {
    for (; n > 127; n = Math.floor(n / 128)) into.push(n % 128 + 128);
    into.push(n);
  };
  const message = (number: number, bytes: number[]) => {
    out.push(number * 8 + 2), varint(out, bytes.length);
    for (const byte of bytes) out.push(byte);
  };
  for (const { text, score, kind } of pieces) {
    const name = [...new TextEncoder().encode(text)];
    const body = [10];
    varint(body, name.length);
    body.push(...name, 21, ...new Uint8Array(new Float32Array([score]).buffer), 24, kinds.indexOf(kind) + 1);
    message(1, body);
  }
  message(2, trainer), message(3, normalizer);
  return new Uint8Array(out);
}

/** A TrainerSpec with model_type BPE and pad_id -1, a NormalizerSpec with name "identity" that keeps extra spaces. */
const BPE = [3 * 8, 2, 0xd8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
const IDENTITY = [10, 8, ...new TextEncoder().encode("identity"), 4 * 8, 0];

Deno.test("a SentencePiece model loads to the same ids", async () => {
  const tokenizer = await Tokenizer.train(["the whale, the sea 12"], { vocabSize: 280 });
  await inFolder(async (dir) => {
    await Deno.writeFile(`${dir}/tokenizer.model`, sentencePiece(tokenizer.pieces(), BPE, IDENTITY));
    for (const path of [dir, `${dir}/tokenizer.model`]) {
      const loaded = await Tokenizer.load(path);
      assert.deepEqual(loaded.toJSON(), tokenizer.toJSON());
      sameIds(tokenizer, loaded, 21);
    }
  });
});

Deno.test("a SentencePiece model that we write loads to the same tokenizer", async () => {
  const bare = await Tokenizer.train(["the whale, the sea"], { vocabSize: 20, byteFallback: false });
  const padded = await Tokenizer.train(["the whale, the sea 12"], { vocabSize: 281, special: ["<pad>"] });
  await inFolder(async (dir) => {
    for (const tokenizer of [await sample(), bare, padded]) {
      await tokenizer.save(`${dir}/new/tokenizer.model`);
      const loaded = await Tokenizer.load(`${dir}/new`);
      assert.deepEqual(loaded.toJSON(), tokenizer.toJSON());
      assert.deepEqual(loaded.pieces(), tokenizer.pieces());
      sameIds(tokenizer, loaded, 22);
    }
    assert.deepEqual(Array.from(Deno.readDirSync(`${dir}/new`), (entry) => entry.name), ["tokenizer.model"]);
    const json = await jsonOf(await sample());
    json.model.merges!.reverse();
    await assert.rejects(
      Tokenizer.fromJSON(json).save(`${dir}/x.model`),
      /do not follow the order of the pieces/,
    );
  });
});

Deno.test("a model of spm_train is written as it was read", async () => {
  await inFolder(async (dir) => {
    const loaded = await Tokenizer.load(
      new URL("../../golden/tokenizer/sentencepiece.model", import.meta.url).pathname,
    );
    await loaded.save(`${dir}/x.model`);
    const again = await Tokenizer.load(`${dir}/x.model`);
    assert.equal(again.fingerprint, loaded.fingerprint);
    assert.deepEqual(again.pieces(), loaded.pieces());
  });
});

Deno.test("SentencePiece models that are cut off or not like LLaMA's are refused", async () => {
  const pieces = (await Tokenizer.train(["the whale"], { vocabSize: 268 })).pieces();
  const whole = sentencePiece(pieces, BPE, IDENTITY);
  const cases: [RegExp, Uint8Array<ArrayBuffer>][] = [
    [/it ends too early/, whole.subarray(0, 1000)],
    [/it ends too early/, whole.subarray(0, whole.length - 1)],
    [/it has no pieces/, new Uint8Array()],
    [/not byte-pair encoding/, sentencePiece(pieces, [], IDENTITY)],
    [/removes extra spaces/, sentencePiece(pieces, BPE, [])],
    [/rewrites characters/, sentencePiece(pieces, BPE, [...IDENTITY, 18, 2, 1, 1])],
    [/spaces behind words/, sentencePiece(pieces, [...BPE, 0xc0, 1, 1], IDENTITY)],
    [/wire type 7/, new Uint8Array([15, 1])],
  ];
  await inFolder(async (dir) => {
    for (const [message, bytes] of cases) {
      await Deno.writeFile(`${dir}/x.model`, bytes);
      await assert.rejects(
        Tokenizer.load(`${dir}/x.model`),
        (e: Error) => e instanceof FormatError && e.file === `${dir}/x.model` && message.test(e.message),
        String(message),
      );
    }
  });
});

Deno.test("pieces make the same tokenizer again", async () => {
  const tokenizer = await sample();
  const again = Tokenizer.fromPieces(tokenizer.pieces());
  assert.equal(again.fingerprint, tokenizer.fingerprint);
  const other = Tokenizer.fromJSON({
    model: { type: "WordPiece", vocab: { "[UNK]": 0, a: 1 }, unk_token: "[UNK]" },
  });
  assert.throws(() => other.pieces(), ConfigError);
});

Deno.test("chat templates in files outrank the configuration, in transformers' order", async () => {
  await inFolder(async (dir) => {
    await (await sample()).withTemplate("plain").save(dir);
    const template = async () => (await Tokenizer.load(dir)).chatTemplate;
    const write = (name: string, text: string) => Deno.writeTextFile(`${dir}/${name}`, text);
    await write("chat_template.json", JSON.stringify({ chat_template: "{{ 'json' }}" }));
    assert.equal(await template(), "{{ 'json' }}");
    await Deno.mkdir(`${dir}/additional_chat_templates`);
    await write("additional_chat_templates/tool_use.jinja", "{{ 'tool' }}");
    await write("additional_chat_templates/readme.txt", "no template");
    assert.equal(await template(), "{{ 'tool' }}");
    await write("additional_chat_templates/rag.jinja", "{{ 'rag' }}");
    assert.equal(await template(), null);
    await write("chat_template.jinja", "{{ 'jinja' }}");
    assert.equal(await template(), "{{ 'jinja' }}");
  });
});

Deno.test("a save leaves no file of an earlier tokenizer that outranks it", async () => {
  await inFolder(async (dir) => {
    const write = (name: string, text: string) => Deno.writeTextFile(`${dir}/${name}`, text);
    await Deno.mkdir(`${dir}/additional_chat_templates`);
    await write("additional_chat_templates/tool_use.jinja", "{{ 'tool' }}");
    await write("additional_chat_templates/notes.txt", "mine");
    await write("chat_template.jinja", "{{ 'jinja' }}");
    await write("chat_template.json", JSON.stringify({ chat_template: "{{ 'json' }}" }));
    await write("added_tokens.json", JSON.stringify({ "<old>": 9 }));
    await write("special_tokens_map.json", JSON.stringify({ eos_token: "<old>" }));
    await write("README.md", "mine");
    const tokenizer = (await sample()).withTemplate("chatml");
    await tokenizer.save(dir);
    const loaded = await Tokenizer.load(dir);
    assert.equal(loaded.fingerprint, tokenizer.fingerprint);
    const names = Array.from(Deno.readDirSync(dir), (entry) => entry.name).sort();
    assert.deepEqual(names, [
      "README.md",
      "additional_chat_templates",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    assert.equal(await Deno.readTextFile(`${dir}/additional_chat_templates/notes.txt`), "mine");
  });
});

Deno.test("JSON with a byte order mark and Windows' line ends reads the same, another encoding is refused", async () => {
  const tokenizer = (await sample()).withTemplate("plain");
  await inFolder(async (dir) => {
    await tokenizer.save(dir);
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      const text = await Deno.readTextFile(`${dir}/${name}`);
      await Deno.writeTextFile(`${dir}/${name}`, "\ufeff" + text.replaceAll("\n", "\r\n"));
    }
    assert.equal((await Tokenizer.load(dir)).fingerprint, tokenizer.fingerprint);
    const cp1252 = Uint8Array.from('{"bos_token": "é"}', (char) => char.charCodeAt(0));
    await Deno.writeFile(`${dir}/tokenizer_config.json`, cp1252);
    await assert.rejects(Tokenizer.load(dir), /tokenizer_config.json: .*no text in UTF-8/);
    await Deno.writeTextFile(`${dir}/tokenizer_config.json`, "{}");
    await Deno.writeFile(`${dir}/chat_template.jinja`, cp1252);
    await assert.rejects(Tokenizer.load(dir), /chat_template.jinja: .*no text in UTF-8/);
  });
});

Deno.test("a folder whose vocabulary is in other files, or missing, says what to do", async () => {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/tokenizer_config.json`, "{}");
    await assert.rejects(Tokenizer.load(dir), /holds tokenizer_config.json, but no tokenizer.json: download/);
    await Deno.writeTextFile(`${dir}/merges.txt`, "");
    await Deno.writeTextFile(`${dir}/vocab.json`, "{}");
    await assert.rejects(Tokenizer.load(dir), (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.match(error.message, /vocab.json and merges.txt, but no tokenizer.json: write one in Python/);
      return true;
    });
  });
});

Deno.test("a path that is none is refused", async () => {
  for (const path of ["", undefined, 3, "file:///models/llama"]) {
    await assert.rejects(Tokenizer.load(path as string), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /Cannot use Tokenizer.load: it needs a path, current value is/);
      return true;
    });
  }
});
