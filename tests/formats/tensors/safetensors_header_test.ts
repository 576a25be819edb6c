import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import { DTYPE_BYTES } from "../../../src/formats/tensors/dtype.ts";
import {
  headerLength,
  parseHeader,
  type SafetensorsHeader,
} from "../../../src/formats/tensors/safetensors_header.ts";
import { encode, f32 } from "./safetensors_file.ts";

function parse(bytes: Uint8Array): SafetensorsHeader {
  const length = headerLength("x.safetensors", bytes.subarray(0, 8), bytes.length);
  return parseHeader("x.safetensors", bytes.subarray(8, 8 + length), bytes.length);
}

function refused(bytes: Uint8Array, message: RegExp, offset?: number): void {
  assert.throws(() => parse(bytes), (error) => {
    assert.ok(error instanceof FormatError, String(error));
    assert.match(error.message, message);
    assert.equal(error.file, "x.safetensors");
    assert.ok(error.expected !== undefined && error.offset !== undefined);
    if (offset !== undefined) assert.equal(error.offset, offset);
    return true;
  });
}

Deno.test("each wrong part of a header is named with its byte", () => {
  const eight = new Uint8Array(8);
  const w = f32([2], 0, 8);
  const at = (json: unknown, part: string) => 8 + JSON.stringify(json).indexOf(part);
  refused(encode({}, [], 0n), /at least the 2 bytes/, 0);
  refused(encode({}, [], 100_000_001n), /at most 100000000 bytes/, 0);
  refused(encode({}, [], 2n ** 64n - 1n), /at most 100000000 bytes/, 0);
  refused(encode({}, [], 3n), /a header of 3 bytes from byte 8 on, but the file ends/);
  refused(encode(" {}"), /expected "\{", found byte 0x20/, 8);
  refused(encode("[]"), /expected "\{", found "\["/, 8);
  refused(encode("{} x"), /only spaces after/, 11);
  refused(encode("{}\0"), /only spaces after/, 10);
  refused(encode(`{"a":}`), /expected an object, an array/, 13);
  refused(encode(`{"a" 1}`), /expected ":"/, 13);
  refused(encode(`{"a":"b"`), /expected "," or "}", found the end of the header/, 16);
  refused(encode(`{"a":"b",}`), /a name in quotes/, 17);
  refused(encode(`{"a`), /a closing "/, 11);
  refused(encode(`{"\\`), /a closing "/, 11);
  refused(encode(`{"\\x":"b"}`), /a JSON string/, 9);
  refused(encode(`{"\\ud800":"b"}`), /a JSON string/, 9);
  refused(encode(`{"a\nb":"b"}`), /a JSON string/, 9);
  refused(encode(`{"a":true}`), /expected an object, an array/, 13);
  refused(encode(`{"a":[[[[1]]]]}`), /no deeper nesting/);
  refused(encode(`{"a":1e3}`), /expected "," or "}"/, 14);
  refused(encode(`{"__proto__":${JSON.stringify(w)}}`, eight), /safe as a key, found "__proto__"/, 9);
  refused(encode(`{"constructor":${JSON.stringify(w)}}`, eight), /safe as a key/, 9);
  refused(encode(`{"__metadata__":{"__proto__":"x"}}`), /safe as a key/);
  refused(
    encode(`{"w":${JSON.stringify(w)},"\\u0077":${JSON.stringify(w)}}`, eight),
    /each name once, found "w" again/,
  );
  refused(encode({ w: { ...w, extra: 1 } }, eight), /dtype, shape and data_offsets only, found "extra"/, 13);
  refused(encode({ w: [1] }), /"w" to be an object/, 13);
  for (const key of ["dtype", "shape", "data_offsets"]) {
    refused(encode({ w: { ...w, [key]: undefined } }, eight), new RegExp(`${key} of "w".*found none`), 13);
    refused(encode({ w: { ...w, [key]: 7 } }, eight), new RegExp(`${key} of "w"`));
  }
  refused(
    encode({ w: { ...w, dtype: "F8_E4M3" } }, eight),
    /one of BOOL U8 .* F64, found "F8_E4M3"/,
    at({ w }, `"F32"`),
  );
  refused(encode({ w: { ...w, dtype: "toString" } }, eight), /found "toString"/);
  refused(encode({ w: { ...w, shape: ["2"] } }, eight), /array of integers, found a string/);
  refused(
    encode({ w: f32([3], 0, 8) }, eight),
    /12 apart for "w", F32 of shape \[3\], found \[0, 8\]/,
    at({ w }, "[0,8]"),
  );
  refused(encode({ w: f32([2], 8, 0) }, eight), /8 apart/);
  refused(encode({ w: { ...w, data_offsets: [0, 8, 8] } }, eight), /two data_offsets/);
  refused(encode({ w: { ...w, data_offsets: [] } }, eight), /two data_offsets/);
  refused(encode({ w: f32([2 ** 52, 4, 0], 0, 0) }), /fewer than 2\^53 bytes/);
  refused(
    encode(`{"w":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}`, eight),
    /integer below 2\^53/,
  );
  refused(encode(`{"w":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}`, eight), /without leading zeros/);
  refused(
    encode(`{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, eight),
    /non-negative integer, found "-"/,
  );
  refused(encode({ w: f32(Array(65).fill(1), 0, 4) }, [0, 0, 0, 0]), /at most 64 integers/);
  refused(encode({ __metadata__: { a: 1 } }), /"a" of __metadata__ to be a string, found an integer/);
  refused(encode({ __metadata__: "a" }), /__metadata__ to be an object/);
  refused(encode({ a: f32([2], 4, 12) }, new Uint8Array(12)), /data offset 0, found 4, which leaves a hole/);
  refused(
    encode({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, new Uint8Array(12)),
    /"b" to start at data offset 4.*hole/,
  );
  refused(encode({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, eight), /"b" to start at data offset 8.*overlap/);
  refused(encode({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, [0, 0, 0, 0]), /overlap/);
  refused(encode({ a: f32([2], 0, 8), b: f32([0], 4, 4) }, eight), /"b" to start at data offset 8.*overlap/);
  refused(encode({ a: f32([2], 0, 8) }, [0, 0, 0, 0]), /tensors up to byte \d+, but the file ends here/);
  refused(encode({ a: f32([1], 0, 4) }, eight), /found 4 more bytes/);
});

Deno.test("invalid UTF-8 in a name", () => {
  const bytes = encode(`{"??":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`);
  bytes.set([0xc3, 0x28], 10);
  refused(bytes, /expected UTF-8/, 9);
});

Deno.test("fuzzed headers are read or refused with a FormatError, never anything else", () => {
  const random = new Random(1234);
  const seeds = [
    JSON.stringify({ __metadata__: { format: "pt" }, a: f32([2, 3], 0, 24), "b.c": f32([], 24, 28) }),
    JSON.stringify({ h: { dtype: "BF16", shape: [4], data_offsets: [0, 8] }, i: f32([5], 8, 28) }),
  ];
  const tokens = [
    ...'{}[]:,"\\0123456789 eE-+.\n',
    "null",
    "true",
    "__proto__",
    "18446744073709551616",
    "F16",
    "\\u0000",
  ];
  let read = 0;
  let refusals = 0;
  for (let trial = 0; trial < 8_000; trial++) {
    let json = seeds[trial % 2];
    for (let edits = random.below(4); edits >= 0; edits--) {
      const from = random.below(json.length + 1);
      const cut = random.below(3) ? random.below(3) : random.below(json.length);
      json = json.slice(0, from) + (random.below(3) ? tokens[random.below(tokens.length)] : "") +
        json.slice(from + cut);
    }
    const bytes = encode(json, new Uint8Array(28));
    if (random.below(4) === 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    try {
      const { tensors } = parse(random.below(8) ? bytes : bytes.subarray(0, random.below(bytes.length)));
      for (const { dtype, shape, offset, byteLength } of tensors.values()) {
        assert.equal(byteLength, shape.reduce((a, b) => a * b, DTYPE_BYTES[dtype]));
        assert.ok(offset + byteLength <= bytes.length);
      }
      read++;
    } catch (error) {
      assert.ok(error instanceof FormatError, `${json}\n${error instanceof Error ? error.stack : error}`);
      assert.ok(error.offset! >= 0 && error.offset! <= bytes.length, `${json}: offset ${error.offset}`);
      refusals++;
    }
  }
  assert.ok(read > 100 && refusals > 4_000, `${read} read, ${refusals} refused`);
});
