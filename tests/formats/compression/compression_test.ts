import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import tar from "tar-stream";
import { DataError } from "../../../src/base/errors.ts";
import { concat } from "../../../src/formats/bytes.ts";
import { readBytes } from "../../../src/formats/compression/decompress.ts";
import { findParquet } from "../../../src/formats/records/parquet.ts";
import { unbzip2, unxz } from "../../../src/formats/compression/bzip2_xz.ts";
import { findTar } from "../../../src/formats/records/tar.ts";
import { all, failure } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";
import { canRun, needs } from "../../support/needs.ts";

/** "first\n" and "second\n", each compressed by itself, concatenated, in base64. */
const packed = {
  bz2:
    "QlpoOTFBWSZTWRPK/Y0AAADBgAAQASAcACAAIYAMAycu4u5IpwoSAnlfsaBCWmg5MUFZJlNZltpZzwAAA0GAABAOAYgAIAAxDAENManOAHi7kinChIS20s54",
  xz:
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAFZmlyc3QKAAAASSUjpAqKAooAAR4GwS+kHR+2830BAAAAAARZWv03elhaAAAE5ta0RgIAIQEWAAAAdC/lowEABnNlY29uZAoAADG9t/lcwPFtAAEfBxYuuHMftvN9AQAAAAAEWVo=",
};

async function pack(program: string, text: string): Promise<Uint8Array> {
  const child = new Deno.Command(program, { args: ["-c"], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return (await child.output()).stdout;
}

const textOf = async (chunks: AsyncIterable<Uint8Array>) =>
  new TextDecoder().decode(concat(await all(chunks)));

for (const [kind, program, library] of [["bz2", "bzip2", unbzip2], ["xz", "xz", unxz]] as const) {
  const installed = needs(await canRun(program, "--version"), `there is no ${program}`);

  Deno.test(`.${kind} files of several members are unpacked by the library`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/a.${kind}`;
      const bytes = Uint8Array.from(atob(packed[kind]), (c) => c.charCodeAt(0));
      await Deno.writeFile(path, bytes);
      assert.equal(await textOf(library(path)), "first\nsecond\n");
      await Deno.writeFile(path, bytes.subarray(0, bytes.length - 9));
      await assert.rejects(textOf(library(path)));
    }));

  Deno.test(
    `.${kind} files of several members are unpacked by the program${installed.reason}`,
    installed,
    () =>
      inFolder(async (folder) => {
        const path = `${folder}/a.${kind}`;
        const bytes = concat([await pack(program, "first\n"), await pack(program, "second\n")]);
        await Deno.writeFile(path, bytes);
        assert.equal(await textOf(readBytes(path)), "first\nsecond\n");
        for await (const _ of readBytes(path)) {
          await new Promise((done) => setTimeout(done, 200)); // the program has ended when the reader leaves
          break;
        }
        await Deno.writeFile(path, bytes.subarray(0, bytes.length - 9));
        assert.ok(await failure(() => textOf(readBytes(path))) instanceof DataError);
      }),
  );
}

for (const [kind, pack] of [["gz", gzipSync], ["zst", zstdCompressSync]] as const) {
  Deno.test(`a .${kind} file that unpacks to absurdly much is refused before it fills anything`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/bomb.${kind}`;
      const member = pack(new Uint8Array(1 << 26));
      await Deno.writeFile(path, concat(Array.from({ length: 16 }, () => member)));
      let bytes = 0;
      const error = await failure(async () => {
        for await (const chunk of readBytes(path)) bytes += chunk.length;
      });
      assert.match(
        error.message,
        /bomb\.\w+: Cannot unpack the file: it unpacks to more than 500 times its \d+ bytes/,
      );
      assert.ok(bytes < 700e6, `${bytes} bytes were unpacked`);
    }));
}

Deno.test("LZ4 is unpacked by its program, or refused with the command", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.txt`; // the frame is known by its contents
    const frame = "BCJNGGRApwgAAIBsejQgcm93CgAAAADmQEkI";
    await Deno.writeFile(path, Uint8Array.from(atob(frame), (c) => c.charCodeAt(0)));
    if (await canRun("lz4", "--version")) assert.equal(await textOf(readBytes(path)), "lz4 row\n");
    else {assert.match(
        (await failure(() => textOf(readBytes(path)))).message,
        /it is LZ4; unpack it first with `lz4 -d`/,
      );}
  }));

Deno.test("Parquet rows come group by group, with numbers and nested values", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.parquet`;
    const count = 10_000;
    const columnData = [
      {
        name: "text",
        data: Array.from({ length: count }, (_, i) => `text ${i} 灌`),
        type: "STRING" as const,
      },
      { name: "n", data: Array.from({ length: count }, (_, i) => BigInt(i)), type: "INT64" as const },
    ];
    await Deno.writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3000 })));
    const rows = await all(findParquet(path));
    assert.equal(rows.length, count);
    assert.deepEqual(rows[9_999], { value: { text: "text 9999 灌", n: 9999 } });
    assert.deepEqual((await all(findParquet(path, ["n"])))[4], { value: { n: 4 } });
    await Deno.writeTextFile(path, "no parquet at all, only text");
    assert.match(
      (await failure(() => all(findParquet(path)))).message,
      /a\.parquet: Cannot read the file as Parquet/,
    );
  }));

Deno.test("tar files are read without being written; names that leave the folder are problems", () =>
  inFolder(async (folder) => {
    const archive = tar.pack();
    archive.entry({ name: "a/one.txt" }, "1");
    archive.entry({ name: "a/", type: "directory" });
    archive.entry({ name: "../../etc/passwd" }, "x");
    archive.entry({ name: "/abs" }, "x");
    archive.entry({ name: "link", type: "symlink", linkname: "/etc/passwd" });
    archive.entry({ name: "a/..b.txt" }, "2");
    archive.finalize();
    const bytes = concat(await all(archive as AsyncIterable<Uint8Array>));
    await Deno.writeFile(`${folder}/a.tar.gz`, gzipSync(bytes));
    const found = await all(findTar(`${folder}/a.tar.gz`));
    assert.deepEqual(found.map((item) => "problem" in item ? item.problem : item.value.name), [
      "a/one.txt",
      "a name that leaves its folder: ../../etc/passwd",
      "a name that leaves its folder: /abs",
      "a link: link to /etc/passwd",
      "a/..b.txt",
    ]);
    await Deno.writeFile(`${folder}/cut.tar`, bytes.subarray(0, 700));
    assert.ok(await failure(() => all(findTar(`${folder}/cut.tar`))) instanceof DataError);
    await Deno.writeFile(`${folder}/no.tar`, new Uint8Array(2048).fill(65));
    assert.ok(await failure(() => all(findTar(`${folder}/no.tar`))) instanceof DataError);
  }));
