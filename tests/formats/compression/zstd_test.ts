import assert from "node:assert/strict";
import { constants, zstdCompressSync } from "node:zlib";
import { Random } from "../../../src/base/random.ts";
import { unpackZstd } from "../../../src/formats/compression/zstd.ts";
import type { BrokenRecord } from "../../../src/formats/record_or_error.ts";
import { all } from "../../data/fixtures.ts";

/** Yields the bytes in chunks of `size`, so that frames and blocks are cut at every place. */
async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield await Promise.resolve(bytes.subarray(i, i + size));
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const random = new Random(5);
const noise = Uint8Array.from({ length: 300_000 }, () => random.below(256));
const contents = [new Uint8Array(0), Uint8Array.of(7), new Uint8Array(500_000).fill(65), noise];
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9);

Deno.test("frames of every kind are unpacked, however they are cut into chunks", async () => {
  const frames = contents.flatMap((
    content,
  ) => [zstdCompressSync(content), skippable, zstdCompressSync(content, checksum)]);
  const packed = concat(frames);
  const expected = concat(contents.flatMap((content) => [content, content]));
  for (const size of [65_536, 4_099, packed.length]) {
    const found = concat(await all(unpackZstd(inChunks(packed, size))) as Uint8Array[]);
    assert.ok(
      found.length === expected.length && found.every((byte, i) => byte === expected[i]),
      `chunks of ${size}`,
    );
  }
});

Deno.test("a frame that is cut anywhere is a broken record", async () => {
  const packed = zstdCompressSync(noise.subarray(0, 400), checksum);
  for (const length of [1, 4, 6, 9, 100, packed.length - 5, packed.length - 1]) {
    const found = await all(unpackZstd(inChunks(packed.subarray(0, length), 64)));
    assert.equal(found.length, 1);
    assert.match((found[0] as BrokenRecord).problem, /ends inside a frame/, `${length} of ${packed.length}`);
  }
});

Deno.test("behind a damaged frame reading goes on at the next one", async () => {
  const good = zstdCompressSync(new TextEncoder().encode("good"));
  const packed = zstdCompressSync(noise.subarray(0, 400), checksum);
  const changed = packed.with(60, packed[60] ^ 1);
  for (const size of [64, 100_000]) {
    const found = await all(unpackZstd(inChunks(concat([good, changed, good]), size)));
    const read = found.map((part) =>
      part instanceof Uint8Array ? new TextDecoder().decode(part) : part.offset
    );
    assert.deepEqual(read, ["good", good.length, "good"]);
  }
});
