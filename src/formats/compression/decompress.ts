/**
 * Decompression of files by what is in them: gzip, Zstandard, bzip2, xz and LZ4, also of several concatenated members,
 * whatever their names say. Brotli, which has no mark of its own, is known by its name (`.br`).
 *
 * A file that unpacks to more than 500 times its size is refused.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress } from "node:zlib";
import { DataError } from "../../base/errors.ts";
import { notText } from "../encoding/text_or_not.ts";
import { type BrokenRecord, isBrokenRecord } from "../record_or_error.ts";
import { unpackByProgram } from "./bzip2_xz.ts";
import { gunzip } from "./gunzip.ts";
import { unpackZstd } from "./zstd.ts";

type Parts = AsyncIterable<Uint8Array | BrokenRecord>;

const unpackers: Record<string, (chunks: AsyncIterable<Uint8Array>, path: string) => Parts> = {
  gz: gunzip,
  zst: unpackZstd,
  bz2: (_, path) => unpackByProgram(path, "bz2"),
  xz: (_, path) => unpackByProgram(path, "xz"),
  lz4: (_, path) => unpackByProgram(path, "lz4"),
  br: (chunks) =>
    pipeline(Readable.from(chunks, { objectMode: false }), createBrotliDecompress(), () => {}) as Parts,
};

/** The first bytes of packed files, in hexadecimal, and their kinds. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^1f8b08/, "gz"],
  [/^(28b52ffd|5.2a4d18)/, "zst"],
  [/^425a683[1-9](314159265359|177245385090)/, "bz2"],
  [/^fd377a585a00/, "xz"],
  [/^04224d18|^02214c18/, "lz4"],
  [/^504b(0304|0506|0708)/, "zip"],
  [/^377abcaf271c/, "7z"],
  [/^526172211a07/, "rar"],
  [/^ff060000734e61507059/, "sz"],
  [/^1f9d/, "Z"],
];

/** The commands that unpack files which are not read here, by kind. */
const remedies: Record<string, string> = {
  zip: "unzip",
  "7z": "7z x",
  rar: "unrar x",
  sz: "snzip -d",
  Z: "gzip -d",
};

/**
 * The largest ratio of unpacked to packed bytes, checked beyond `uncheckedBytes` of output. Text shrinks to a tenth,
 * logs to a hundredth; gzip reaches a thousandth at most. [ours]
 */
const maxRatio = 500;
const uncheckedBytes = 1 << 28;

/** Returns the kind of packing that the first bytes of a file show; undefined for a file that is not packed. */
export function packingOf(start: Uint8Array): string | undefined {
  const hex = start.subarray(0, 10).toHex();
  return marks.find(([mark]) => mark.test(hex))?.[1];
}

/** Returns the kind of packing that a name promises, for a file whose damaged beginning is no text either. */
function packingByName(path: string, start: Uint8Array): string | undefined {
  const kind = /\.(gz|zst|bz2|xz|lz4|br)$/i.exec(path)?.[1].toLowerCase();
  return kind !== undefined && notText(start, "") ? kind : undefined;
}

/**
 * Streams the unpacked bytes of `path` in chunks; leaving the loop early closes the file.
 *
 * @throws {DataError} when the file cannot be read, is damaged or cut short, unpacks to more than 500 times its size, or
 * is an archive (`.zip`, `.7z`)
 */
export async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  for await (const part of readParts(path)) {
    if (isBrokenRecord(part)) throw new DataError(`Cannot unpack the file: ${part.problem}`, { file: path });
    yield part;
  }
}

/**
 * Streams the unpacked bytes of `path` in chunks, with a broken record in place of each damaged member of a `.gz` or
 * frame of a `.zst` file, behind which reading goes on.
 *
 * @throws {DataError} as {@linkcode readBytes} does, except for such damage
 */
export async function* readParts(path: string): AsyncGenerator<Uint8Array | BrokenRecord> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  let kind: string | undefined;
  try {
    const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const first = await chunks.next();
    if (first.done) return;
    kind = packingOf(first.value) ?? packingByName(path, first.value);
    const all = rejoined(first.value, chunks);
    if (kind === undefined) return yield* all;
    if (remedies[kind]) {
      const shown = kind === "Z" ? "compress (.Z)" : `.${kind}`;
      throw new DataError(`Cannot read ${shown} files: unpack it first, such as with \`${remedies[kind]}\``, {
        file: path,
      });
    }
    const { size } = await Deno.stat(path);
    let done = 0;
    for await (const part of unpackers[kind](all, path)) {
      if (!isBrokenRecord(part)) done += part.length;
      if (done > uncheckedBytes && done > maxRatio * size) {
        throw new Error(`it unpacks to more than ${maxRatio} times its ${size} bytes`);
      }
      yield part;
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const verb = kind === undefined ? "read" : "unpack";
    throw new DataError(`Cannot ${verb} the file: ${why}`, { file: path, cause });
  } finally {
    file.destroy();
  }
}

async function* rejoined(
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
