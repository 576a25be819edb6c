// Blocks of Q8_0 taken apart and joined, and rounded as ggml rounds: tests/formats/gguf/gguf_test.ts has ggml's own bytes.
import assert from "node:assert/strict";
import { joinQ8, roundQ8, splitQ8, unpackQ8 } from "../../../src/formats/gguf/q8_blocks.ts";
import { checkedBlocks } from "../../../src/formats/gguf/gguf_pack.ts";
import { PACKINGS } from "../../../src/formats/gguf/types.ts";

Deno.test("blocks that are taken apart and joined are the same bytes, and unpack to the same numbers", () => {
  const bytes = Uint8Array.from({ length: 34 * 7 }, (_, i) => (i * 37 + i * i * 11) % 256);
  for (let block = 0; block < 7; block++) bytes[block * 34 + 1] &= 0x7b; // no infinite scales
  const parts = splitQ8(bytes);
  assert.deepEqual(joinQ8(parts), bytes);
  assert.deepEqual(unpackQ8(parts), PACKINGS.Q8_0.unpack(bytes));
});

Deno.test("numbers of blocks whose largest byte is 127 are rounded to themselves", () => {
  const data = Float32Array.from({ length: 32 * 50 }, (_, i) => Math.sin(i * i) * 10 ** (i / 32 % 6 - 3));
  const first = roundQ8(data);
  assert.deepEqual(roundQ8(unpackQ8(first)), first);
  const ties = Float32Array.from({ length: 32 }, (_, i) => [127, 0.5, -0.5, 2.5, -2.5, 126.5, -126.5][i % 7]);
  assert.deepEqual([...roundQ8(ties).bytes.subarray(0, 7)], [127, 1, -1, 3, -3, 127, -127]);
  assert.deepEqual([...roundQ8(new Float32Array(32)).bytes], new Array(32).fill(0));
});

Deno.test("a number that no scale can hold is refused by its name, NaN as well", () => {
  for (const large of [1e7, -Infinity, NaN]) {
    const data = new Float32Array(64);
    data[40] = large;
    data[41] = 1;
    const message = new RegExp(`Cannot store a\\.weight as Q8_0: it holds ${large},`);
    assert.throws(() => checkedBlocks(data, "a.weight"), message);
  }
});
