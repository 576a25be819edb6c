/**
 * The header of a collective: a few bytes that all ranks exchange first, so that a disagreement is an error on every rank
 * before any data is sent. Libraries themselves truncate, hang or give wrong numbers then.
 *
 * Ranks exchange digests of 16 bytes, and whole headers only where the digests differ.
 *
 * @module
 */
import type { CollectiveKind } from "../../base/collective_log.ts";
import type { CollectivePlace } from "../disagreement.ts";

/** The kinds that a header names: collectives, the division of a group, a rank that failed, one that leaves the world. */
const headerKinds = [
  "allGather",
  "reduceScatter",
  "allToAll",
  "broadcast",
  "barrier",
  "split",
  "failed",
  "left",
] as const satisfies readonly (CollectiveKind | "split" | "failed" | "left")[];

/** The kind of a header. */
export type HeaderKind = typeof headerKinds[number];

/** A rank's announcement of the collective that it is about to begin. */
export interface Header extends CollectivePlace {
  kind: HeaderKind;
  /** Bytes of what this rank sends that others need to know: of a broadcast, the largest part for another rank, an error. */
  extent: number;
}

/** Bytes of a header. */
export const headerBytes = 128;

/** The place of the label in a header; of a long one the beginning travels. */
const labelStart = 36;

/** Packs a header. */
export function packHeader(header: Header): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, headerKinds.indexOf(header.kind));
  view.setInt32(4, header.from ?? -1);
  view.setFloat64(8, header.size ?? -1);
  view.setFloat64(16, header.extent);
  view.setFloat64(24, header.step ?? -1);
  const { written } = new TextEncoder().encodeInto(header.label, bytes.subarray(labelStart));
  view.setUint32(32, written);
  return bytes;
}

/** Bytes of a digest. */
export const digestBytes = 16;

/** Packs the hash of a header, and its extent: all that ranks exchange where they agree. */
export function packDigest(header: Header): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(digestBytes);
  const view = new DataView(bytes.buffer);
  const packed = packHeader({ ...header, extent: 0 });
  // Two hashes of Fowler, Noll and Vo (FNV-1a) with different beginnings.
  [0x811c9dc5, 0x9e3779b9].forEach((begin, i) => {
    view.setUint32(4 * i, packed.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), begin) >>> 0);
  });
  view.setFloat64(8, header.extent);
  return bytes;
}

/** Returns the headers of all ranks from their digests where they agree with `own` but for the extent; else undefined. */
export function agreedHeaders(own: Header, all: Uint8Array<ArrayBuffer>): Header[] | undefined {
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  const hashes = Array.from(
    { length: all.length / digestBytes },
    (_, i) => view.getBigUint64(i * digestBytes),
  );
  if (hashes.some((hash) => hash !== hashes[0])) return undefined;
  return hashes.map((_, i) => ({ ...own, extent: view.getFloat64(i * digestBytes + 8) }));
}

/** Unpacks the headers of all ranks. */
export function unpackHeaders(all: Uint8Array<ArrayBuffer>): Header[] {
  return Array.from({ length: all.length / headerBytes }, (_, rank) => {
    const bytes = all.subarray(rank * headerBytes, (rank + 1) * headerBytes);
    const view = new DataView(all.buffer, all.byteOffset + rank * headerBytes, headerBytes);
    return {
      kind: headerKinds[view.getUint8(0)],
      from: known(view.getInt32(4)),
      size: known(view.getFloat64(8)),
      extent: view.getFloat64(16),
      step: known(view.getFloat64(24)),
      label: new TextDecoder().decode(bytes.subarray(labelStart, labelStart + view.getUint32(32))),
    };
  });
}

function known(number: number): number | undefined {
  return number < 0 ? undefined : number;
}
