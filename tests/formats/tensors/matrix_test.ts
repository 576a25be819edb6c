// Parts of matrices against plain loops.
import assert from "node:assert/strict";
import { packBlocks } from "../../../src/formats/gguf/gguf_pack.ts";
import { splitQ8, unpackQ8 } from "../../../src/formats/gguf/q8_blocks.ts";
import { type FileMatrix, partOfMatrix } from "../../../src/formats/tensors/matrix.ts";

const [rows, cols] = [7, 96];
const numbers = Float32Array.from({ length: rows * cols }, (_, i) => (i * 37 % 101) / 50 - 1);
const blocks = packBlocks("Q8_0", numbers, "numbers");
const rowBytes = cols / 32 * 34;
const matrix: FileMatrix = {
  file: "memory",
  shape: [rows, cols],
  read: (start, count) => Promise.resolve(numbers.slice(start * cols, (start + count) * cols)),
  readQ8: (start, count) => Promise.resolve(blocks.slice(start * rowBytes, (start + count) * rowBytes)),
};

Deno.test("a part of a matrix reads its rows and columns", async () => {
  for (const [row, col, r, c] of [[0, 0, 7, 96], [2, 0, 3, 96], [0, 5, 7, 11], [3, 32, 4, 64]]) {
    const part = partOfMatrix(matrix, { row, col, shape: [r, c] });
    const want = Array.from({ length: (r - 1) * c }, (_, i) => {
      return numbers[(row + 1 + Math.floor(i / c)) * cols + col + i % c];
    });
    assert.deepEqual([...await part.read(1, r - 1)], want);
    assert.deepEqual(part.shape, [r, c]);
  }
});

Deno.test("blocks stay blocks where a part begins and ends with one", async () => {
  const part = partOfMatrix(matrix, { row: 2, col: 32, shape: [4, 64] });
  const got = unpackQ8(splitQ8(await part.readQ8!(1, 2)));
  const whole = unpackQ8(splitQ8(blocks));
  assert.deepEqual([...got], [3, 4].flatMap((row) => [...whole.subarray(row * cols + 32, row * cols + 96)]));
  assert.equal(partOfMatrix(matrix, { row: 2, col: 16, shape: [4, 64] }).readQ8, undefined);
});
