import assert from "node:assert/strict";
import { declaredEncoding, decodeTex } from "../../../../src/data/corpora/latex/tex_encoding.ts";

/** Returns the bytes of a text in Latin-1. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

// The right characters by Python's codecs of the same names.
Deno.test("a file that is not UTF-8 is read in the encoding that it declares", () => {
  const cases: [string, string][] = [
    ["\\usepackage[latin1]{inputenc} \xe9", "é"],
    ["\\usepackage[latin2]{inputenc} \xb3", "ł"],
    ["\\usepackage[latin9]{inputenc} \xa4", "€"],
    ["\\usepackage[cp1251]{inputenc} \xe9", "й"],
    ["\\usepackage[koi8-r]{inputenc} \xca", "й"],
    ["\\usepackage[applemac]{inputenc} \x8e", "é"],
    ["\\usepackage[ansinew]{inputenc} \x93", "“"],
    ["\\inputencoding{latin5} \xfe", "ş"],
    ["\\begin{CJK}{GBK}{song} \xc4\xe3", "你"],
    ["\\begin{CJK*}{Bg5}{x} \xa7\x41", "你"],
    ["%\\usepackage[latin2]{inputenc}\n\xb3", "³"],
    ["no declaration \x93", "“"],
  ];
  for (const [tex, last] of cases) assert.equal(decodeTex(latin1(tex)).at(-1), last, tex);
});

Deno.test("UTF-8, byte-order marks and line ends", () => {
  const utf8 = new TextEncoder().encode("\ufeff\\usepackage[latin1]{inputenc}\r\né\rx");
  assert.equal(decodeTex(utf8), "\\usepackage[latin1]{inputenc}\né\nx");
  assert.equal(decodeTex(Uint8Array.of(0xff, 0xfe, 0xe9, 0)), "é");
  assert.equal(decodeTex(latin1("\xe9"), "iso-8859-5"), "щ");
  assert.equal(declaredEncoding(latin1("\\usepackage[utf8x]{inputenc}")), "utf-8");
});

Deno.test("characters that cannot be read and encodings that are not known are counted", () => {
  const notes: string[] = [];
  const note = (what: string) => void notes.push(what);
  assert.equal(decodeTex(latin1("\\usepackage[utf8]{inputenc} \xe9"), undefined, note).at(-1), "\ufffd");
  assert.equal(decodeTex(latin1("\\usepackage[next]{inputenc} \xe9"), undefined, note).at(-1), "é");
  assert.deepEqual(notes, ["files with unreadable characters", "files of an unknown encoding"]);
});
