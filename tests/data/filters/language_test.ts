import assert from "node:assert/strict";
import { getLIDModel } from "fasttext.wasm.js";
import { FormatError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { FastText } from "../../../src/data/filters/fasttext.ts";
import { languageModel, languageOf } from "../../../src/data/filters/language.ts";
import { failure } from "../fixtures.ts";

const lines = [
  "All human beings are born free and equal in dignity and rights.",
  "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
  "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
  "Все люди рождаются свободными и равными в своем достоинстве и правах.",
  "这是一个用中文写的句子，我们说人人生而自由。",
  "Todos los seres humanos nacen libres e iguales",
  "12345 67890",
  "",
  "a",
  "<tag> </s> \u0000 \ud800 🦙🦙",
  "x".repeat(500),
];

Deno.test("labels and probabilities are those of fastText itself", async () => {
  const ours = await languageModel();
  const theirs = await (await getLIDModel()).load();
  const book = (await Dataset.sample("moby-dick").take(20).toArray()).map(({ text }) =>
    text.replaceAll("\n", " ")
  );
  for (const text of [...lines.filter((line) => !/[\0<]/.test(line)), ...book]) {
    const expected = theirs.predict(text, 3, 0);
    const found = ours.predict(text, 3);
    for (let i = 0; i < 3; i++) {
      const [probability, label] = expected.get(i) as unknown as [number, string];
      assert.equal(`__label__${found[i].label}`, label, text.slice(0, 60));
      assert.ok(
        Math.abs(found[i].probability - probability) < 1e-4,
        `${text.slice(0, 60)}: ${found[i].probability}, ${probability}`,
      );
    }
  }
});

Deno.test("each line gets its language, and an unusual one never fails", async () => {
  const model = await languageModel();
  assert.deepEqual(lines.slice(0, 6).map((line) => languageOf(line, model).label), [
    "en",
    "de",
    "fr",
    "ru",
    "zh",
    "es",
  ]);
  for (const line of lines) assert.ok(languageOf(line, model).probability <= 1);
});

Deno.test("the step keeps the languages asked for, labels them and counts the others", async () => {
  const all = Dataset.from(lines.slice(0, 7).map((text) => ({ text })));
  const kept = await all.language({ keep: ["en", "de"] }).toArray();
  assert.deepEqual(kept.map(({ meta }) => meta?.language), ["en", "de"]);
  const { steps } = await all.language({ keep: "en" }).stats();
  assert.deepEqual(Object.keys(steps[1].dropped).sort(), [
    "language de",
    "language es",
    "language fr",
    "language ru",
    "language zh",
    "not sure enough of a language",
  ]);
  assert.equal(String(all.language({ keep: "en" })).split("\n")[2], "  ↓ language keep en, min 0.5");
});

Deno.test("a score of exactly the threshold stays", async () => {
  const text = lines[0];
  const { probability } = languageOf(text, await languageModel());
  const count = async (min: number) => (await Dataset.from([{ text }]).language({ min }).toArray()).length;
  assert.equal(await count(probability), 1);
  assert.equal(await count(Math.min(1, probability + 0.01)), probability < 1 ? 0 : 1);
});

Deno.test("bytes that are no model are refused", async () => {
  assert.ok(await failure(() => new FastText(new Uint8Array(10))) instanceof FormatError);
  assert.match(
    (await failure(() => new FastText(new Uint8Array(40)))).message,
    /expected a fastText model of version 12/,
  );
});

Deno.test("cached words change no result: marks, halves of pairs, and more words than the cache holds", async () => {
  const odd = [
    "\ufeffabc abc",
    "abc",
    "x\ud800 y\udc00z",
    "x\ufffd",
    "\ufffd",
    "caf\u00e9 \ufeff",
    `${"long".repeat(40)} and ${"other".repeat(40)}`,
  ];
  const model = await languageModel();
  const before = odd.map((text) => model.predict(text, 3));
  for (let i = 0; i < 3; i++) {
    const many = Array.from({ length: 60_000 }, (_, n) => `w${i}q${n}`).join(" ");
    assert.equal(model.predict(many).length, 1);
    assert.deepEqual(odd.toReversed().map((text) => model.predict(text, 3)).toReversed(), before);
  }
});
