/**
 * The bytes of a file, unpacked by its extension: `.gz` and `.zst`, also with several members one behind another.
 *
 * @module
 */
import { createReadStream, type ReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../base/errors.ts";
import { unpackZstd } from "./zstd.ts";

const unpackers: Partial<Record<string, (file: ReadStream) => AsyncIterable<Uint8Array>>> = {
  // The callback keeps a failure of either stream from going unhandled; whoever reads the result meets it.
  gz: (file) => pipeline(file, createGunzip(), () => {}),
  zst: unpackZstd,
};

/** Formats that are not read here, with the program that unpacks them. */
const unreadable: Partial<Record<string, string>> = {
  bz2: "bunzip2",
  xz: "unxz",
  zip: "unzip",
  "7z": "7z x",
};

/**
 * Streams the unpacked bytes of `path`, a chunk at a time; leaving the loop early closes the file.
 *
 * @throws {DataError} when the file cannot be read, is cut short, or is packed in a way that is not read here
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  const program = unreadable[extension];
  if (program !== undefined) {
    throw new DataError(`Cannot read .${extension} files, unpack it first, such as with \`${program}\``, {
      file: path,
    });
  }
  const unpack = unpackers[extension];
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    yield* unpack === undefined ? file : unpack(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const verb = unpack === undefined ? "read" : "unpack";
    throw new DataError(`Cannot ${verb} the file: ${why}`, { file: path, cause });
  } finally {
    file.destroy();
  }
}
