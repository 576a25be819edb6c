import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import {
  openSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type Safetensors,
  type TensorEntry,
  writeSafetensors,
} from "../../../src/formats/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { encode, f32 } from "./safetensors_file.ts";

/** Writes `bytes` as a file and reads it whole. */
function readBack(bytes: Uint8Array<ArrayBuffer>): Promise<Safetensors> {
  return inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/x`, bytes);
    return await readSafetensors(`${folder}/x`);
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
    assert.deepEqual(whole.metadata, metadata);
    assert.deepEqual([...whole.tensors.keys()], ODD.map((t) => t.name));
    using file = await openSafetensors(path);
    assert.deepEqual(file.names, ODD.map((t) => t.name));
    for (const { name, shape, data } of ODD) {
      assert.deepEqual(whole.tensors.get(name)!.data, data);
      assert.deepEqual(file.tensors.get(name)!.shape, shape);
    }
    // The file has one position, so concurrent reads in any order must not mix their results.
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

/** Returns the value of a 16-bit float by its definition. */
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
        // Object.is ignores the payload of a NaN and distinguishes -0 from 0.
        for (const i of bits) {
          assert.ok(Object.is(data[i], expected[i]), `${dtype} ${i}: ${data[i]}, ${expected[i]}`);
        }
      };
      await Deno.writeFile(`${folder}/x`, bytes);
      using file = await openSafetensors(`${folder}/x`);
      same(await file.read("w"));
    }
  }));

Deno.test("16-bit tensors of odd length at odd bytes", async () => {
  const header = {
    a: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
    b: { dtype: "F16", shape: [3], data_offsets: [1, 7] },
    c: { dtype: "BOOL", shape: [2], data_offsets: [7, 9] },
  };
  const { tensors } = await readBack(encode(header, [9, 0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc, 1, 0]));
  assert.deepEqual(tensors.get("b")!.data, Float32Array.of(1, 2 ** -24, -Infinity));
  assert.deepEqual(tensors.get("c")!.data, Uint8Array.of(1, 0));
});

Deno.test("truncated anywhere, or longer than it says", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.safetensors`;
    await writeSafetensors(path, ODD.slice(0, 5), { metadata: { format: "pt" } });
    const whole = await Deno.readFile(path);
    for (let length = 0; length < whole.length; length++) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await assert.rejects(openSafetensors(path), (error) => {
        assert.ok(error instanceof FormatError, String(error));
        assert.match(error.message, /the file ends here/);
        assert.equal(error.offset, length);
        assert.equal(error.file, path);
        return true;
      });
    }
    await Deno.writeFile(path, Uint8Array.of(...whole, 0));
    const tooLong = /expected the end of the file after the last tensor, found 1 more/;
    await assert.rejects(openSafetensors(path), tooLong);
    // The functions that open, read and close a file refuse it too.
    const start = whole.length - (1 + 105 + 1) * 4;
    for (const length of [0, 7, 8, 9, start - 1, start, start + 3, whole.length - 1]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      for (const read of [readSafetensors, readSafetensorsHeader]) {
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

Deno.test("what a header may do: order, white space, escapes, zero-length tensors anywhere", async () => {
  const json = ` {"b" : ${JSON.stringify(f32([1], 4, 8))} ,\t"\\u00e9" :\r\n${JSON.stringify(f32([1], 0, 4))},
    "z":${JSON.stringify(f32([0], 4, 4))}, "end":${JSON.stringify(f32([0, 3], 8, 8))} } \n `.trimStart();
  const { tensors } = await readBack(encode(json, [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]));
  assert.deepEqual([...tensors.values()].map((t) => [t.name, ...t.data]), [["é", 1], ["z"], ["b", 2], [
    "end",
  ]]);
  assert.equal((await readBack(encode("{}"))).tensors.size, 0);
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
