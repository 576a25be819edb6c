import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { DataError } from "../../../src/base/errors.ts";
import { readBytes } from "../../../src/formats/compression/decompress.ts";
import { readLines, readText } from "../../../src/formats/records/lines.ts";
import { all, failure } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("lines end in LF or CRLF, the last one without either", () =>
  inFolder(async (folder) => {
    const cases: [string, string[]][] = [
      ["", []],
      ["one", ["one"]],
      ["one\n", ["one"]],
      ["one\r\ntwo\n\nfour", ["one", "two", "", "four"]],
      ["\ufeffmark\n", ["mark"]],
      ["\n\n", ["", ""]],
    ];
    for (const [text, expected] of cases) {
      await Deno.writeTextFile(`${folder}/a.txt`, text);
      assert.deepEqual(await all(readLines(`${folder}/a.txt`)), expected, JSON.stringify(text));
    }
  }));

Deno.test("a line longer than every chunk stays whole, and so does a character across chunks", () =>
  inFolder(async (folder) => {
    const long = "灌木é".repeat(200_001);
    await Deno.writeTextFile(`${folder}/a.txt`, `x\n${long}\ny`);
    assert.deepEqual(await all(readLines(`${folder}/a.txt`)), ["x", long, "y"]);
    assert.equal(await readText(`${folder}/a.txt`), `x\n${long}\ny`);
  }));

Deno.test("gz and zst files are unpacked, members one behind another too", () =>
  inFolder(async (folder) => {
    const parts = ["first\nsec", "ond\nthird"].map(bytes);
    await Deno.writeFile(`${folder}/a.txt.gz`, Uint8Array.from(parts.flatMap((part) => [...gzipSync(part)])));
    await Deno.writeFile(
      `${folder}/a.txt.zst`,
      Uint8Array.from(parts.flatMap((part) => [...zstdCompressSync(part)])),
    );
    for (const name of ["a.txt.gz", "a.txt.zst"]) {
      assert.deepEqual(await all(readLines(`${folder}/${name}`)), ["first", "second", "third"], name);
    }
  }));

Deno.test("packing is found by the contents, whatever the name says", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/plain.gz`, bytes("not packed"));
    await Deno.writeFile(`${folder}/packed.txt`, gzipSync("packed"));
    await Deno.writeFile(`${folder}/zstd.gz`, zstdCompressSync(bytes("Zstandard")));
    await Deno.writeFile(`${folder}/a.br`, brotliCompressSync("Brotli"));
    for (
      const [name, text] of [["plain.gz", "not packed"], ["packed.txt", "packed"], ["zstd.gz", "Zstandard"]]
    ) {
      assert.equal(await readText(`${folder}/${name}`), text);
    }
    assert.equal(await readText(`${folder}/a.br`), "Brotli");
  }));

Deno.test("files that are cut short, wrongly packed or wrongly encoded are refused by name", () =>
  inFolder(async (folder) => {
    const cases: [string, Uint8Array, RegExp][] = [
      ["cut.gz", gzipSync(bytes("text ".repeat(1000))).subarray(0, 40), /cut\.gz: Cannot unpack the file/],
      [
        "cut.zst",
        zstdCompressSync(bytes("text ".repeat(1000))).subarray(0, 20),
        /cut\.zst: Cannot unpack the file/,
      ],
      [
        "tail.zst",
        Uint8Array.from([...zstdCompressSync(bytes("text")), 1, 2, 3, 4, 5]),
        /Cannot unpack the file/,
      ],
      ["damaged.gz", Uint8Array.of(0, 1, 2, 3), /damaged\.gz: Cannot unpack the file/],
      ["a.bz2", bytes("BZh91AY&SY"), /a\.bz2: Cannot unpack the file/],
      [
        "a.txt",
        Uint8Array.of(...bytes("7z"), 0xbc, 0xaf, 0x27, 0x1c),
        /a\.txt: Cannot read \.7z files: unpack it first, such as with `7z x`/,
      ],
      [
        "latin.txt",
        Uint8Array.of(72, 0xe9, 10),
        /latin\.txt: Cannot read the file as utf-8.*encoding: "latin1"/,
      ],
    ];
    for (const [name, content, message] of cases) {
      await Deno.writeFile(`${folder}/${name}`, content);
      const error = await failure(() => readText(`${folder}/${name}`));
      assert.ok(error instanceof DataError, name);
      assert.match(error.message, message);
    }
    assert.equal(await readText(`${folder}/latin.txt`, { encoding: "latin1" }), "Hé\n");
  }));

Deno.test("leaving a file early closes it, and a long one comes whole", () =>
  inFolder(async (folder) => {
    const text = bytes("text\n".repeat(500_000));
    await Deno.writeFile(`${folder}/a.gz`, gzipSync(text));
    await Deno.writeFile(`${folder}/a.zst`, zstdCompressSync(text));
    for (const path of [`${folder}/a.gz`, `${folder}/a.zst`]) {
      for await (const chunk of readBytes(path)) {
        assert.ok(chunk.length > 0);
        break;
      }
      const sizes = (await all(readBytes(path))).map((chunk) => chunk.length);
      assert.equal(sizes.reduce((sum, size) => sum + size, 0), text.length);
    }
  }));
