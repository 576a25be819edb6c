// The texts of help() are those of the doc comments and the schemas, and no verb is without one.
import assert from "node:assert/strict";
import { z } from "zod";
import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "../../mod.ts";
import { DocNodes } from "./doc_nodes.ts";
import { optionText, unitOf } from "./doc_text.ts";
import { disagrees, files, fileText, Maker, makeTexts } from "./help_texts.ts";
import { root } from "./tree.ts";

const classes = { Dataset, Tokenizer, Model, Trainer, Evaluator } as const;
const made = await makeTexts();

Deno.test("every verb and option has a doc comment, and each default in it is the schema's", () => {
  assert.deepEqual(made.complaints, []);
});

Deno.test("the files of help are current (deno task help writes them)", async () => {
  for (const [name, file] of Object.entries(files)) {
    assert.equal(await Deno.readTextFile(`${root}/${file}`), fileText(made.texts[name]), file);
  }
});

for (const [name, Class] of Object.entries(classes)) {
  Deno.test(`help of ${name} has every public verb, and no other`, () => {
    const own = Object.getOwnPropertyDescriptors(Class.prototype);
    const statics = Object.getOwnPropertyNames(Class).filter((key) =>
      !["length", "name", "prototype"].includes(key)
    );
    const there = [...Object.keys(own), ...statics, "show"];
    const { verbs } = Class.help().toJSON();
    const listed = verbs.map((verb) => verb.name);
    const isPrivate = name === "Tokenizer" || name === "Model"; // made by a static verb
    assert.deepEqual(
      there.filter((key) => !listed.includes(key) && !(isPrivate && key === "constructor")),
      [],
    );
    const fields = verbs.filter(({ kind }) => kind === "fact").map((verb) => verb.name);
    assert.deepEqual(listed.filter((key) => !there.includes(key) && !fields.includes(key)), []);
    for (const verb of verbs) {
      assert.match(verb.about, /^[A-Z\d][^]*\.$/, `${name}.${verb.name}: ${verb.about}`);
      for (const option of verb.options) {
        assert.ok(option.about, `${name}.${verb.name}.${option.name} has no meaning`);
        assert.equal(
          option.fallback === undefined,
          option.origin === undefined,
          `${name}.${verb.name}.${option.name}`,
        );
        assert.notEqual(option.fallback, "", `${name}.${verb.name}.${option.name}`);
      }
      Class.help(verb.name).picture(); // every verb can be shown
    }
  });
}

Deno.test("help names the origin of what the paper gives", () => {
  const options = Object.fromEntries(Trainer.help("pretrain").options.map((option) => [option.name, option]));
  assert.deepEqual([options.beta2.fallback, options.beta2.origin], ["0.95", "paper 2.3"]);
  assert.equal(options.validation.origin, "ours");
  assert.equal(options.batchTokens.unit, "tokens");
  const instruct = Trainer.help("instruct").options.find(({ name }) => name === "warmup");
  assert.deepEqual([instruct?.fallback, instruct?.origin], ["3 % of the stage", "ours"]);
});

const origins = new RegExp(
  "^(ours|paper \\d(\\.\\d)?|paper 2\\.3 for 7B to 65B, else ours|LLaMA's release|released model|the LoRA paper|" +
    "C4|CCNet|RedPajama|GPT-3|SentencePiece)$",
);

Deno.test("the origins of defaults are written alike", () => {
  const found = Object.values(made.texts).flatMap(({ verbs }) => verbs)
    .flatMap(({ options, keys = [] }) => [...options, ...keys.flatMap((key) => key.options)])
    .flatMap(({ origin = [] }) => origin);
  assert.deepEqual([...new Set(found)].filter((origin) => !origins.test(origin)), []);
  assert.ok(found.filter((origin) => origin.startsWith("paper")).length > 20);
});

