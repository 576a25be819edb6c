import assert from "node:assert/strict";
import { Dataset } from "../../src/data/dataset.ts";

const texts = async (list: string[], by?: "document" | "line" | "paragraph") =>
  (await Dataset.from(list.map((text) => ({ text }))).dedup({ by }).toArray()).map(({ text }) => text);

Deno.test("whole documents: the first of equal texts stays", async () => {
  const long = "y".repeat(100);
  assert.deepEqual(await texts(["a", long, "b", "a", long, `${long} `]), ["a", long, "b", `${long} `]);
});

Deno.test("lines seen before are cut, blank ones stay, and a document of which nothing is left goes", async () => {
  assert.deepEqual(await texts(["one\ntwo\n\nthree", "two\nfour\none", "one\ntwo", "five\nfive"], "line"), [
    "one\ntwo\n\nthree",
    "four",
    "five",
  ]);
});

Deno.test("paragraphs seen before are cut with the border before them", async () => {
  assert.deepEqual(await texts(["a\nb\n\nc", "c\n \n\nd\n\na\nb\n\ne", "a\n\nc"], "paragraph"), [
    "a\nb\n\nc",
    "d\n\ne",
    "a",
  ]);
});

Deno.test("what was dropped and shortened is counted", async () => {
  const stats = await Dataset.from([{ text: "a\nb" }, { text: "b\nc" }, { text: "a" }]).dedup({ by: "line" })
    .stats();
  const step = stats.steps.find(({ step }) => step.startsWith("dedup"));
  assert.deepEqual(step, {
    step: "dedup by line",
    kept: 2,
    dropped: { "no new line": 1 },
    notes: { "documents shortened": 1 },
    bytes: {},
  });
});
