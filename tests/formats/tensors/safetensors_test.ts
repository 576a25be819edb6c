import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import {
  openSafetensors,
  parseSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type TensorEntry,
  writeSafetensors,
} from "../../../src/formats/mod.ts";

/** A file of any header, honest or not. */
function encode(header: unknown, data: Uint8Array | number[] = [], length?: bigint): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function refused(bytes: Uint8Array, message: RegExp, offset?: number): void {
  assert.throws(() => parseSafetensors(bytes, "x.safetensors"), (error) => {
    assert.ok(error instanceof FormatError, String(error));
    assert.match(error.message, message);
    assert.equal(error.file, "x.safetensors");
    assert.ok(error.expected !== undefined && error.offset !== undefined);
    if (offset !== undefined) assert.equal(error.offset, offset);
    return true;
  });
}

const random = new Random(42);
const ODD: TensorEntry[] = [
  { name: "scalar", shape: [], data: Float32Array.of(-0) },
  { name: "empty", shape: [0], data: new Float32Array(0) },
  { name: "empty.in.the.middle", shape: [3, 0, 5], data: new Float32Array(0) },
  { name: "odd", shape: [3, 5, 7], data: Float32Array.from({ length: 105 }, () => random.normal()) },
  { name: 'näme "with" 灌木\\ \n', shape: [1, 1, 1, 1, 1], data: Float32Array.of(1e-45) },
  { name: "", shape: [2], data: Float32Array.of(NaN, -Infinity) },
  { name: "i32", shape: [3], data: Int32Array.of(-1, 2 ** 31 - 1, 0) },
  { name: "u8", shape: [3], data: Uint8Array.of(0, 7, 255) },
  { name: "i64", shape: [1], data: BigInt64Array.of(-(2n ** 63n)) },
  { name: "u64", shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { name: "f64", shape: [1], data: Float64Array.of(Math.PI) },
  { name: "small", shape: [2], data: Int16Array.of(-32768, 1) },
];

Deno.test("what is written is read back: odd shapes, scalars, empty tensors, every type", () =>
  inFolder(async (folder) => {
    const path = `${folder}/odd.safetensors`;
    const metadata = { format: "pt", "küche": "\u0000 灌木" };
    await writeSafetensors(path, ODD, { metadata });
    const whole = await readSafetensors(path);
    assert.deepEqual(whole, parseSafetensors(await Deno.readFile(path), path));
    assert.deepEqual(whole.metadata, metadata);
    assert.deepEqual([...whole.tensors.keys()], ODD.map((t) => t.name));
    using file = await openSafetensors(path);
    assert.deepEqual(file.names, ODD.map((t) => t.name));
    for (const { name, shape, data } of ODD) {
      assert.deepEqual(whole.tensors.get(name)!.data, data);
      assert.deepEqual(file.tensors.get(name)!.shape, shape);
    }
    // Read in any order and at the same time: the file has one position, the answers must not mix.
    const mixed = random.shuffle([...ODD, ...ODD]);
    const read = await Promise.all(mixed.map(({ name }) => file.read(name)));
    assert.deepEqual(read, mixed.map(({ data }) => data));
  }));

Deno.test("the bytes of a file are those of the format", () =>
  inFolder(async (folder) => {
    await writeSafetensors(`${folder}/x`, [{ name: "w", shape: [2], data: Float32Array.of(1, -2) }], {
      metadata: { format: "pt" },
    });
    const json = `{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`;
    const expected = encode(json.padEnd(88), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    assert.deepEqual(await Deno.readFile(`${folder}/x`), expected);
    assert.equal((expected.length - 8) % 8, 0);
  }));

Deno.test("a golden file of another implementation", async () => {
  const path = new URL("../../golden/A/model.safetensors", import.meta.url).pathname;
  const { tensors, metadata } = await readSafetensors(path);
  assert.deepEqual(metadata, { format: "pt" });
  assert.equal(tensors.size, 21);
  assert.deepEqual(tensors.get("model.layers.1.mlp.down_proj.weight")!.shape, [32, 96]);
  const elements = [...tensors.values()].reduce((n, t) => n + t.data.length, 0);
  assert.equal(elements, 2 * 64 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 96 + 2 * 32) + 32);
  for (const { name, data } of tensors.values()) {
    assert.ok(data instanceof Float32Array && data.every(Number.isFinite), name);
  }
  assert.deepEqual((await readSafetensorsHeader(path)).metadata, metadata);
});

/** Value of a 16-bit float by its definition. */
function half(bits: number, exponentBits: number): number {
  const fraction = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> fraction) & (2 ** exponentBits - 1);
  const part = (bits & (2 ** fraction - 1)) / 2 ** fraction;
  if (exponent === 2 ** exponentBits - 1) return part ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? part * 2 ** (1 - bias) : (1 + part) * 2 ** (exponent - bias));
}

