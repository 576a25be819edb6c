import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { isBrokenRecord } from "../../../src/formats/record_or_error.ts";
import { findParquet, parquetRanges } from "../../../src/formats/records/parquet.ts";
import { all, failure } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

/** A table that pyarrow wrote: binary, decimals of 9, 20 and 38 digits, times, nested lists (tests/reference/parquet.py). */
const table =
  "UEFSMRUAFRoVLCwVBBUAFQYVBhwAAAAotS/9IA1pAAACAAAAAwEDAAAAAP8AFQAVIhU0LBUEFQAVBhUGHAAAACi1L/0gEYkAAAIA" +
  "AAAEAQMAAADngYwAAAAAFQAVLBU+LBUEFQAVBhUGHAAAACi1L/0gFrEAAAIAAAAEAQEAAAAAACAA+/////////8VABUsFT4sFQQV" +
  "ABUGFQYcAAAAKLUv/SAWsQAAAgAAAAQB//////////8BAAAAAAAAABUAFRwVLiwVBBUAFQYVBhwAAAAotS/9IA5xAAACAAAABAEA" +
  "AABu////HxUAFTAVQiwVBBUAFQYVBhwAAAAotS/9IBjBAAACAAAABAEAESIQ9H3pgRX///////////sVABVMFUwsFQQVABUGFQYc" +
  "AAAAKLUv/SAm7QAAuAIAAAAEAQeF7hDV2kbZAPQ2oAAAAAD/AQA70AQVABUcFS4sFQQVABUGFQYcAAAAKLUv/SAOcQAAAgAAAAMB" +
  "A9kgyIwBAAAVABUsFT4sFQQVABUGFQYcAAAAKLUv/SAWsQAAAgAAAAQBgLVPwO0NBgAY/P///////xUAFSgVOiwVBhUAFQYVBhwA" +
  "AAAotS/9IBShAAADAAAAAwQABAAAAAMdAAABAAAAYRUAFR4VMCwVBBUAFQYVBhwAAAAotS/9IA95AAADAAAAAwYAAQAAAAAAAAAV" +
  "ABUsFT4sFQQVABUGFQYcAAAAKLUv/SAWsQAAAgAAAAQABAAAAAMUAAAAAAAAAAAAEBUEGfwUNQAYBnNjaGVtYRUWABUMJQIYBWJ5" +
  "dGVzABUMJQIYBHRleHQlAEwcAAAAFQQlAhgDaTY0ABUEJQIYA3U2NCUcTKwTQBIAAAAVDhUIFQIYAmQ5JQoVBBUSLFwVBBUSAAAA" +
  "FQ4VEhUCGANkMjAlChUEFSgsXBUEFSgAAAAVDhUgFQIYA2QzOCUKFQAVTCxcFQAVTAAAABUEJQIYAm1zJRJMjBIcHAAAAAAAFQQl" +
  "AhgCdXMlFEyMEhwsAAAAAAA1AhgEbGlzdBUCFQZMPAAAADUEGARsaXN0FQIANQIYB2VsZW1lbnQVAhUGTDwAAAA1BBgEbGlzdBUC" +
  "ABUMJQIYB2VsZW1lbnQlAEwcAAAANQIYBnN0cnVjdBUEABUEJQIYAWEANQIYAWIVAhUGTDwAAAA1BBgEbGlzdBUCABUEJQIYB2Vs" +
  "ZW1lbnQAFgQZHBnMJgAcFQwZJQYAGRgFYnl0ZXMVDBYEFkAWUiYISRwVABUAFQIAPBYGGQYZJgICAAAAJgAcFQwZJQYAGRgEdGV4" +
  "dBUMFgQWSBZaJlpJHBUAFQAVAgA8FgYZBhkmAAQAAAAmABwVBBklBgAZGANpNjQVDBYEFlIWZCa0AUkcFQAVABUCADwpBhkmAAQA" +
  "AAAmABwVBBklBgAZGAN1NjQVDBYEFlIWZCaYAkkcFQAVABUCADwpBhkmAAQAAAAmABwVDhklBgAZGAJkORUMFgQWQhZUJvwCSRwV" +
  "ABUAFQIAPCkGGSYABAAAACYAHBUOGSUGABkYA2QyMBUMFgQWVhZoJtADSRwVABUAFQIAPCkGGSYABAAAACYAHBUOGSUGABkYA2Qz" +
  "OBUMFgQWchZyJrgESRwVABUAFQIAPCkGGSYABAAAACYAHBUEGSUGABkYAm1zFQwWBBZCFlQmqgVJHBUAFQAVAgA8KQYZJgICAAAA" +
  "JgAcFQQZJQYAGRgCdXMVDBYEFlIWZCb+BUkcFQAVABUCADwpBhkmAAQAAAAmABwVDBklBgAZWARsaXN0BGxpc3QHZWxlbWVudARs" +
  "aXN0B2VsZW1lbnQVDBYGFk4WYCbiBkkcFQAVABUCADwWAhk2BAIAGWYCAAACAAIAAAAmABwVBBklBgAZKAZzdHJ1Y3QBYRUMFgQW" +
  "RBZWJsIHSRwVABUAFQIAPCkGGTYAAgIAAAAmABwVBBklBgAZSAZzdHJ1Y3QBYgRsaXN0B2VsZW1lbnQVDBYEFlIWZCaYCEkcFQAV" +
  "ABUCADwpJgQAGVYAAAIAAgAAABauBxYEJggW9AgAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRnMHAAAHAAAHAAA" +
  "HAAAHAAAHAAAHAAAHAAAHAAAHAAAHAAAHAAAAAUEAABQQVIx";

