/**
 * The body of an HTTP response as a WARC file keeps it (RFC 9112): transfer and content encodings are undone where the
 * body really has them. Many crawls undo them and leave the headers; then the body stays as it is.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import { concat } from "../bytes.ts";
import { notText } from "../encoding/text_or_not.ts";

/** An HTTP response. */
export interface HttpResponse {
  /** Its status, such as 200; undefined for bytes without HTTP headers. */
  status?: number;
  /** Its content type; undefined where it names none. */
  type?: string;
  /** Its body, unpacked. */
  body: Uint8Array;
  /** True when the packed body ends too early; `body` is the part before. */
  isCut?: boolean;
  /** The problem of a body that cannot be unpacked. */
  problem?: string;
}

/** Bytes of the largest unpacked body, and of the longest headers. [ours] */
const maxBodyBytes = 1 << 26;
const maxHeadBytes = 1 << 20;

/** Bytes of the shortest first chunk that counts as one although it is cut off. [ours] */
const minCutBytes = 1 << 12;

const CR = 13;
const LF = 10;

/** Reads a response; bytes that do not begin as one are all body. */
export function readHttpResponse(bytes: Uint8Array): HttpResponse {
  const latin = new TextDecoder("latin1");
  const end = /^(HTTP|ICY)/.test(latin.decode(bytes.subarray(0, 4))) ? headEnd(bytes) : undefined;
  if (end === undefined) return { body: bytes };
  const head = latin.decode(bytes.subarray(0, end)).replace(/\r?\n[ \t]+/g, " ");
  const status = Number(/^\S+[ \t]+(\d{3})\b/.exec(head)?.[1] ?? NaN);
  const all = (name: string) =>
    [...head.matchAll(new RegExp(`^${name}[ \\t]*:(.*)$`, "gim"))].map(([, value]) => value);
  const codings = (name: string) =>
    all(name).join(",").toLowerCase().split(",").map((coding) => coding.trim());
  const type = all("content-type").at(-1)?.trim();
  let response: HttpResponse = { status, type, body: bytes.subarray(end) };
  // The transfer codings were put on last. The first of several codings was put on first.
  for (const coding of [...codings("content-encoding"), ...codings("transfer-encoding")].reverse()) {
    if (response.problem === undefined) response = undone(response, coding);
  }
  const isText = /html|^text\//i.test(type ?? "html");
  return isText && isGzip(response.body) && response.problem === undefined
    ? undone(response, "gzip")
    : response;
}

/** Returns the number of bytes up to and with the first empty line. */
function headEnd(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(LF); at >= 0 && at < maxHeadBytes; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return undefined;
}

/**
 * Undoes one coding. A body that does not have it stays, if it is text. A body that begins as gzip is unpacked as gzip
 * where the header names another compression.
 */
function undone(response: HttpResponse, coding: string): HttpResponse {
  const { body } = response;
  const isNamedWrong = coding !== "chunked" && isGzip(body);
  const undo = Object.hasOwn(codings, coding) ? codings[isNamedWrong ? "gzip" : coding] : undefined;
  if (undo === undefined || body.length === 0) return response;
  try {
    const found = undo(body);
    if (found) return { ...response, ...found, isCut: response.isCut || found.isCut };
  } catch (cause) {
    const { code } = cause as Error & { code?: string };
    if (code === "ERR_BUFFER_TOO_LARGE") {
      return { ...response, problem: `a body that unpacks to more than ${maxBodyBytes >> 20} MiB` };
    }
  }
  return notText(body, "") === undefined
    ? response
    : { ...response, problem: `a body that cannot be unpacked (${coding})` };
}

/** A body without one coding; undefined for a body that does not have it. */
type Undone = { body: Uint8Array; isCut?: boolean } | undefined;