Deno.test("help of Model.create names the presets with their sizes", () => {
  assert.match(Model.help("create").toString(), /5M +4\.82M +256 +6 +8/);
  assert.match(Model.help("create").toString(), /65B +64\.8B[^\n]*1\.5e-4[^\n]*paper/);
});

Deno.test("an unknown verb names the nearest", () => {
  assert.throws(() => Trainer.help("pretrian"), {
    name: "ConfigError",
    message: /did you mean "pretrain"\?/,
  });
});

const option = (doc?: string) => ({
  ...{ name: "size", optional: true, tsType: { kind: "keyword", repr: "number" } },
  ...(doc && { jsDoc: { doc } }),
});

function complaintsOf(doc: string | undefined, schema: z.ZodType): string[] {
  const options = { kind: "typeRef", value: { typeName: "PotOptions" } };
  const put = { kind: "method", name: "put", jsDoc: { doc: "Puts." } };
  const functionDef = { params: [{ kind: "identifier", name: "options", tsType: options }] };
  const symbols = [
    { name: "Pot", declarations: [{ kind: "class", def: { methods: [{ ...put, functionDef }] } }] },
    { name: "PotOptions", declarations: [{ kind: "interface", def: { properties: [option(doc)] } }] },
  ];
  const maker = new Maker(new DocNodes(JSON.stringify({ nodes: { x: { symbols } } })), () => schema);
  maker.texts("Pot");
  return maker.complaints;
}

Deno.test("an option without a comment, with another default or with another key is complained of", () => {
  const schema = z.strictObject({ size: z.number().default(3) });
  assert.deepEqual(complaintsOf("Size in bytes. Default 3 [ours].", schema), []);
  assert.match(complaintsOf(undefined, schema).join(), /Pot\.put\.size has no doc comment/);
  assert.match(complaintsOf("Size. Default 4.", schema).join(), /the default is 3, its doc comment says 4/);
  assert.match(complaintsOf("Size.", schema).join(), /the default is 3, its doc comment says undefined/);
  assert.match(complaintsOf("Size.", z.strictObject({ more: z.number() })).join(), /differ in more, size/);
});

Deno.test("a comment is taken apart into meaning, default and origin", () => {
  const cases: [doc: string, about: string, fallback?: string, origin?: string][] = [
    ["Decay. Default 0.9 [paper 2.3].", "Decay.", "0.9", "paper 2.3"],
    ["Share of it; default 0.25, as in RedPajama. More.", "Share of it. More.", "0.25", "RedPajama"],
    ["Most tokens (default 256; less in f16).", "Most tokens.", "256; less in f16", "ours"],
    ["Unit: a `file` (default), or a `line`.", "Unit: a `file`, or a `line`.", "`file`", "ours"],
    ["`a` (default [C4]) does; `b` does not.", "`a` does; `b` does not.", "`a`", "C4"],
    ["A name.", "A name."],
  ];
  for (const [doc, about, fallback, origin] of cases) {
    assert.deepEqual({ fallback: undefined, origin: undefined, ...optionText(doc) }, {
      about,
      fallback,
      origin,
    });
  }
});

Deno.test("units come from the words of the meaning, or by name", () => {
  assert.equal(unitOf("warmup", "Updates of the linear warmup."), "updates");
  assert.equal(unitOf("seed", "Seed of the order of windows."), "");
  assert.equal(unitOf("gap", "Decay of the first moment."), "");
});

Deno.test("defaults are compared as values", () => {
  for (
    const [value, text] of [[2048, "2,048"], [2 ** 28, "256 MiB"], [5e10, "50 GB"], [
      false,
      "false: it stays",
    ]]
  ) {
    assert.equal(disagrees(value, String(text)), false, `${value} and ${text}`);
  }
  for (const [value, text] of [[2048, "2,047"], [true, "false"], ["line", "`text`"], [1, undefined]]) {
    assert.equal(disagrees(value, text as string | undefined), true, `${value} and ${text}`);
  }
});