Deno.test("F16 and BF16: all 65,536 values, subnormals, infinities and NaN among them", () =>
  inFolder(async (folder) => {
    for (const [dtype, exponentBits] of [["F16", 5], ["BF16", 8]] as const) {
      const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
      const header = { w: { dtype, shape: [65_536], data_offsets: [0, 131_072] } };
      const bytes = encode(header, new Uint8Array(bits.buffer));
      const expected = Float32Array.from(bits, (b) => half(b, exponentBits));
      const same = (data: ArrayLike<unknown>) => {
        assert.equal(data.length, expected.length);
        // A NaN may carry any payload, which Object.is does not look at; it does tell -0 from 0.
        for (const i of bits) {
          assert.ok(Object.is(data[i], expected[i]), `${dtype} ${i}: ${data[i]}, ${expected[i]}`);
        }
      };
      same(parseSafetensors(bytes, "x").tensors.get("w")!.data);
      await Deno.writeFile(`${folder}/x`, bytes);
      using file = await openSafetensors(`${folder}/x`);
      same(await file.read("w"));
    }
  }));

Deno.test("16-bit tensors of odd length at odd bytes", () => {
  const header = {
    a: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
    b: { dtype: "F16", shape: [3], data_offsets: [1, 7] },
    c: { dtype: "BOOL", shape: [2], data_offsets: [7, 9] },
  };
  const { tensors } = parseSafetensors(encode(header, [9, 0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc, 1, 0]), "x");
  assert.deepEqual(tensors.get("b")!.data, Float32Array.of(1, 2 ** -24, -Infinity));
  assert.deepEqual(tensors.get("c")!.data, Uint8Array.of(1, 0));
});

Deno.test("truncated anywhere, or longer than it says", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.safetensors`;
    await writeSafetensors(path, ODD.slice(0, 5), { metadata: { format: "pt" } });
    const whole = await Deno.readFile(path);
    for (let length = 0; length < whole.length; length++) {
      refused(whole.subarray(0, length), /the file ends here/, length);
    }
    refused(
      Uint8Array.of(...whole, 0),
      /expected the end of the file after the last tensor, found 1 more/,
      whole.length,
    );
    // The same through the file system, at the borders of what is read.
    const start = whole.length - (1 + 105 + 1) * 4;
    for (const length of [0, 7, 8, 9, start - 1, start, start + 3, whole.length - 1]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      for (const read of [openSafetensors, readSafetensors, readSafetensorsHeader]) {
        await assert.rejects(read(path), (e) =>
          e instanceof FormatError && e.offset === length && e.file === path);
      }
    }
  }));

Deno.test("a file that shrinks after it was opened", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    const data = new Float32Array(100).fill(1);
    await writeSafetensors(path, [{ name: "a", shape: [100], data }, { name: "b", shape: [100], data }]);
    using file = await openSafetensors(path);
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, size - 4);
    await assert.rejects(file.read("b"), (e) => e instanceof FormatError && e.offset === size - 4);
    assert.deepEqual(await file.read("a"), data);
  }));

Deno.test("each lie of a header is named with its byte", () => {
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

Deno.test("what a header may do: order, white space, escapes, zero-length tensors anywhere", () => {
  const json = ` {"b" : ${JSON.stringify(f32([1], 4, 8))} ,\t"\\u00e9" :\r\n${JSON.stringify(f32([1], 0, 4))},
    "z":${JSON.stringify(f32([0], 4, 4))}, "end":${JSON.stringify(f32([0, 3], 8, 8))} } \n `.trimStart();
  const { tensors } = parseSafetensors(encode(json, [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]), "x");
  assert.deepEqual([...tensors.values()].map((t) => [t.name, ...t.data]), [["é", 1], ["z"], ["b", 2], [
    "end",
  ]]);
  assert.equal(parseSafetensors(encode("{}"), "x").tensors.size, 0);
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
      const { tensors } = parseSafetensors(
        random.below(8) ? bytes : bytes.subarray(0, random.below(bytes.length)),
        "fuzz",
      );
      for (const { shape, data } of tensors.values()) {
        assert.equal(
          data.length,
          shape.reduce((a, b) => a * b, 1),
        );
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

Deno.test("no file, and a folder, say so", () =>
  inFolder(async (folder) => {
    await assert.rejects(openSafetensors(`${folder}/none`), (e) =>
      e instanceof FormatError && /no such file/.test(e.message));
    await assert.rejects(openSafetensors(folder), (e) =>
      e instanceof FormatError && /not a file/.test(e.message));
  }));

Deno.test("a tensor larger than one read", () =>
  inFolder(async (folder) => {
    const data = Float32Array.from({ length: 1_500_001 }, (_, i) => i);
    await writeSafetensors(`${folder}/x`, [{ name: "w", shape: [1_500_001], data }]);
    const read = (await readSafetensors(`${folder}/x`)).tensors.get("w")!.data as Float32Array;
    assert.ok(read.length === data.length && read.every((x, i) => x === data[i]));
  }));
