import assert from "node:assert/strict";
import { notText } from "../../../src/formats/encoding/text_or_not.ts";

Deno.test("files that are not text are told by name, and text is text", () => {
  const latin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const cases: [string, RegExp | undefined][] = [
    ["%PDF-1.7\n", /a PDF/],
    ["\x89PNG\r\n\x1a\n", /PNG/],
    ["\xff\xd8\xff\xe0", /JPEG/],
    ["GIF89a", /GIF/],
    ["PK\x03\x04abc", /ZIP/],
    ["PAR1\x15\x04", /Parquet/],
    ["GGUF\x03\0\0\0", /GGUF/],
    ["PAR1, GGUF and ID3 are marks of files", undefined],
    ["text\0text", /zeros/],
    ["\x01\x02\x03\x04\x05text", /control characters/],
    ["\xff\xfe\0\0a\0\0\0", /UTF-32/],
    ["Plain text\r\n\twith a form feed\f and an end of file\x1a", undefined],
    ["caf\xe9", undefined],
    ["", undefined],
  ];
  for (const [text, kind] of cases) {
    const found = notText(latin(text), "utf-8");
    assert.equal(found === undefined, kind === undefined, text);
    if (kind) assert.match(found!, kind);
  }
  assert.equal(notText(latin("a\0b\0"), "utf-16le"), undefined);
});
