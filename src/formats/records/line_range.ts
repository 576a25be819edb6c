/**
 * Ranges of lines: the lines of a file that begin between two bytes, so that several readers share one large file.
 *
 * Ranges that meet hold every line once, wherever the borders lie.
 *
 * @module
 */

/** The lines that begin at byte `from` or behind it, and before byte `to`. */
export interface LineRange {
  /** First byte. */
  from: number;
  /** First byte behind the range. */
  to: number;
}

const lineFeed = 10;
const chunkBytes = 1 << 20;

/** Streams the bytes of the lines of a range, whole lines also where the last one ends behind the range. */
export async function* readLineRange(path: string, { from, to }: LineRange): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(path);
  const start = await lineStart(file, from);
  await file.seek(start, Deno.SeekMode.Start);
  for (let at = start; at < to;) {
    const chunk = await read(file);
    if (!chunk) return;
    // The line that holds the last byte of the range is the last one.
    const last = Math.max(0, to - 1 - at);
    const end = last < chunk.length ? chunk.indexOf(lineFeed, last) + 1 : 0;
    if (end > 0) return yield chunk.subarray(0, end);
    yield chunk;
    at += chunk.length;
    if (at >= to) return yield* restOfLine(file);
  }
}

async function* restOfLine(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  for (let chunk = await read(file); chunk; chunk = await read(file)) {
    const end = chunk.indexOf(lineFeed) + 1;
    if (end > 0) return yield chunk.subarray(0, end);
    yield chunk;
  }
}

/** Returns the byte at which the first line at or behind `from` begins. */
async function lineStart(file: Deno.FsFile, from: number): Promise<number> {
  if (from === 0) return 0;
  let at = from - 1;
  await file.seek(at, Deno.SeekMode.Start);
  for (let chunk = await read(file); chunk; chunk = await read(file)) {
    const end = chunk.indexOf(lineFeed);
    if (end >= 0) return at + end + 1;
    at += chunk.length;
  }
  return at;
}

/** The last count of lines; ranges that follow one another in one process count on from it. */
let counted = { file: "", at: 0, lines: 0 };

/** Returns the number of lines that begin before byte `from` of a file, which is read up to there. */
export async function linesBefore(path: string, from: number): Promise<number> {
  using opened = await Deno.open(path);
  const { size, mtime } = await opened.stat();
  const end = await lineStart(opened, from);
  const file = `${path} ${size} ${mtime?.getTime()}`;
  const known = counted.file === file && counted.at <= end ? counted : { file, at: 0, lines: 0 };
  let { at, lines } = known;
  await opened.seek(at, Deno.SeekMode.Start);
  while (at < end) {
    const chunk = (await read(opened))?.subarray(0, end - at);
    if (!chunk) break;
    for (let i = chunk.indexOf(lineFeed); i >= 0; i = chunk.indexOf(lineFeed, i + 1)) lines++;
    at += chunk.length;
  }
  counted = { file, at, lines };
  return lines;
}

/** Reads the next bytes of a file; undefined at its end. */
async function read(file: Deno.FsFile): Promise<Uint8Array | undefined> {
  const chunk = new Uint8Array(chunkBytes);
  const length = await file.read(chunk);
  return length === null ? undefined : chunk.subarray(0, length);
}
