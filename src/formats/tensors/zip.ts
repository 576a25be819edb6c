/**
 * Reader of the directory of a ZIP file with uncompressed members, as PyTorch writes it.
 *
 * It reads the 64-bit fields of files beyond 4 GB too. Format: PKWARE's APPNOTE.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { OpenFile } from "../open_file.ts";

/** A member of a ZIP file. */
export interface ZipMember {
  /** First byte of its contents, from the start of the file. */
  offset: number;
  /** Length of its contents in bytes. */
  length: number;
}

/** Bytes of the end record and of the longest comment behind it. */
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65535;

/** Size of the largest directory that is read. [ours] */
const MAX_DIRECTORY_BYTES = 64 << 20;

/** Most members, far more than any model has tensors; each costs a read. [ours] */
const MAX_MEMBERS = 100_000;

/** The value of a 32-bit field whose number is in the 64-bit field instead. */
const IN_64_BITS = 0xffffffff;

/**
 * Reads the directory and returns the members by name.
 *
 * @throws {FormatError} when the file is not a ZIP file, is damaged, or holds compressed members
 */
export async function zipMembers(file: OpenFile): Promise<Map<string, ZipMember>> {
  const { offset, length } = await directoryOf(file);
  const bytes = await read(file, offset, length, "the directory");
  const view = new DataView(bytes.buffer);
  const members = new Map<string, ZipMember>();
  for (let at = 0; at < length;) {
    if (at + 46 > length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(file, offset + at, "a member");
    }
    const [nameBytes, extraBytes, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const end = at + 46 + nameBytes + extraBytes + comment;
    if (end > length) throw damaged(file, offset + at, "a member inside the directory");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    if (members.size >= MAX_MEMBERS) throw damaged(file, offset + at, `at most ${MAX_MEMBERS} members`);
    if (members.has(name)) throw damaged(file, offset + at, `each name once, found ${show(name)} again`);
    if (view.getUint16(at + 10, true) !== 0) {
      throw damaged(file, offset + at, `${show(name)} to be stored uncompressed`);
    }
    const extra = new DataView(bytes.buffer, at + 46 + nameBytes, extraBytes);
    const [size, , local] = sizes(view, at, extra, () => damaged(file, offset + at, "64-bit sizes"));
    members.set(name, await contents(file, local, size, name));
    at = end;
  }
  return members;
}

/** Reads a member's uncompressed size, compressed size and offset, each from the 64-bit field if it is there. */
function sizes(view: DataView, at: number, extra: DataView, fail: () => FormatError): number[] {
  const plain = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  let from = 0;
  while (from + 4 <= extra.byteLength && extra.getUint16(from, true) !== 1) {
    from += 4 + extra.getUint16(from + 2, true);
  }
  from += 4;
  return plain.map((value) => {
    if (value !== IN_64_BITS) return value;
    if (from + 8 > extra.byteLength) throw fail();
    from += 8;
    return Number(extra.getBigUint64(from - 8, true));
  });
}

/** Locates a member's contents by its local header, whose name and extra field may be longer than in the directory. */
async function contents(file: OpenFile, local: number, length: number, name: string): Promise<ZipMember> {
  const view = new DataView((await read(file, local, 30, `the header of ${show(name)}`)).buffer);
  if (view.getUint32(0, true) !== 0x04034b50) throw damaged(file, local, `the header of ${show(name)}`);
  const offset = local + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (!(offset + length <= file.size)) throw damaged(file, local, `${length} bytes of ${show(name)}`);
  return { offset, length };
}

async function directoryOf(file: OpenFile): Promise<ZipMember> {
  const from = Math.max(0, file.size - END_BYTES - MAX_COMMENT_BYTES);
  const bytes = await read(file, from, file.size - from, "the end of a ZIP file");
  const view = new DataView(bytes.buffer);
  let at = bytes.length - END_BYTES;
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) {
    throw damaged(file, 0, "a file written by torch.save (a ZIP file; files older than PyTorch 1.6 are not)");
  }
  let length = view.getUint32(at + 12, true);
  let offset = view.getUint32(at + 16, true);
  if (offset === IN_64_BITS || length === IN_64_BITS) {
    if (at < 20 || view.getUint32(at - 20, true) !== 0x07064b50) {
      throw damaged(file, from + at, "a 64-bit end record");
    }
    const endOffset = Number(view.getBigUint64(at - 12, true));
    const end = new DataView((await read(file, endOffset, 56, "the 64-bit end record")).buffer);
    length = Number(end.getBigUint64(40, true));
    offset = Number(end.getBigUint64(48, true));
  }
  if (length > MAX_DIRECTORY_BYTES || !(offset + length <= file.size)) {
    throw damaged(file, from + at, "a directory inside the file");
  }
  return { offset, length };
}

async function read(
  file: OpenFile,
  offset: number,
  length: number,
  expected: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!Number.isSafeInteger(offset) || offset > file.size) throw damaged(file, file.size, expected);
  return await file.readAll(offset, new Uint8Array(length), expected);
}

function damaged(file: OpenFile, offset: number, expected: string): FormatError {
  return new FormatError(`Cannot read the ZIP file: expected ${expected}`, {
    file: file.path,
    offset,
    expected,
  });
}
