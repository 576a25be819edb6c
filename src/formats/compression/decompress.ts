/**
 * Decompression by file extension: `.gz`, `.zst`, `.bz2` and `.xz`, also of several concatenated members.
 * A file that unpacks to more than 500 times its size is refused.
 *
 * @module
 */
import { createReadStream, type ReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../base/errors.ts";
import { unpackBzip2Xz } from "./bzip2_xz.ts";
import { unpackZstd } from "./zstd.ts";

type Unpack = (file: ReadStream, path: string) => AsyncIterable<Uint8Array>;

const unpackers: Partial<Record<string, Unpack>> = {
  // The reader of the result gets a failure of either stream; the empty callback only keeps it from going unhandled.
  gz: (file) => pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => {}),
  zst: unpackZstd,
  bz2: (_, path) => unpackBzip2Xz(path, "bz2"),
  xz: (_, path) => unpackBzip2Xz(path, "xz"),
};

/** The programs that unpack archives of several files, which are not read here, by extension. */
const archivePrograms: Partial<Record<string, string>> = { zip: "unzip", "7z": "7z x" };

/**
 * The largest ratio of unpacked to packed bytes, checked beyond `uncheckedBytes` of output. Text shrinks to a tenth,
 * logs to a hundredth; gzip reaches a thousandth at most. [ours]
 */
const maxRatio = 500;
const uncheckedBytes = 1 << 28;

/**
 * Streams the unpacked bytes of `path` in chunks; leaving the loop early closes the file.
 *
 * @throws {DataError} when the file cannot be read, is cut short, unpacks to more than 500 times its size, or is an
 * archive (`.zip`, `.7z`)
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  const program = archivePrograms[extension];
  if (program !== undefined) {
    throw new DataError(`Cannot read .${extension} files: unpack it first, such as with \`${program}\``, {
      file: path,
    });
  }
  const unpack = unpackers[extension];
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    if (unpack === undefined) return yield* file;
    const { size } = await Deno.stat(path);
    let done = 0;
    for await (const chunk of unpack(file, path)) {
      done += chunk.length;
      if (done > uncheckedBytes && done > maxRatio * size) {
        throw new Error(`it unpacks to more than ${maxRatio} times its ${size} bytes`);
      }
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const verb = unpack === undefined ? "read" : "unpack";
    throw new DataError(`Cannot ${verb} the file: ${why}`, { file: path, cause });
  } finally {
    file.destroy();
  }
}
