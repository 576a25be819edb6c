import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { failure } from "../fixtures.ts";

Deno.test("Moby Dick has 135 chapters", async () => {
  const chapters = await Dataset.sample("moby-dick").toArray();
  assert.equal(chapters.length, 135);
  assert.equal(new Set(chapters.map(({ id }) => id)).size, 135);
  assert.match(chapters[0].text, /^CHAPTER 1\. Loomings\.\n\nCall me Ishmael\./);
  assert.match(chapters[134].text, /rolled on as it rolled five thousand years ago\.$/);
  assert.deepEqual(chapters[44].meta, { chapter: 45, title: "The Affidavit." });
  assert.ok(chapters.every(({ text }) => text.split(/^CHAPTER /m).length === 2));
});

Deno.test("the State of the Union has 233 speeches, each with an id of its own", async () => {
  const { records, bytes } = await Dataset.sample("sotu").stats();
  assert.equal(records, 233);
  assert.ok(bytes > 10e6 && bytes < 12e6, `${bytes}`);
  const ids = (await Dataset.sample("sotu").toArray()).map(({ id, meta }) => [id, meta?.year, meta?.name]);
  assert.equal(new Set(ids.map(([id]) => id)).size, 233);
  assert.deepEqual(ids[0], ["sotu:1790", 1790, "George Washington"]);
});

Deno.test("an unknown sample is refused with the nearest name", async () => {
  const error = await failure(() => Dataset.sample("mobydick" as "moby-dick"));
  assert.ok(error instanceof ConfigError);
  assert.match(
    error.message,
    /Cannot use Dataset\.sample\("mobydick"\): unknown sample, did you mean "moby-dick"\?/,
  );
});
