import assert from "node:assert/strict";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { concat } from "../../../src/formats/bytes.ts";
import { readHttpResponse } from "../../../src/formats/records/http_response.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = "<p>Green tea is grown in the hills. ".repeat(40);
const chunked = (body: Uint8Array, size = 100, extension = "", trailer = "") => {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(bytes(`${chunk.length.toString(16)}${extension}\r\n`), chunk, bytes("\r\n"));
  }
  return concat([...parts, bytes(`0\r\n${trailer}\r\n`)]);
};
const response = (headers: string, body: Uint8Array | string, line = "\r\n") =>
  readHttpResponse(concat([
    bytes(
      ["HTTP/1.1 200 OK", "Content-Type: text/html", ...headers.split("|").filter(Boolean), "", ""].join(
        line,
      ),
    ),
    typeof body === "string" ? bytes(body) : body,
  ]));
const bodyOf = (...args: Parameters<typeof response>) => new TextDecoder().decode(response(...args).body);

Deno.test("transfer and content encodings are undone, alone and one upon another", () => {
  const cases: [string, Uint8Array][] = [
    ["", bytes(text)],
    ["Transfer-Encoding: chunked", chunked(bytes(text))],
    ["transfer-encoding:Chunked", chunked(bytes(text), 7, ";name=value", "Expires: never\r\n")],
    ["Content-Encoding: gzip", gzipSync(text)],
    ["Content-Encoding: x-gzip", gzipSync(text)],
    ["Content-Encoding: deflate", deflateSync(text)],
    ["Content-Encoding: deflate", deflateRawSync(text)],
    ["Content-Encoding: br", brotliCompressSync(text)],
    ["Content-Encoding: zstd", zstdCompressSync(bytes(text))],
    ["Content-Encoding: identity", bytes(text)],
    ["Content-Encoding: gzip|Transfer-Encoding: chunked", chunked(gzipSync(text))],
    ["Transfer-Encoding: gzip, chunked", chunked(gzipSync(text))],
    ["Content-Encoding: deflate, gzip", gzipSync(deflateSync(text))],
    ["Content-Encoding: gzip|Content-Encoding: br", brotliCompressSync(gzipSync(text))],
    ["Content-Encoding:|  gzip", gzipSync(text)],
    ["", gzipSync(text)],
  ];
  for (const [headers, body] of cases) {
    assert.equal(bodyOf(headers, body), text, headers);
    assert.equal(bodyOf(headers, body, "\n"), text, `${headers} with LF`);
  }
});

Deno.test("a body that does not have the encoding of its header stays as it is", () => {
  for (const coding of ["gzip", "deflate", "br", "zstd", "compress", "utf-8", "none", "gzip, br"]) {
    assert.equal(bodyOf(`Content-Encoding: ${coding}`, text), text, coding);
  }
  for (const body of [text, "beef\r\nis no chunk", "0x12\r\nabc", "abc", "12"]) {
    assert.equal(bodyOf("Transfer-Encoding: chunked", body), body);
  }
});

Deno.test("a wrong name of the compression or a wrong size of the first chunk costs no text", () => {
  for (const coding of ["br", "deflate", "zstd", "compress"]) {
    assert.equal(bodyOf(`Content-Encoding: ${coding}`, gzipSync(text)), text, coding);
  }
  for (const header of ["63", "66", "10"]) {
    const wrong = chunked(bytes(text));
    wrong.set(bytes(header));
    const found = response("Transfer-Encoding: chunked", wrong);
    assert.equal(new TextDecoder().decode(found.body), text, header);
    assert.ok(found.isCut);
  }
  assert.equal(bodyOf("Content-Encoding: toString", text), text);
});

Deno.test("of a body that is cut short the part before is kept and marked", () => {
  const packed: [string, Uint8Array][] = [
    ["Content-Encoding: gzip", gzipSync(text)],
    ["Content-Encoding: deflate", deflateSync(text)],
    ["Transfer-Encoding: chunked", chunked(bytes(text))],
  ];
  for (const [headers, body] of packed) {
    const { body: found, isCut } = response(headers, body.subarray(0, body.length - 9));
    assert.ok(isCut, headers);
    assert.ok(text.startsWith(new TextDecoder().decode(found)) && found.length > 20, headers);
  }
  assert.equal(response("", text).isCut, undefined);
});

Deno.test("a body that cannot be unpacked, or that unpacks to absurdly much, is a problem", () => {
  const damaged = gzipSync(text).fill(0, 12, 40);
  assert.match(response("Content-Encoding: gzip", damaged).problem!, /cannot be unpacked \(gzip\)/);
  const noise = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) & 255);
  assert.match(response("Content-Encoding: br", noise).problem!, /cannot be unpacked \(br\)/);
  const zeros = new Uint8Array(80 << 20);
  for (
    const [coding, pack] of [["gzip", gzipSync], ["br", brotliCompressSync], [
      "zstd",
      zstdCompressSync,
    ]] as const
  ) {
    const bomb = pack(zeros, coding === "br" ? { params: { 1: 1 } } : {});
    assert.match(
      response(`Content-Encoding: ${coding}`, bomb).problem!,
      /unpacks to more than 64 MiB/,
      coding,
    );
  }
});

Deno.test("status and type are read; bytes without HTTP headers are all body", () => {
  const status = (line: string) => readHttpResponse(bytes(`${line}\r\nContent-Type: a\r\n  b\r\n\r\nx`));
  assert.deepEqual([status("HTTP/1.1 404 Not Found").status, status("HTTP/2 200").status], [404, 200]);
  assert.equal(status("HTTP/1.0 301").type, "a b");
  const plain = readHttpResponse(bytes(text));
  assert.deepEqual([plain.status, plain.type, plain.body.length], [undefined, undefined, text.length]);
});