Deno.test("values are exact: bytes, long integers, decimals, times, nested lists", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.parquet`, Uint8Array.from(atob(table), (c) => c.charCodeAt(0)));
    const rows = (await all(findParquet(`${folder}/a.parquet`))).map((item) =>
      isBrokenRecord(item) ? item : item.value
    );
    assert.deepEqual(rows, [
      {
        bytes: Uint8Array.of(0, 255, 0),
        text: "灌",
        i64: "9007199254740993",
        u64: "18446744073709551615",
        d9: 1.1,
        d20: "12345678901234567.89",
        d38: "10000000000000000000000000000000000000",
        ms: new Date("2024-01-02T03:04:05.123Z"),
        us: "2024-01-02T03:04:05.123456Z",
        list: [["a"], []],
        struct: { a: 1, b: ["1152921504606846976"] },
      },
      {
        bytes: null,
        text: "",
        i64: -5,
        u64: 1,
        d9: -2.25,
        d20: "-0.05",
        d38: "-1",
        ms: null,
        us: new Date("1969-12-31T23:59:59.999Z"),
        list: null,
        struct: { a: null, b: [] },
      },
    ]);
  }));

Deno.test("a damaged row group is one broken record, and the others are read", () =>
  inFolder(async (folder) => {
    const count = 3000;
    const columnData = [
      { name: "n", data: Array.from({ length: count }, (_, i) => i * 1.5), type: "DOUBLE" as const },
    ];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1000 }));
    const middle = Math.floor(bytes.length / 2);
    await Deno.writeFile(`${folder}/a.parquet`, bytes.fill(7, middle - 100, middle + 100));
    const found = await all(findParquet(`${folder}/a.parquet`));
    const broken = found.filter(isBrokenRecord);
    assert.equal(broken.length, 1);
    assert.match(broken[0].problem, /rows 1001 to 2000 of row group 2 cannot be read/);
    assert.equal(found.length - broken.length, 2000);
  }));

Deno.test("a page that claims absurdly many bytes is refused before it is unpacked", () =>
  inFolder(async (folder) => {
    const columnData = [{ name: "t", data: ["x".repeat(40 << 20)], type: "STRING" as const }];
    const compressors = { GZIP: (bytes: Uint8Array) => gzipSync(bytes) };
    const bomb = parquetWriteBuffer({ columnData, codec: "GZIP", compressors });
    await Deno.writeFile(`${folder}/a.parquet`, new Uint8Array(bomb));
    const [found] = await all(findParquet(`${folder}/a.parquet`));
    assert.match(
      isBrokenRecord(found) ? found.problem : "",
      /a page unpacks to \d+ bytes, more than 500 times its size/,
    );
    await Deno.writeTextFile(`${folder}/b.parquet`, "PAR1 and no more PAR1");
    assert.match((await failure(() => all(findParquet(`${folder}/b.parquet`)))).message, /as Parquet/);
  }));

Deno.test("columns that are read side by side keep their own bytes", () =>
  inFolder(async (folder) => {
    const count = 20_000;
    const columnData = ["a", "b"].map((name) => ({
      name,
      data: Array.from({ length: count }, (_, i) => `${name} ${i} `.padEnd(150, `${(i * 7919) % 100_003} `)),
      type: "STRING" as const,
    }));
    const bytes = parquetWriteBuffer({ columnData, codec: "UNCOMPRESSED", rowGroupSize: count });
    await Deno.writeFile(`${folder}/a.parquet`, new Uint8Array(bytes));
    let rows = 0;
    for await (const found of findParquet(`${folder}/a.parquet`)) {
      assert.ok(!isBrokenRecord(found), JSON.stringify(found));
      const { a, b } = found.value;
      if (a === columnData[0].data[rows] && b === columnData[1].data[rows]) rows++;
    }
    assert.equal(rows, count);
  }));

Deno.test("a text that is not UTF-8 stays bytes; a name that stands twice is refused", () =>
  inFolder(async (folder) => {
    const column = (name: string, value: string) => ({ name, data: [value, "ok"], type: "STRING" as const });
    const path = `${folder}/a.parquet`;
    const written = (...columnData: ReturnType<typeof column>[]) =>
      new Uint8Array(parquetWriteBuffer({ columnData, codec: "UNCOMPRESSED" }));
    await Deno.writeFile(path, written(column("t", "caf~")).map((byte) => byte === 0x7e ? 0xe9 : byte));
    assert.deepEqual((await all(findParquet(path))).map((item) => "value" in item && item.value), [
      { t: Uint8Array.of(0x63, 0x61, 0x66, 0xe9) },
      { t: "ok" },
    ]);
    await Deno.writeFile(
      path,
      written(column("t", "a"), column("~", "b")).map((byte) => byte === 0x7e ? 0x74 : byte),
    );
    assert.match((await failure(() => all(findParquet(path)))).message, /as Parquet: it names "t" twice/);
  }));

Deno.test("ranges of row groups hold every row once, with its number", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.parquet`;
    const data = Array.from({ length: 100 }, (_, n) => `row ${n} ${n * 7919 % 1000}`);
    await Deno.writeFile(
      path,
      new Uint8Array(
        parquetWriteBuffer({ columnData: [{ name: "text", data, type: "STRING" }], rowGroupSize: 9 }),
      ),
    );
    const { size } = await Deno.stat(path);
    for (const bytes of [1, Math.floor(size / 4)]) {
      const ranges = await parquetRanges(path, bytes);
      assert.ok(
        bytes === 1 ? ranges.length === 12 : ranges.length > 1 && ranges.length < 12,
        `${ranges.length}`,
      );
      const found = [];
      for (const range of ranges) found.push(...await Array.fromAsync(findParquet(path, undefined, range)));
      assert.deepEqual(found, data.map((text, i) => ({ value: { text }, line: i + 1 })));
    }
    assert.deepEqual(await parquetRanges(path, size), []);
    await Deno.writeTextFile(path, "PAR1 but nothing else");
    assert.deepEqual(await parquetRanges(path, 3), [], "its reading reports the damage");
  }));
