import assert from "node:assert/strict";
import { decodePage } from "../../../src/data/text/page_encoding.ts";
import { encodingDetector } from "../../../src/formats/encoding/detect_encoding.ts";

const detect = await encodingDetector();
const russian = "Зелёный чай растёт на холмах юга, и каждое утро люди собирают листья. ".repeat(3);
/** Encodes Russian text in windows-1251. */
const cp1251 = (text: string) =>
  Uint8Array.from(text, (c) => {
    const code = c.charCodeAt(0);
    return c === "ё" ? 0xb8 : code >= 0x410 && code < 0x450 ? code - 0x410 + 0xc0 : code;
  });
const page = (head: string, text = russian) =>
  `<html><head>${head}<title>x</title></head><body><p>${text}</p></body></html>`;
const read = (head: string, type = "text/html") => {
  const { text, replaced } = decodePage(cp1251(page(head)), type, detect);
  return text.includes(russian) && replaced === 0;
};

Deno.test("the character set comes from the header, from a meta anywhere in the head, else from the letters", () => {
  const links = "<link rel=x href=y>".repeat(500);
  const heads = [
    '<meta charset="windows-1251">',
    "<META CHARSET=windows-1251>",
    "<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>",
    '<meta content="text/html;charset = cp1251" http-equiv=content-type>',
    `${links}<meta charset="windows-1251">`,
    `<!-- <meta charset="koi8-r"> --><script>"<meta charset=koi8-r>"</script><meta charset="windows-1251">`,
    `<meta name="description" content="a page about charset=koi8-r"><meta charset=windows-1251>`,
    `<meta charset="utf-8">`, // wrong: the bytes are no UTF-8
    `<meta charset="no-such-thing">`,
    "",
  ];
  for (const head of heads) assert.ok(read(head), head.slice(-60));
  assert.ok(
    read('<meta charset="koi8-r">', "text/html; charset=windows-1251"),
    "the header counts before the page",
  );
  assert.ok(read("", 'text/html; Charset="windows-1251"; x=y'));
  const xml = cp1251(`<?xml version="1.0" encoding="windows-1251"?>${page("")}`);
  assert.ok(decodePage(xml, "text/html", detect).text.includes(russian));
});

Deno.test("a byte-order mark counts before everything, and UTF-16 in a page that can be read is not believed", () => {
  const units = Uint16Array.from(`\uFEFF${page('<meta charset="windows-1251">')}`, (c) => c.charCodeAt(0));
  const marked = decodePage(new Uint8Array(units.buffer), "text/html; charset=koi8-r", detect);
  assert.ok(marked.text.includes(russian));
  for (const type of ["text/html; charset=utf-16", "text/html"]) {
    const bare = decodePage(new Uint8Array(units.buffer).subarray(2), type, detect);
    assert.ok(bare.text.includes(russian), "without a mark");
  }
  const utf8 = new TextEncoder().encode(page('<meta charset="utf-16">'));
  assert.ok(decodePage(utf8, "text/html", detect).text.includes(russian));
});

Deno.test("characters that are lost are counted", () => {
  const bytes = new TextEncoder().encode(page("", russian));
  const broken = Uint8Array.of(...bytes.subarray(0, -10), 0xff, 0xfe, ...bytes.subarray(-10));
  const { text, replaced } = decodePage(broken, "text/html; charset=utf-8", detect);
  assert.equal(replaced, 2);
  assert.ok(text.includes(russian));
});

Deno.test("a page in ISO-2022-JP that names no character set is read", () => {
  const japanese = "吾輩は猫である。"; // bytes of Python's codec iso2022_jp
  const bytes = Uint8Array.from(atob("GyRCOGNHWiRPRy0kRyQiJGshIxsoQg=="), (c) => c.charCodeAt(0));
  const body = [...new TextEncoder().encode("<p>"), ...bytes, ...new TextEncoder().encode("</p>")];
  assert.equal(decodePage(Uint8Array.from(body), "text/html", detect).text, `<p>${japanese}</p>`);
});
