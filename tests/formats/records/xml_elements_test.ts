import assert from "node:assert/strict";
import { DataError } from "../../../src/base/errors.ts";
import { findElements } from "../../../src/formats/records/xml_elements.ts";
import { isBrokenRecord } from "../../../src/formats/record_or_error.ts";
import { all, failure } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

async function read(folder: string, text: string, name: string): Promise<string[]> {
  await Deno.writeTextFile(`${folder}/a.xml`, text);
  return (await all(findElements(`${folder}/a.xml`, name))).map((item) =>
    `${item.line} ${
      isBrokenRecord(item) ? `! ${item.problem}` : JSON.stringify(item.value.attributes) + item.value.text
    }`
  );
}

Deno.test("each element is found with its line, in whatever layout", () =>
  inFolder(async (folder) => {
    const text =
      `<x>\n<row A="1 &gt; &#48;\n" B='/>'/><rows/><row>a<!-- <b --> &amp; <![CDATA[<c>]]></row>\n\n <row\n/></x>`;
    assert.deepEqual(await read(folder, text, "row"), ['2 {"A":"1 > 0 ","B":"/>"}', "3 {}a & <c>", "5 {}"]);
    assert.match((await failure(() => read(folder, "<x/>", "row"))).message, /there is no <row> in it/);
    const long = `<p>${"灌".repeat(400_000)}</p>\n`;
    assert.deepEqual((await read(folder, long.repeat(3), "p")).map((line) => line.length), [
      400_004,
      400_004,
      400_004,
    ]);
  }));

Deno.test("a broken element costs itself alone", () =>
  inFolder(async (folder) => {
    const parts = [
      "<p>ok 1</p>",
      "<p>a < b</p>",
      "<p>&undefined;</p>",
      "<p>never closed",
      "<p>ok 2</p>",
      "<p x=1>ok?</p>",
      "<p>the end",
    ];
    const found = await read(folder, parts.join("\n"), "p");
    assert.deepEqual(found.map((line) => line.replace(/(XML|that is).*/, "...")), [
      "1 {}ok 1",
      "2 ! not well-formed ...",
      "3 ! not well-formed ...",
      "4 ! a <p> ...",
      "5 {}ok 2",
      "6 ! not well-formed ...",
      "7 ! a <p> ...",
    ]);
    assert.deepEqual((await read(folder, '<row A="1" B="\n<row A="2"/>\n<row A="3"/>', "row")).slice(-2), [
      '2 {"A":"2"}',
      '3 {"A":"3"}',
    ]);
  }));

Deno.test("entities that a file declares stay unknown, so none explodes", () =>
  inFolder(async (folder) => {
    const bomb = `<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n<p>&b;</p>`;
    const error = await failure(() => read(folder, bomb.replace(/<p>.*/, ""), "p"));
    assert.ok(error instanceof DataError);
    assert.match((await read(folder, bomb, "p"))[0], /^2 ! not well-formed XML: .*undefined entity/);
  }));

Deno.test("a file is decoded by its byte order mark or its declaration", () =>
  inFolder(async (folder) => {
    const text = "<r><p>Łódź Ж</p></r>";
    const utf16 = (isLittle: boolean, mark: boolean) => {
      const view = new DataView(new ArrayBuffer(2 * (text.length + 1)));
      if (mark) view.setUint16(0, 0xfeff, isLittle);
      for (let i = 0; i < text.length; i++) view.setUint16(2 * i + 2, text.charCodeAt(i), isLittle);
      return new Uint8Array(view.buffer).subarray(mark ? 0 : 2);
    };
    const declared = new TextEncoder().encode('<?xml version="1.0" encoding="windows-1251"?><r><p>?</p></r>');
    declared[declared.lastIndexOf(0x3f)] = 0xc6;
    const cases: [Uint8Array, string][] = [
      [utf16(true, true), "Łódź Ж"],
      [utf16(false, true), "Łódź Ж"],
      [utf16(true, false), "Łódź Ж"],
      [utf16(false, false), "Łódź Ж"],
      [new TextEncoder().encode(`\ufeff${text}`), "Łódź Ж"],
      [declared, "Ж"],
    ];
    for (const [bytes, expected] of cases) {
      await Deno.writeFile(`${folder}/a.xml`, bytes);
      const [found] = await all(findElements(`${folder}/a.xml`, "p"));
      assert.equal(isBrokenRecord(found) ? found.problem : found.value.text, expected);
    }
    await Deno.writeTextFile(`${folder}/a.xml`, `<?xml version="1.0" encoding="x-unknown"?>${text}`);
    const error = await failure(() => all(findElements(`${folder}/a.xml`, "p")));
    assert.ok(error instanceof DataError);
    assert.match(error.message, /its encoding "x-unknown" is not known; save it as UTF-8/);
  }));
