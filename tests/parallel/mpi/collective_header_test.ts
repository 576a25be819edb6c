// Headers of collectives: what is packed comes back, and long labels fit.
import assert from "node:assert/strict";
import {
  agreedHeaders,
  type Header,
  headerBytes,
  packDigest,
  packHeader,
  unpackHeaders,
} from "../../../src/parallel/mpi/collective_header.ts";

const headers: Header[] = [
  { kind: "allGather", label: "losses", size: 0, extent: 0, step: 0, from: undefined },
  { kind: "broadcast", label: "Größe", size: undefined, extent: 2 ** 40 + 1, step: 123456, from: 2047 },
  { kind: "left", label: "", size: 2 ** 33 + 4, extent: 3, step: undefined, from: 0 },
];

Deno.test("headers of several ranks come back in their order", () => {
  const all = new Uint8Array(headerBytes * headers.length);
  headers.forEach((header, i) => all.set(packHeader(header), i * headerBytes));
  assert.deepEqual(unpackHeaders(all), headers);
});

Deno.test("of a long label the beginning travels", () => {
  const packed = packHeader({ kind: "barrier", label: "ä".repeat(500), extent: 0 });
  assert.equal(packed.length, headerBytes);
  assert.equal(unpackHeaders(packed)[0].label, "ä".repeat((headerBytes - 36) / 2));
});

Deno.test("digests agree where all but the extent is equal", () => {
  const own: Header = { kind: "allToAll", label: "rows", step: 7, extent: 3 };
  const join = (headers: Header[]) => new Uint8Array(headers.flatMap((header) => [...packDigest(header)]));
  const other = { ...own, extent: 2 ** 41 };
  assert.deepEqual(agreedHeaders(own, join([own, other])), [own, other]);
  for (const different of [{ ...own, step: 8 }, { ...own, label: "rowz" }, { ...own, size: 0 }]) {
    assert.equal(agreedHeaders(own, join([own, different])), undefined);
  }
});
