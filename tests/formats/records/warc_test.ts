import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { concat } from "../../../src/formats/bytes.ts";
import { isBrokenRecord } from "../../../src/formats/record_or_error.ts";
import { findWarc } from "../../../src/formats/records/warc.ts";
import { all } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function record(
  type: string,
  body: string,
  { length = encode(body).length, line = "\r\n" } = {},
): Uint8Array {
  const head = [
    "WARC/1.0",
    `Content-Length: ${length}`,
    "X-Folded: a",
    "  b",
    `warc-TYPE: ${type}`,
    "WARC-Target-URI: u",
  ];
  return encode(`${head.join(line)}${line}${line}${body}\r\n\r\n`);
}

async function read(folder: string, parts: Uint8Array[], type?: string): Promise<string[]> {
  const path = `${folder}/a.warc.gz`;
  await Deno.writeFile(path, concat(parts.map((part) => gzipSync(part))));
  const text = new TextDecoder();
  return (await all(findWarc(path, type))).map((item) =>
    isBrokenRecord(item) ? `! ${item.problem}` : text.decode(item.value.body)
  );
}

Deno.test("records are found by their headers and lengths in bytes, over gzip members", () =>
  inFolder(async (folder) => {
    const page = "Zürich\r\n\r\nWARC/1.0 is a format\n\n";
    const parts = [
      record("warcinfo", "x: y"),
      record("conversion", page),
      record("conversion", "", {}),
      record("conversion", "z", { line: "\n" }),
    ];
    assert.deepEqual(await read(folder, parts, "conversion"), [page, "", "z"]);
    assert.deepEqual(await read(folder, [concat(parts)]), ["x: y", page, "", "z"]);
    const [first] = await all(findWarc(`${folder}/a.warc.gz`));
    assert.deepEqual(!isBrokenRecord(first) && first.value.headers, {
      "content-length": "4",
      "x-folded": "a b",
      "warc-type": "warcinfo",
      "warc-target-uri": "u",
    });
  }));

Deno.test("where no record begins, reading goes on at the next one", () =>
  inFolder(async (folder) => {
    const good = record("conversion", "good");
    const junk = encode("junk\r\n\r\nmore junk\n");
    assert.deepEqual(await read(folder, [junk, good]), [
      "! no WARC record at byte 0 of the unpacked file",
      "good",
    ]);
    const wrong = record("conversion", "four", { length: 2 });
    const found = await read(folder, [good, wrong, good, record("conversion", "cut", { length: 999 })]);
    assert.deepEqual(found.map((text) => text.replace(/\d{2,}/, "N")), [
      "good",
      "fo",
      "! no WARC record at byte N of the unpacked file",
      "good",
      "! a record at byte N that is cut short",
    ]);
    const huge = await read(folder, [record("conversion", "x", { length: 99e9 }), good], "conversion");
    assert.match(huge[0], /cut short/);
    const noise = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251);
    assert.equal((await read(folder, [noise, encode("\n"), good])).at(-1), "good");
  }));

Deno.test("a damaged member is one broken record, and the members around it are read", () =>
  inFolder(async (folder) => {
    const members = ["first", "second", "third"].map((text) =>
      gzipSync(record("conversion", text.repeat(50)))
    );
    const texts = ["first", "second", "third"].map((text) => text.repeat(50));
    const path = `${folder}/a.warc.gz`;
    const show = async () => {
      const found = await all(findWarc(path));
      return found.map((item) => isBrokenRecord(item) ? "!" : new TextDecoder().decode(item.value.body));
    };
    for (const at of [0, 3, 11, 40, members[1].length - 6]) {
      await Deno.writeFile(
        path,
        concat([members[0], members[1].map((byte, i) => i === at ? byte ^ 0xff : byte), members[2]]),
      );
      assert.deepEqual(await show(), [texts[0], "!", texts[2]], `byte ${at}`);
    }
    // A record that goes over two members, of which the second is damaged, is lost with it.
    const whole = record("conversion", texts[1]);
    const halves = [whole.subarray(0, 200), whole.subarray(200)].map((half) => gzipSync(half));
    await Deno.writeFile(path, concat([members[0], halves[0], halves[1].fill(0, 10, 20), members[2]]));
    assert.deepEqual(await show(), [texts[0], "!", texts[2]]);
    await Deno.writeFile(path, concat([members[0], members[1].subarray(0, 30)]));
    assert.deepEqual(await show(), [texts[0], "!"]);
  }));

Deno.test("heads without an end cost one broken record each, and no more time each", () =>
  inFolder(async (folder) => {
    const open = encode("WARC/1.0\r\nWARC-Type: conversion\r\n".repeat(50_000));
    const found = await read(folder, [open, record("conversion", "good")]);
    assert.equal(found.length, 50_001);
    assert.equal(found.at(-1), "good");
  }));
