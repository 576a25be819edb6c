import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { type GgufFile, openGguf } from "../../../src/formats/gguf/reader.ts";
import { packBlocks } from "../../../src/formats/gguf/gguf_pack.ts";
import { type GgufType, PACKINGS } from "../../../src/formats/gguf/types.ts";
import { writeGguf, type WrittenTensor, type WrittenValue } from "../../../src/formats/gguf/writer.ts";
import { inFolder } from "../../support/folder.ts";
import { goldenJson } from "../../support/golden.ts";

type Blocks = Record<string, { hex: string; floats: number[] }>;

Deno.test("packed blocks are what another implementation unpacks, bit for bit", () => {
  const { packed, ...types } = goldenJson<Blocks>("gguf/blocks.json");
  for (const [type, { hex, floats }] of Object.entries(types)) {
    const found = PACKINGS[type as GgufType].unpack(Uint8Array.fromHex(hex));
    assert.deepEqual(found, Float32Array.from(floats), type);
  }
  assert.equal(packBlocks("Q8_0", Float32Array.from(packed.floats), "x").toHex(), packed.hex);
});

const values = new Map<string, WrittenValue>([
  ["general.architecture", { type: "string", value: "llama" }],
  ["a.count", { type: "u32", value: 7 }],
  ["a.ratio", { type: "f32", value: 0.5 }],
  ["a.flag", { type: "bool", value: true }],
  ["a.words", { type: "string", value: ["", "é", "灌木"] }],
  ["a.ids", { type: "i32", value: [-1, 2] }],
]);
const tensors: WrittenTensor[] = [
  { name: "m", shape: [3, 32], type: "F32" },
  { name: "h", shape: [2, 5], type: "F16" },
  { name: "q", shape: [2, 64], type: "Q8_0" },
  { name: "v", shape: [3], type: "F32" },
];
const data = tensors.map(({ shape }) => {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1));
});

async function written(path: string): Promise<void> {
  await writeGguf(path, values, tensors, parts());
  async function* parts() {
    for (const [i, numbers] of data.entries()) yield rows(numbers, tensors[i].shape.at(-1)!);
  }
  async function* rows(numbers: Float32Array<ArrayBuffer>, cols: number) {
    for (let at = 0; at < numbers.length; at += cols) {
      yield await Promise.resolve(numbers.slice(at, at + cols));
    }
  }
}

async function using(path: string, run: (file: GgufFile) => Promise<void>): Promise<void> {
  using file = await openGguf(path);
  await run(file);
}

Deno.test("what is written is read: values, shapes, numbers, some rows of a tensor", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.gguf`;
    await written(path);
    await using(path, async (file) => {
      for (const [name, { value }] of values) assert.deepEqual(file.values.get(name), value, name);
      const error = { F32: 0, F16: 5e-4, Q8_0: 5e-3 };
      for (const [i, { name, shape, type }] of tensors.entries()) {
        assert.equal(file.tensors.get(name)!.offset % 32, 0);
        assert.deepEqual(file.matrix(name).shape, shape);
        const found = await file.matrix(name).read(0, shape.length > 1 ? shape[0] : 1);
        found.forEach((x, k) => assert.ok(Math.abs(x - data[i][k]) <= error[type], `${name} ${k}`));
      }
      assert.deepEqual(await file.matrix("m").read(1, 2), data[0].subarray(32));
    });
  }));

Deno.test("a vocabulary of 200,000 tokens is written and read", () =>
  inFolder(async (folder) => {
    const tokens = Array.from({ length: 200_000 }, (_, i) => `t${i}`);
    const vocabulary = new Map<string, WrittenValue>([["tokenizer.ggml.tokens", {
      type: "string",
      value: tokens,
    }]]);
    await writeGguf(`${folder}/v.gguf`, vocabulary, [], (async function* () {})());
    using file = await openGguf(`${folder}/v.gguf`);
    assert.deepEqual(file.values.get("tokenizer.ggml.tokens"), tokens);
  }));

Deno.test("a damaged file is a FormatError with its byte", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.gguf`;
    await written(path);
    const whole = await Deno.readFile(path);
    const refused = async (bytes: Uint8Array, message: RegExp) => {
      await Deno.writeFile(path, bytes);
      await assert.rejects(using(path, async () => {}), (error: Error) => {
        assert.ok(error instanceof FormatError, String(error));
        assert.match(error.message, message);
        return true;
      });
    };
    const patched = (at: number, ...bytes: number[]) => {
      const copy = whole.slice();
      copy.set(bytes, at);
      return copy;
    };
    for (const length of [0, 3, 4, 20, 40, 200, whole.length - 40]) {
      await refused(whole.subarray(0, length), /the file ends here|do not fit into the file/);
    }
    await refused(patched(0, 80, 75), /byte 0.*the magic bytes GGUF/);
    await refused(patched(4, 1), /byte 4.*version 2 or 3/);
    await refused(patched(8, 255, 255, 255, 255), /at most \d+ tensors/);
    await refused(patched(16, 255, 255, 255, 255, 255), /at most \d+ values/);
    await refused(patched(24, 255, 255, 255, 255, 255, 255, 255, 255), /bytes of text/);
    const at = new TextDecoder("latin1").decode(whole).indexOf("\u0001\0\0\0\0\0\0\0q") + 9;
    await refused(patched(at + 20, 23), /"q" to be one of F32 .*found IQ4_XS/);
    await refused(patched(at + 4, 63), /rows of "q" to be a multiple of 32, found 63/);
    await refused(patched(at + 24, 1), /the offset of "q" to be a multiple of 32/);
    await refused(new Uint8Array(0), /the file ends here|do not fit into the file/);
  }));
