// Hostile headers: every count, length, type and offset is checked before it is used.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { openGguf } from "../../../src/formats/gguf/reader.ts";
import { TYPE_NAMES } from "../../../src/formats/gguf/types.ts";
import { inFolder } from "../../support/folder.ts";

type Bytes = number[];
const u32 = (x: number): Bytes => [...new Uint8Array(Uint32Array.of(x).buffer)];
const u64 = (x: bigint | number): Bytes => [...new Uint8Array(BigUint64Array.of(BigInt(x)).buffer)];
const text = (x: string | Bytes): Bytes => {
  const bytes = typeof x === "string" ? [...new TextEncoder().encode(x)] : x;
  return [...u64(bytes.length), ...bytes];
};
const value = (name: string, type: number, bytes: Bytes): Bytes => [...text(name), ...u32(type), ...bytes];
const tensor = (name: string, shape: (bigint | number)[], type = 0, offset: bigint | number = 0): Bytes => {
  return [...text(name), ...u32(shape.length), ...shape.flatMap(u64), ...u32(type), ...u64(offset)];
};

/** A file: its values, its tensors, and the numbers behind them. */
function file(values: Bytes[], tensors: Bytes[], data = 4096): Uint8Array {
  const head = [71, 71, 85, 70, ...u32(3), ...u64(tensors.length), ...u64(values.length)];
  const bytes = [...head, ...values.flat(), ...tensors.flat()];
  const padding = (32 - bytes.length % 32) % 32;
  return Uint8Array.from([...bytes, ...new Array(padding + data).fill(0)]);
}

const huge = 2n ** 63n;
const refused: [string, Uint8Array, RegExp][] = [
  [
    "an array of arrays",
    file([value("a", 9, [...u32(9), ...u64(1), ...u32(4), ...u64(0)])], []),
    /an array of arrays/,
  ],
  [
    "an array longer than the file",
    file([value("a", 9, [...u32(0), ...u64(2 ** 30)])], []),
    /at most \d+ values \(u8\)/,
  ],
  [
    "an array of 2^63 texts",
    file([value("a", 9, [...u32(8), ...u64(huge)])], []),
    /at most \d+ values \(string\)/,
  ],
  ["a text longer than the file", file([value("a", 8, [...u64(2 ** 40)])], []), /at most \d+ bytes of text/],
  ["a name longer than the file", file([[...u64(huge), 1]], []), /at most \d+ bytes of text/],
  ["an unknown type of value", file([value("a", 13, [])], []), /a type of value from 0 to 12, found 13/],
  ["a value twice", file([value("a", 7, [1]), value("a", 7, [0])], []), /each name once, found "a" again/],
  [
    "a tensor twice",
    file([], [tensor("w", [8]), tensor("w", [8], 0, 32)]),
    /each tensor once, found "w" again/,
  ],
  ["five dimensions", file([], [tensor("w", [1, 1, 1, 1, 1])]), /at most 4 dimensions of "w", found 5/],
  ["2^32 dimensions", file([], [[...text("w"), ...u32(2 ** 32 - 1)]]), /at most 4 dimensions/],
  ["a dimension of 0", file([], [tensor("w", [8, 0])]), /dimensions of "w" above 0, found 0,8/],
  ["0 times 2^63", file([], [tensor("w", [0, huge])]), /dimensions of "w" above 0/],
  [
    "dimensions whose product overflows",
    file([], [tensor("w", [2 ** 32, 2 ** 32])]),
    /fewer than 2\^53 bytes/,
  ],
  ["dimensions whose product wraps to 0", file([], [tensor("w", [huge, 2])]), /fewer than 2\^53 bytes/],
  ["an offset behind the file", file([], [tensor("w", [8], 0, huge)]), /the file ends here/],
  ["an offset that wraps", file([], [tensor("w", [8], 0, 2n ** 64n - 32n)]), /the file ends here/],
  ["an odd offset", file([], [tensor("w", [8], 0, 4)]), /the offset of "w" to be a multiple of 32/],
  [
    "one tensor across another",
    file([], [tensor("w", [16]), tensor("v", [8], 0, 32)]),
    /found "w" across "v"/,
  ],
  ["the same place twice", file([], [tensor("w", [8]), tensor("v", [8])]), /found "w" across "v"/],
  ["a tensor longer than the file", file([], [tensor("w", [2048])]), /the file ends here/],
  ["an alignment of 0", file([value("general.alignment", 4, u32(0))], []), /general\.alignment.*found 0/],
  ["an alignment of 24", file([value("general.alignment", 4, u32(24))], []), /a power of 2.*found 24/],
  ["an alignment of 2^31", file([value("general.alignment", 4, u32(2 ** 31))], []), /found 2147483648/],
  ["an alignment that is text", file([value("general.alignment", 8, text("32"))], []), /found "32"/],
  [
    "a token that is not UTF-8",
    file([value("tokenizer.ggml.tokens", 9, [...u32(8), ...u64(1), ...text([0xff, 0xfe])])], []),
    /the text of "tokenizer\.ggml\.tokens" to be UTF-8/,
  ],
];

for (const [name, bytes, message] of refused) {
  Deno.test(`refused: ${name}`, () =>
    inFolder(async (folder) => {
      await Deno.writeFile(`${folder}/x.gguf`, bytes);
      await assert.rejects(openGguf(`${folder}/x.gguf`), (error: Error) => {
        assert.ok(error instanceof FormatError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }));
}

Deno.test("packings that cannot be read are refused by name, and so are unknown ones and big-endian files", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.gguf`;
    const message = async (bytes: Uint8Array) => {
      await Deno.writeFile(path, bytes);
      return await openGguf(path).then((opened) => opened.close(), (error: Error) => error.message);
    };
    const read = [0, 1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 15, 30];
    for (const [id, name] of Object.entries(TYPE_NAMES)) {
      const found = await message(file([], [tensor("w", [256], Number(id))]));
      if (read.includes(Number(id))) assert.equal(found, undefined, name);
      else assert.match(found!, new RegExp(`"w" to be one of F32 .*, found ${name}$`));
    }
    assert.match((await message(file([], [tensor("w", [256], 77)])))!, /found type 77/);
    const bigEndian = file([], []);
    bigEndian.set([0, 0, 0, 3], 4);
    assert.match((await message(bigEndian))!, /version 2 or 3, little-endian, found 0x3000000/);
  }));

Deno.test("an alignment of 64 and a text of another value that is not UTF-8 are read", () =>
  inFolder(async (folder) => {
    const values = [value("general.alignment", 4, u32(64)), value("general.author", 8, text([0xff]))];
    const head = file(values, [tensor("w", [2], 0, 64)]);
    const start = Math.ceil((head.length - 4096 - 31) / 64) * 64;
    new DataView(head.buffer).setFloat32(start + 64, 1.5, true);
    await Deno.writeFile(`${folder}/x.gguf`, head);
    using opened = await openGguf(`${folder}/x.gguf`);
    assert.equal(opened.values.get("general.author"), "\uFFFD");
    assert.deepEqual([...await opened.matrix("w").read(0, 1)], [1.5, 0]);
  }));
