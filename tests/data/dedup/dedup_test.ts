import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import type { DedupOptions } from "../../../src/data/dedup/dedup.ts";
import type { Document } from "../../../src/data/document.ts";
import { comparable, plainLine } from "../../../src/data/text/normalize.ts";
import { memoryPlan } from "../../../src/data/io/in_memory.ts";
import type { DatasetPlan } from "../../../src/data/plan/plan.ts";

const texts = async (list: string[], by?: "document" | "line" | "paragraph") =>
  (await Dataset.from(list.map((text) => ({ text }))).dedup({ by }).toArray()).map(({ text }) => text);

Deno.test("whole documents: the first of equal texts stays", async () => {
  const long = "y".repeat(100);
  assert.deepEqual(await texts(["a", long, "b", "a", long, `${long} `]), ["a", long, "b", `${long} `]);
});

Deno.test("lines seen before are removed, blank ones stay, and a document that becomes empty is dropped", async () => {
  assert.deepEqual(await texts(["one\ntwo\n\nthree", "two\nfour\none", "one\ntwo", "five\nfive"], "line"), [
    "one\ntwo\n\nthree",
    "four",
    "five",
  ]);
});

Deno.test("paragraphs seen before are removed with the separator before them", async () => {
  assert.deepEqual(await texts(["a\nb\n\nc", "c\n \n\nd\n\na\nb\n\ne", "a\n\nc"], "paragraph"), [
    "a\nb\n\nc",
    "d\n\ne",
    "a",
  ]);
});

Deno.test("dropped and shortened documents are counted", async () => {
  const stats = await Dataset.from([{ text: "a\nb" }, { text: "b\nc" }, { text: "a" }]).dedup({ by: "line" })
    .stats();
  const step = stats.steps.find(({ step }) => step.startsWith("dedup"));
  assert.deepEqual(step, {
    step: "dedup by line",
    kept: 2,
    dropped: { "no new line": 1 },
    notes: { "documents shortened": 1, "characters cut": 2 },
    bytes: {},
  });
});

/** Returns the texts that stay after a deduplication; a document may name the file that it comes from. */
async function after(documents: (string | [string, string])[], options: DedupOptions): Promise<string[]> {
  const records = documents.map((item, i) => {
    const [text, file] = typeof item === "string" ? [item, "a"] : item;
    return { text, id: `${i}`, source: file, file };
  });
  const plan = memoryPlan(records);
  const inFiles: DatasetPlan<Document> = {
    ...plan,
    async *open(reading) {
      for await (const entry of plan.open(reading)) yield { ...entry, place: { file: entry.value.source } };
    },
  };
  return (await new Dataset(inFiles).dedup(options).toArray()).map(({ text }) => text);
}

const ccnet: DedupOptions = { by: "line", normalize: "ccnet", keep: "none" };

Deno.test("CCNet's vectors: one pass keeps the first copy, two passes none", async () => {
  const documents = ["_Hello\n_World\nI'm so original", "_world\nI'm originaler\n_Hello"];
  assert.deepEqual(await after(documents, { ...ccnet, keep: "first" }), [documents[0], "I'm originaler"]);
  assert.deepEqual(await after(documents, ccnet), ["I'm so original", "I'm originaler"]);
  assert.deepEqual((await after(documents.toReversed(), ccnet)).toReversed(), await after(documents, ccnet));
});

Deno.test("CCNet's normal form: digits, case, control characters and Unicode punctuation do not count, accents do", async () => {
  const same = [
    ["12 items", "99 items"],
    ["Hello", "hELLO "],
    ["٣ words", "7 words"],
    ["well—known…", "wellknown"],
    ["a\tb", "ab"],
    ["２５", "00"],
  ];
  const different = [["Café", "Cafe"], ["a.", "a"], ["1", "11"], ["a b", "ab"]];
  for (const [a, b] of same) assert.deepEqual(await after([a, b, "x"], ccnet), ["x"], `${a} = ${b}`);
  for (const [a, b] of different) assert.deepEqual(await after([a, b], ccnet), [a, b], `${a} is not ${b}`);
  assert.equal(comparable("A１B"), "a0b");
  assert.equal(plainLine(" Ünï—2\nＡ…"), "uni - 0ａ...");
});

Deno.test("a unit repeated within one document only keeps its first copy; blank lines go once two documents have one", async () => {
  assert.deepEqual(await after(["a\nb\na", "c"], ccnet), ["a\nb", "c"]);
  assert.deepEqual(await after(["a\n\nb", "c\n\nd", "e\nf"], ccnet), ["a\nb", "c\nd", "e\nf"]);
  assert.deepEqual(await after(["a\n\n\nb"], ccnet), ["a\n\nb"]);
});

Deno.test("a scope of files forgets what other groups held", async () => {
  const documents: [string, string][] = [["x", "1"], ["x", "2"], ["x\ny", "3"], ["x", "4"], ["z", "5"], [
    "x",
    "5",
  ]];
  assert.deepEqual(await after(documents, { by: "line" }), ["x", "y", "z"]);
  assert.deepEqual(await after(documents, { by: "line", scope: 2 }), ["x", "x\ny", "z", "x"]);
  assert.deepEqual(await after(documents, { by: "line", scope: 2, keep: "none" }), ["y", "z", "x"]);
  assert.deepEqual(await after(documents, { by: "line", scope: 3, keep: "none" }), ["y", "z"]);
});

Deno.test("documents of another dataset count as seen", async () => {
  const test = Dataset.from([{ text: "secret\nx" }], { name: "test" });
  assert.deepEqual(await after(["a\nsecret", "b"], { by: "line", against: test }), ["a", "b"]);
  assert.deepEqual(await after(["a\nsecret", "b\na"], { by: "line", against: test, keep: "none" }), ["b"]);
  const some = Dataset.from([{ text: "a" }]);
  assert.match(String(some.dedup({ against: test })), /dedup by document, against from test, records 1/);
  assert.notEqual(
    some.dedup({ against: test }).fingerprint,
    some.dedup({ against: test.take(1) }).fingerprint,
  );
});

for (const memory of [1 << 28, 1 << 16]) {
  Deno.test(`the lines that stay are those of a set, ${memory > 1e6 ? "in memory" : "spilled to disk"}`, async () => {
    const random = new Random(5);
    const documents = Array.from(
      { length: 2000 },
      () => Array.from({ length: 40 }, () => `line ${Math.floor(random.uniform() ** 2 * 60_000)}`).join("\n"),
    );
    const kept = (await after(documents, { by: "line", memory })).join("\n").split("\n");
    assert.deepEqual(kept, [...new Set(documents.join("\n").split("\n"))]);
  });
}

Deno.test("options that do not belong together are refused", () => {
  const some = Dataset.from([{ text: "a" }]);
  const cases: [DedupOptions, RegExp][] = [
    [{ by: "line", threshold: 0.5 }, /dedup\.threshold: needs by: "near"/],
    [{ by: "near", scope: 3 }, /dedup\.scope: must be left out/],
    [{ by: "line", keep: "longest" }, /dedup\.keep: must be "first" or "none" unless by is "near"/],
    [{ by: "near", keep: "none" }, /dedup\.keep: must be "first" or "longest"/],
    [{ against: [1] as never }, /dedup\.against: must be a Dataset/],
  ];
  for (const [options, message] of cases) assert.throws(() => some.dedup(options), message);
});
