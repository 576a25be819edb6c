import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { Help, type HelpTexts } from "../../src/display/help.ts";
import { textWidth } from "../../src/display/text_width.ts";

const texts: HelpTexts = {
  name: "Kettle",
  about: "A kettle on the stove, which is cold until somebody lights the fire under it.",
  verbs: [
    {
      ...{ name: "constructor", kind: "constructor", call: "new Kettle(size?)", gives: "Kettle" },
      ...{ about: "Makes a cold kettle.", options: [] },
    },
    {
      ...{ name: "boil", kind: "verb", call: "boil(options)", gives: "Promise<Steam>" },
      about: "Heats the water until it boils.",
      more: "It whistles <loudly> with `whistle`.",
      throws: ["ConfigError for an empty kettle"],
      options: [
        { name: "minutes", type: "number", unit: "min", required: true, about: "Longest time." },
        {
          ...{ name: "whistle", type: "boolean", fallback: "true", origin: "paper 2.3" },
          about:
            "Makes a sound at the end, which is heard in all rooms of a house of ordinary size and in the garden.",
        },
      ],
      lists: [{ title: "Fires", rows: [{ fire: "gas", watts: 3000 }] }],
      example: "kettle.boil({ minutes: 4 });",
    },
    { name: "hot", kind: "fact", call: "hot", gives: "boolean", about: "True after boiling.", options: [] },
  ],
};

Deno.test("help lists the verbs of a class under headings", () => {
  const { text, html = "" } = new Help(texts).picture(80);
  for (
    const part of [
      "Kettle: A kettle",
      "To begin",
      "new Kettle(size?)",
      "Verbs",
      "boil(options)",
      "Facts",
      "hot",
    ]
  ) {
    assert.ok(text.includes(part), part);
    assert.ok(html.includes(part.replace("Kettle: ", "")), part);
  }
  assert.match(text, /Kettle\.help\("boil"\) explains/);
});

Deno.test("help of a verb has types, units, defaults with their origin, names it takes, and an example", () => {
  const { text, html = "" } = new Help(texts, "boil").picture(80);
  assert.match(text, /^Kettle: boil\(options\) -> Promise<Steam>/);
  assert.match(text, /minutes +number \(min\); required/);
  assert.match(text, /whistle +boolean; default: true \(paper 2\.3\)/);
  assert.match(text, /Throws ConfigError for an empty kettle\./);
  assert.match(text, /Fires\nfire +watts/);
  assert.match(text, /Example\n {2}kettle/);
  assert.match(html, /whistles &lt;loudly&gt; with <code>whistle<\/code>/);
  assert.match(html, /<td[^>]*>paper 2\.3<\/td>/);
});

Deno.test("the text fits 40, 60, 80 and 200 columns", () => {
  for (const columns of [40, 60, 80, 200]) {
    for (const verb of [undefined, "boil"]) {
      const widest = Math.max(...new Help(texts, verb).picture(columns).text.split("\n").map(textWidth));
      assert.ok(widest <= columns, `${verb} at ${columns} columns: ${widest}`);
    }
  }
});

Deno.test("an unknown verb is refused with the nearest one, or with all of them", () => {
  assert.throws(() => new Help(texts, "boyl"), {
    name: "ConfigError",
    message: /no verb "boyl", did you mean "boil"\?/,
  });
  assert.throws(() => new Help(texts, "refrigerate"), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /it has constructor, boil, hot/);
    return true;
  });
});

Deno.test("a verb may be named as it is called, and the constructor by new", () => {
  for (const name of ["boil", "Kettle.boil", "boil()", "boil({ minutes: 4 })"]) {
    assert.deepEqual(new Help(texts, name).options.map(({ name }) => name), ["minutes", "whistle"]);
  }
  for (const name of ["new", "Kettle", "constructor", "new Kettle"]) {
    assert.match(new Help(texts, name).toString(), /new Kettle\(size\?\)/);
  }
});

Deno.test("help is plain data in JSON", () => {
  assert.deepEqual(new Help(texts).toJSON(), texts);
  assert.deepEqual(new Help(texts, "hot").toJSON().verbs, [texts.verbs[2]]);
});
