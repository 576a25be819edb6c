import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { concat } from "../../../src/formats/bytes.ts";
import { gunzip } from "../../../src/formats/compression/gunzip.ts";
import { all } from "../../data/fixtures.ts";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** Unpacks, and shows damage as `!`. */
async function read(bytes: Uint8Array, size = 1000): Promise<string> {
  const parts = await all(gunzip(inChunks(bytes, size)));
  return parts.map((part) => part instanceof Uint8Array ? new TextDecoder().decode(part) : "!").join("");
}

const members = ["one ", "two ", "three "].map((text) => gzipSync(text.repeat(9)));
const texts = ["one ", "two ", "three "].map((text) => text.repeat(9));

Deno.test("members are unpacked however they are cut into chunks", async () => {
  for (const size of [1, 7, 64, 10_000]) assert.equal(await read(concat(members), size), texts.join(""));
  const big = "0123456789abcdef".repeat(1 << 18); // the unpacked member goes over several chunks
  assert.equal(await read(concat([members[0], gzipSync(big), members[1]])), texts[0] + big + texts[1]);
  assert.equal(
    await read(concat([members[0], new Uint8Array(99)])),
    texts[0],
    "zeros behind the last member",
  );
  assert.equal(await read(new Uint8Array(0)), "");
});

Deno.test("behind a damaged member reading goes on, and nothing of it gets through", async () => {
  for (let at = 10; at < members[1].length; at++) {
    const damaged = members[1].map((byte, i) => i === at ? byte ^ 0x55 : byte);
    for (const size of [16, 10_000]) {
      assert.equal(
        await read(concat([members[0], damaged, members[2]]), size),
        `${texts[0]}!${texts[2]}`,
        `byte ${at}`,
      );
    }
  }
  const junk = new TextEncoder().encode("no member at all");
  assert.equal(await read(concat([members[0], junk, members[2]])), `${texts[0]}!${texts[2]}`);
  assert.equal(
    await read(concat([members[0], members[1].subarray(0, 15), members[2]])),
    `${texts[0]}!${texts[2]}`,
  );
});

Deno.test("of a file that is cut short the part before is given", async () => {
  const whole = gzipSync("line\n".repeat(20_000) + crypto.randomUUID());
  const found = await read(whole.subarray(0, whole.length - 30));
  assert.ok(found.startsWith("line\n".repeat(10_000)) && found.endsWith("!"), `${found.length} characters`);
  assert.equal(await read(members[0].subarray(0, 5)), "!");
});