const codings: Record<string, (body: Uint8Array) => Undone> = {
  chunked: joinedChunks,
  gzip: (body) => isGzip(body) ? inflated(body, gunzipSync) : undefined,
  "x-gzip": (body) => isGzip(body) ? inflated(body, gunzipSync) : undefined,
  deflate: (body) => {
    const isZlib = (body[0] & 15) === 8 && (256 * body[0] + body[1]) % 31 === 0;
    return inflated(body, isZlib ? inflateSync : inflateRawSync);
  },
  br: (body) => {
    const options = { maxOutputLength: maxBodyBytes };
    return wholeOrStart(
      body,
      () => brotliDecompressSync(body, options),
      () => brotliDecompressSync(body, { ...options, finishFlush: constants.BROTLI_OPERATION_FLUSH }),
    );
  },
  zstd: (body) => {
    if (body[0] !== 0x28 || body[1] !== 0xb5 || body[2] !== 0x2f || body[3] !== 0xfd) return undefined;
    return { body: zstdDecompressSync(body, { maxOutputLength: maxBodyBytes }) };
  },
  compress: () => {
    throw new Error("not read");
  },
};

function isGzip(body: Uint8Array): boolean {
  return body[0] === 0x1f && body[1] === 0x8b && body[2] === 8;
}

function inflated(body: Uint8Array, inflate: typeof gunzipSync): Undone {
  const options = { maxOutputLength: maxBodyBytes };
  return wholeOrStart(
    body,
    () => inflate(body, options),
    () => inflate(body, { ...options, finishFlush: constants.Z_SYNC_FLUSH }),
  );
}

/** Unpacks a body, or the start of one that ends too early; undefined for a body that is text. */
function wholeOrStart(packed: Uint8Array, whole: () => Uint8Array, start: () => Uint8Array): Undone {
  try {
    const body = whole();
    if (body.length) return { body };
  } catch (cause) {
    if ((cause as Error & { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw cause;
  }
  if (notText(packed, "") === undefined) return undefined;
  const body = start();
  if (body.length === 0) throw new Error("nothing can be unpacked");
  return { body, isCut: true };
}

/** Joins the chunks of a body (RFC 9112, section 7.1); extensions and trailers are passed over. */
function joinedChunks(body: Uint8Array): Undone {
  const parts: Uint8Array[] = [];
  const latin = new TextDecoder("latin1");
  for (let at = 0;;) {
    const end = body.indexOf(LF, at);
    const line = latin.decode(
      body.subarray(at, end < 0 ? Math.min(body.length, at + 64) : Math.min(end, at + 4096)),
    );
    const size = /^[ \t]*([0-9a-f]{1,12})[ \t]*(;.*)?\r?$/i.exec(line)?.[1];
    if (end < 0 || size === undefined) return at > 0 ? { body: concat(parts), isCut: true } : undefined;
    const length = parseInt(size, 16);
    if (length === 0) return { body: concat(parts) };
    const chunk = body.subarray(end + 1, end + 1 + length);
    parts.push(chunk);
    at = end + 1 + length;
    if (at >= body.length) {
      // A short first line that looks like the size of a chunk may be text.
      return parts.length > 1 || chunk.length >= minCutBytes
        ? { body: concat(parts), isCut: true }
        : undefined;
    }
    if (body[at] === CR) at++;
    if (body[at] !== LF) {
      if (parts.length > 1) return { body: concat(parts), isCut: true };
      return lastChunk.test(latin.decode(body.subarray(-16))) ? withoutSizes(body) : undefined;
    }
    at++;
  }
}

/** The end of a body in chunks. */
const lastChunk = /\r?\n0+\r?\n(\r?\n)?$/;

/** Joins chunks whose sizes are wrong: the lines that hold a size are taken out. */
function withoutSizes(body: Uint8Array): Undone {
  const text = Buffer.from(body).toString("latin1").replace(lastChunk, "");
  const joined = text.replace(/^[0-9a-f]+[ \t]*\r?\n/i, "").replace(/\r\n[0-9a-f]{1,8}[ \t]*\r\n/gi, "");
  return { body: Uint8Array.from(Buffer.from(joined, "latin1")), isCut: true };
}
