import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/dataset.ts";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { ByteEncoder, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const notes = () =>
  Dataset.from([{ text: "first" }, { text: "a much longer second text" }, { text: "x" }, { text: "third" }], {
    name: "notes",
  })
    .filter(({ text }) => text.length > 1, { name: "long" });

Deno.test("a preview reads only when asked, only so far, and shows records and what was dropped on the way", async () => {
  const preview = notes().preview(3);
  assert.equal(
    String(preview),
    "First 3 records, not read yet: await .show()\n  from notes, records 4\n  ↓ filter long",
  );
  const records = await preview.read();
  assert.deepEqual(records.map(({ id }) => id), ["notes:1", "notes:2", "notes:4"]);
  assert.equal(
    String(preview),
    [
      "First 3 records",
      "id       bytes  text",
      "─────────────────────────────────────────",
      "notes:1  5 B    first",
      "notes:2  25 B   a much longer second text",
      "notes:4  5 B    third",
      "",
      "Steps until then",
      "  from notes, records 4  4 kept  ████████████",
      "  ↓ filter long          3 kept  █████████░░░",
      "        1 dropped: not long",
    ].join("\n"),
  );
  let reads = 0;
  const counted = Dataset.from(() => [{ text: `${++reads}` }]).preview();
  assert.equal(await counted.read(), await counted.read());
  assert.equal(reads, 1);
});

Deno.test("a preview shows conversations by turn and rows by field, and injects nothing", async () => {
  const talk = Dataset.from([{ prompt: "<b>Q</b>", completion: "A" }]).conversations().preview(1);
  await talk.read();
  assert.match(
    String(talk),
    /\nConversation 1\nuser {7}<b>Q<\/b>\nassistant {2}«A»\nmarked: the answers/,
  );
  assert.match(talk.picture().html!, /&lt;b&gt;Q&lt;\/b&gt;/);
  assert.match(talk.picture().html!, /<u [^>]*>A<\/u>/, "marked by more than colour");
  const rows = Dataset.from([{ a: 1, b: [2] }]).preview(1);
  await rows.read();
  assert.match(String(rows), /a {2}b\n.*\n1 {2}\[2\]/);
});

Deno.test("stats count records, bytes of text and what each step dropped", async () => {
  const stats = await notes().stats();
  assert.deepEqual(stats.toJSON(), {
    records: 3,
    bytes: 35,
    shortest: 5,
    longest: 25,
    sources: [],
    steps: [
      { step: "from notes, records 4", kept: 4, dropped: {}, notes: {}, bytes: {} },
      { step: "filter long", kept: 3, dropped: { "not long": 1 }, notes: {}, bytes: {} },
    ],
  });
  assert.match(String(stats), /^3 records, 35 B of text: 5 B to 25 B, mean 11\.7 B\n {2}from notes/);
  assert.equal(
    (await Dataset.from([{ text: "é灌🦙" }]).stats()).bytes,
    new TextEncoder().encode("é灌🦙").length,
  );
  assert.equal((await Dataset.from([]).stats()).records, 0);
});

Deno.test("write gives a file that reads back the same, and one for what was dropped", () =>
  inFolder(async (folder) => {
    for (const ending of ["jsonl", "jsonl.gz", "jsonl.zst"]) {
      const path = `${folder}/new/kept.${ending}`;
      const rejects = `${folder}/dropped.${ending}`;
      const stats = await notes().write(path, { rejects });
      assert.equal(stats.records, 3);
      const back = await Dataset.jsonl(path, { text: "text", id: "id", source: "source" }).toArray();
      assert.deepEqual(back, await notes().toArray());
      assert.deepEqual(await Dataset.jsonl(rejects).toArray(), [
        { step: "filter long", reason: "not long", record: { text: "x", id: "notes:3", source: "notes" } },
      ]);
    }
  }));

Deno.test("a long file is written in pieces and whole", () =>
  inFolder(async (folder) => {
    const long = Dataset.from(() =>
      Array.from({ length: 3000 }, (_, i) => ({ text: `${i} ${"灌木".repeat(i === 2000 ? 300_000 : 500)}` }))
    );
    for (const path of [`${folder}/a.jsonl`, `${folder}/a.jsonl.gz`]) {
      await long.write(path);
      assert.deepEqual(await Dataset.jsonl(path).toArray(), await long.toArray());
    }
  }));

Deno.test("a failed or aborted write leaves the earlier file, and nothing else", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    await notes().write(path);
    const before = await Deno.readTextFile(path);
    const broken = notes().map(() => {
      throw new Error("broken");
    });
    await assert.rejects(() => broken.write(path, { rejects: `${folder}/r.jsonl` }), DataError);
    await assert.rejects(() => notes().write(path, { signal: AbortSignal.abort(new Error("stop")) }), /stop/);
    assert.equal(await Deno.readTextFile(path), before);
    const nothing = Dataset.from([undefined]);
    await assert.rejects(() => nothing.write(path), /as JSON: it is undefined; remove it with filter/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.jsonl"]);
    assert.match(
      (await failure(() => notes().write(`${folder}/a.txt`))).message,
      /its name must end in \.jsonl/,
    );
    const unknown = await failure(() =>
      notes().write(path, { reject: "x" } as unknown as { rejects: string })
    );
    assert.ok(unknown instanceof ConfigError);
    assert.match(unknown.message, /did you mean "rejects"\?/);
  }));

Deno.test("every cold object says what it is in JSON", () => {
  const tokens = notes().tokenize(new ByteEncoder(), { context: 8 });
  assert.deepEqual(JSON.parse(JSON.stringify(tokens)), {
    op: "tokenize",
    context: 8,
    documentMask: false,
    vocabSize: 262,
    from: { op: "filter", name: "long", from: [{ op: "from", name: "notes", records: 4 }] },
  });
  const mix = Dataset.mix({ a: { from: Dataset.sample("sotu"), weight: 1, maxEpochs: 2 } });
  assert.deepEqual(JSON.parse(JSON.stringify(mix)), {
    op: "mix",
    seed: 42,
    from: { a: { from: { op: "sample", name: "sotu" }, weight: 1, maxEpochs: 2 } },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(notes().preview(2))), { count: 2 });
});
