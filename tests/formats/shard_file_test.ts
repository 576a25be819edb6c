import assert from "node:assert/strict";
import { FormatError } from "../../src/base/errors.ts";
import { ShardReader, ShardWriter } from "../../src/formats/shard_file.ts";
import { failure } from "../data/fixtures.ts";
import { inFolder } from "../support/folder.ts";

const header = { kind: "ids", recordBytes: 2, vocabSize: 300 };

function write(path: string, values: number[], parts = 1): void {
  const writer = new ShardWriter(path, header);
  const size = Math.ceil(values.length / parts);
  for (let i = 0; i < values.length; i += size) writer.append(Uint16Array.from(values.slice(i, i + size)));
  assert.equal(writer.records, values.length);
  writer.finish();
}

Deno.test("records come back from any place, also when they pass the write buffer", () =>
  inFolder((folder) => {
    const values = Array.from({ length: 700_001 }, (_, i) => (i * 7919) % 300);
    write(`${folder}/a`, values, 13);
    const reader = new ShardReader(`${folder}/a`, header);
    assert.equal(reader.records, values.length);
    for (const [start, count] of [[0, 5], [524_280, 50], [699_990, 11], [3, 0]]) {
      const found = new Uint16Array(reader.read(start, count).buffer);
      assert.deepEqual([...found], values.slice(start, start + count));
    }
    reader.close();
  }));

Deno.test("a shard that is cut, unfinished, foreign or missing does not open", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a`;
    write(path, [1, 2, 3, 4, 5]);
    const good = await Deno.readFile(path);
    const changed = (offset: number, byte: number) => good.with(offset, byte);
    const cases: [Uint8Array, number | undefined, RegExp][] = [
      [good.subarray(0, good.length - 1), 32, /file size in bytes 74, but it is 73/],
      [good.subarray(0, 20), 20, /a header of 64 bytes/],
      [new Uint8Array(0), 0, /a header of 64 bytes/],
      [changed(0, 88), 0, /the mark LLAMEROS/],
      [changed(8, 9), 8, /format version 1, but it is 9/],
      [changed(12, 4), 12, /record bytes 2, but it is 4/],
      [changed(16, 73), 16, /kind ids, but it is "Ids"/],
      [changed(40, 0), 40, /vocabulary size 300/],
      [changed(32, 6), 32, /file size in bytes 76/],
    ];
    for (const [bytes, offset, message] of cases) {
      await Deno.writeFile(path, bytes);
      const error = await failure(() => new ShardReader(path, header));
      assert.ok(error instanceof FormatError);
      assert.match(error.message, message);
      assert.equal(error.offset, offset);
      assert.equal(error.file, path);
    }
    const writer = new ShardWriter(path, header);
    writer.append(Uint16Array.of(1, 2));
    writer.abandon();
    assert.match((await failure(() => new ShardReader(path, header))).message, /its writer never finished/);
    const gone = await failure(() => new ShardReader(`${folder}/gone`, header));
    assert.ok(gone instanceof FormatError);
    assert.match(gone.message, /it is missing, delete its folder/);
  }));

Deno.test("a file that shrinks while it is open is noticed", () =>
  inFolder(async (folder) => {
    write(`${folder}/a`, [1, 2, 3, 4, 5]);
    const reader = new ShardReader(`${folder}/a`, header);
    await Deno.truncate(`${folder}/a`, 70);
    const error = await failure(() => reader.read(0, 5));
    reader.close();
    assert.ok(error instanceof FormatError);
    assert.equal(error.offset, 70);
  }));
