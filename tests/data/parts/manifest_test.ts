// Lines of a manifest prove a unit only while input, plan and shard are as they say.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { errorsOf, foldLines } from "../../../src/data/parts/fold_manifest.ts";
import { ManifestFolder, type ManifestLine } from "../../../src/data/parts/manifest.ts";
import { inFolder } from "../../support/folder.ts";

const unit = "0123456789abcdef";

/** Writes a shard and returns its line. */
async function written(folder: ManifestFolder, text = '{"a":1}\n'): Promise<Omit<ManifestLine, "layout">> {
  const name = folder.shardName(unit);
  await Deno.writeTextFile(`${folder.shards}${name}`, text);
  const line = {
    unit,
    inputs: [{ path: "in.jsonl", size: 5, modified: 7 }],
    range: { of: "bytes" as const, from: 0, to: 5 },
    fingerprint: "f",
    output: { name, size: text.length, digest: createHash("sha256").update(text).digest("hex") },
    documents: false,
    totals: { records: 1, bytes: 0, shortest: 0, longest: 0 },
    steps: [],
    errors: [],
  };
  await folder.write(line);
  return line;
}

Deno.test("the folder of a manifest lies beside the shards, under their name", () => {
  const at = (pattern: string) => {
    const folder = new ManifestFolder(pattern);
    return [folder.shards, folder.path, folder.shardName("u")];
  };
  assert.deepEqual(at("out/web-*.jsonl.gz"), ["out/", "out/web.jsonl.gz.manifest", "web-u.jsonl.gz"]);
  assert.deepEqual(at("*.parquet"), ["", "parquet.manifest", "u.parquet"]);
});

Deno.test("a line proves its unit until input, range, plan or shard change", () =>
  inFolder(async (path) => {
    const folder = new ManifestFolder(`${path}/x-*.jsonl`);
    const line = await written(folder);
    assert.deepEqual(await folder.units(), [unit]);
    assert.equal((await folder.proof(line))?.unit, unit);
    const others: Partial<ManifestLine>[] = [
      { fingerprint: "g" },
      { inputs: [{ path: "in.jsonl", size: 6, modified: 7 }] },
      { inputs: [{ path: "in.jsonl", size: 5, modified: 8 }] },
      { inputs: [...line.inputs, ...line.inputs] },
      { range: undefined },
      { range: { of: "bytes", from: 1, to: 5 } },
    ];
    for (const other of others) assert.equal(await folder.proof({ ...line, ...other }), undefined);
    const shard = folder.pathOf(line.output);
    await Deno.writeTextFile(shard, '{"a":2}\n');
    assert.equal(await folder.problemOf({ layout: 1, ...line }, false), undefined);
    assert.match(
      (await folder.problemOf({ layout: 1, ...line }, true))!,
      /bytes of its shard .* are not those/,
    );
    assert.equal(await folder.proof(line), undefined);
    await Deno.truncate(shard, 3);
    assert.match((await folder.problemOf({ layout: 1, ...line }, false))!, /has 3 bytes, not 8/);
    await Deno.remove(shard);
    assert.match((await folder.problemOf({ layout: 1, ...line }, false))!, /is not there/);
    await folder.remove(line);
    assert.deepEqual(await folder.units(), []);
  }));

Deno.test("a line that is cut short, of another layout or of another unit proves nothing", () =>
  inFolder(async (path) => {
    const folder = new ManifestFolder(`${path}/x-*.jsonl`);
    const line = await written(folder);
    const file = `${folder.path}/${unit}.json`;
    const text = await Deno.readTextFile(file);
    for (
      const wrong of [
        "",
        text.slice(0, -5),
        text.replace('"layout":1', '"layout":0'),
        text.replace(unit, "fedcba9876543210"),
      ]
    ) {
      await Deno.writeTextFile(file, wrong);
      assert.equal(await folder.proof(line), undefined, wrong);
    }
    await Deno.writeTextFile(file, text);
    assert.notEqual(await folder.proof(line), undefined);
  }));

Deno.test("folded counts are those of one pass, step by step; texts are those of the first unit", () => {
  const step = (kept: number, notes: Record<string, number | string>) => ({
    step: "jsonl",
    kept,
    dropped: { unreadable: 1 },
    notes,
    bytes: {},
  });
  const line = (
    records: number,
    shortest: number,
    longest: number,
    notes: Record<string, number | string>,
  ) => ({
    totals: { records, bytes: longest, shortest, longest },
    steps: [step(records, notes), step(records, {})],
  });
  const stats = foldLines([
    line(2, 10, 20, { "first unreadable": "a:1: bad", lines: 2 }),
    { totals: { records: 0, bytes: 0, shortest: Infinity, longest: 0 }, steps: [step(0, {}), step(0, {})] },
    line(3, 5, 30, { "first unreadable": "c:9: bad", lines: 3 }),
  ]);
  assert.deepEqual(stats.toJSON(), {
    records: 5,
    bytes: 50,
    shortest: 5,
    longest: 30,
    sources: [],
    steps: [
      {
        step: "jsonl",
        kept: 5,
        dropped: { unreadable: 3 },
        notes: { "first unreadable": "a:1: bad", lines: 5 },
        bytes: {},
      },
      { step: "jsonl", kept: 5, dropped: { unreadable: 3 }, notes: {}, bytes: {} },
    ],
  });
  assert.deepEqual(errorsOf([step(1, { "first unreadable": "a:1: bad" })]), [
    { step: "jsonl", reason: "unreadable", count: 1, first: "a:1: bad" },
  ]);
});
