/**
 * The header of a collective: a few bytes that all ranks exchange first, so that a disagreement is an error on every rank
 * before any data is sent. Libraries themselves truncate, hang or give wrong numbers then.
 *
 * @module
 */
import type { CollectiveKind } from "../../base/collective_log.ts";
import type { Place } from "../disagreement.ts";

/** The kinds that a header names: collectives, the division of a group, a rank that failed, one that leaves the world. */
export const headerKinds = [
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
export interface Header extends Place {
  kind: HeaderKind;
  /** Bytes of what this rank sends that others need to know: of a broadcast, the largest part for another rank, an error. */
  extent: number;
}

/** Bytes of a header. */
export const headerBytes = 128;

/** Bytes of a label that travel in a header; of a longer one the beginning. */
const labelBytes = headerBytes - 36;

/** Packs a header. */
export function packHeader(header: Header): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, headerKinds.indexOf(header.kind));
  view.setInt32(4, header.from ?? -1);
  view.setFloat64(8, header.size ?? -1);
  view.setFloat64(16, header.extent);
  view.setFloat64(24, header.step ?? -1);
  const { written } = new TextEncoder().encodeInto(header.label, bytes.subarray(36));
  view.setUint32(32, Math.min(written, labelBytes));
  return bytes;
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
      label: new TextDecoder().decode(bytes.subarray(36, 36 + view.getUint32(32))),
    };
  });
}

function known(number: number): number | undefined {
  return number < 0 ? undefined : number;
}
