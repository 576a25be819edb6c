/**
 * The bytes of a file, unpacked by its extension: `.gz`, `.zst`, `.bz2` and `.xz`, also with several members one
 * behind another. A file that unpacks to absurdly much is refused.
 *
 * @module
 */
import { createReadStream, type ReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../../base/errors.ts";
import { unpackSlow } from "./bzip2_xz.ts";
import { unpackZstd } from "./zstd.ts";

type Unpack = (file: ReadStream, path: string) => AsyncIterable<Uint8Array>;

const unpackers: Partial<Record<string, Unpack>> = {
  // The callback keeps a failure of either stream from going unhandled; whoever reads the result meets it.
  gz: (file) => pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => {}),
  zst: unpackZstd,
  bz2: (_, path) => unpackSlow(path, "bz2"),
  xz: (_, path) => unpackSlow(path, "xz"),
};

/** Archives, which are no single stream of bytes, with the program that unpacks them. */
const unreadable: Partial<Record<string, string>> = { zip: "unzip", "7z": "7z x" };

/**
 * How much a file may unpack to: so many times its own bytes, looked at from so many bytes on. Text shrinks to a tenth,
 * logs to a hundredth; gzip alone can hold a thousandfold. [ours]
 */
const mostTimes = 500;
const fromBytes = 1 << 28;

/**
 * Streams the unpacked bytes of `path`, a chunk at a time; leaving the loop early closes the file.
 *
 * @throws {DataError} when the file cannot be read, is cut short, unpacks to more than 500 times its size, or is
 * packed in a way that is not read here
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
    if (unpack === undefined) return yield* file;
    const { size } = await Deno.stat(path);
    let done = 0;
    for await (const chunk of unpack(file, path)) {
      done += chunk.length;
      if (done > fromBytes && done > mostTimes * size) {
        throw new Error(`it unpacks to more than ${mostTimes} times its ${size} bytes`);
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
