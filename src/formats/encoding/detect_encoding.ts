/**
 * Detection of the character encoding of a text: by its byte-order mark, by its form as UTF-8 or UTF-16, else by the
 * statistics of its letters (the npm package chardet, a port of ICU's detector).
 *
 * Found are UTF-8, UTF-16, windows-1250 to 1256, ISO 8859-1, 2, 5 to 9, KOI8-R and U, Shift_JIS, EUC-JP, ISO-2022-JP, GB18030,
 * Big5 and EUC-KR. A text without any of their marks counts as windows-1252, as browsers take it.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";

/** Bytes of text around the first letters beyond ASCII whose statistics are taken. [ours] */
const sampleBytes = 1 << 13;

/** Bytes at the start of a text that decide on UTF-16. [ours] */
const wideBytes = 1 << 20;

/** A function that returns the label of an encoding for a text, or for its beginning. */
export type DetectEncoding = (bytes: Uint8Array) => string;

/** The most letters beyond ASCII that are too few for statistics. [ours] */
const maxFewLetters = 3;
const commonLetters = [..."àáâãäåæçèéêëìíîïñòóôõöøœùúûüßÄÅÆÇÉÖØÜÑ‘’“”–—…€£©®°§«»¡¿½¼¾ºª·"];

/** The encodings in which a letter takes two bytes. */
const doubleByte = /^(shift_jis|euc-|gb|big5)/;

/** The extension of an encoding, which has letters where the other has control characters or frames. */
const extended: Record<string, string> = {
  "koi8-r": "koi8-u",
  "iso-8859-2": "windows-1250",
  "iso-8859-5": "windows-1251",
  "iso-8859-6": "windows-1256",
  "iso-8859-7": "windows-1253",
  "iso-8859-8": "windows-1255",
};

/** Returns the encoding that a byte-order mark names; `utf-32` has a mark too, but no decoder. */
export function markedEncoding(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | "utf-32" | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "utf-32" : "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  return a === 0 && b === 0 && c === 0xfe && d === 0xff ? "utf-32" : undefined;
}

/** Decodes all of `bytes`; returns undefined where one is not valid in the encoding. */
export function decodeStrictly(bytes: Uint8Array, label: string): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Loads the detector and returns the function that detects. */
export async function encodingDetector(): Promise<DetectEncoding> {
  const { default: chardet } = await lazily(() => import("chardet"));
  return (bytes) => {
    const known = markedEncoding(bytes) ?? unicodeEncoding(bytes);
    if (known) return known;
    const sample = sampleOf(bytes);
    if (hasFewLetters(sample)) return "windows-1252";
    for (const { name } of chardet.analyse(sample)) {
      if (name === "UTF-8") continue;
      for (const label of [name.toLowerCase(), extended[name.toLowerCase()]]) {
        if (label && fits(sample, label)) return new TextDecoder(label).encoding;
      }
    }
    return "windows-1252";
  };
}

/** Returns UTF-8 or UTF-16 for bytes of their form; the beginning of a text may end inside a character. */
function unicodeEncoding(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return wideEncoding(bytes);
  const { valid, invalid } = multiByteCharacters(bytes);
  if (invalid === 0 && valid === 0 && hasJapaneseEscape(bytes)) return "iso-2022-jp";
  // A text in UTF-8 with a few broken characters stays UTF-8: by chance no other encoding looks like it.
  return invalid <= valid ? "utf-8" : undefined;
}

/**
 * Returns true for a text with too few letters beyond ASCII for statistics, none beside another, each of which is a common
 * one in windows-1252: "naïve café".
 */
function hasFewLetters(sample: Uint8Array): boolean {
  const text = new TextDecoder("windows-1252").decode(sample);
  const found = text.match(/[^\0-\x7f]+/g) ?? [];
  return found.length <= maxFewLetters && found.every((letter) => commonLetters.includes(letter));
}

/** Returns true for a text that switches to Japanese letters as ISO-2022-JP does. */
function hasJapaneseEscape(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0x1b); at >= 0; at = bytes.indexOf(0x1b, at + 1)) {
    if (bytes[at + 1] === 0x24 && (bytes[at + 2] === 0x40 || bytes[at + 2] === 0x42)) return true;
  }
  return false;
}

/** Counts the characters of several bytes that UTF-8 allows, and the bytes that it does not. */
export function multiByteCharacters(bytes: Uint8Array): { valid: number; invalid: number } {
  let valid = 0;
  let invalid = 0;
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++];
    if (first < 0x80) continue;
    const following = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : 1;
    let seen = 0;
    while (seen < following && (bytes[at + seen] & 0xc0) === 0x80) seen++;
    // A single byte at the end may be the first one of a character that is cut off, or the é of "café" in another encoding.
    const isCut = seen > 0 && at + seen === bytes.length;
    if (first < 0xc2 || first > 0xf4 || (seen < following && !isCut)) invalid++;
    else {
      valid++;
      at += seen;
    }
  }
  return { valid, invalid };
}

/** Returns the UTF-16 in which the bytes are a text; the one whose upper halves are zero more often comes first. */
function wideEncoding(bytes: Uint8Array): string | undefined {
  const even = bytes.subarray(0, Math.min(bytes.length, wideBytes) & ~1);
  const isLetter = (byte: number) => byte === 0x20 || ((byte | 0x20) > 0x60 && (byte | 0x20) < 0x7b);
  const zeros = [0, 0];
  let pairs = 0;
  for (let at = 0; at < even.length; at++) {
    if (even[at] === 0) zeros[at & 1]++;
    if (at & 1 && isLetter(even[at]) && isLetter(even[at - 1])) pairs++;
  }
  if (pairs * 4 > even.length) return undefined; // letters side by side: a text of single bytes with zeros among them
  const labels = zeros[1] > zeros[0] ? ["utf-16le", "utf-16be"] : ["utf-16be", "utf-16le"];
  return labels.find((label) => {
    const text = decodeStrictly(even, label) ?? decodeStrictly(even.subarray(0, even.length - 2), label);
    return text !== undefined && !/[\p{Cn}\p{Co}]|[^\P{Cc}\t\n\v\f\r]/u.test(text);
  });
}

/** Returns the part of a text whose letters tell most: from its first byte beyond ASCII on, without tags. */
function sampleOf(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte >= 0x80);
  const part = bytes.subarray(Math.max(0, first - 64), Math.max(0, first - 64) + sampleBytes);
  if (!part.includes(0x3c)) return part;
  let isInTag = false;
  return part.map((byte) => {
    if (byte === 0x3c) isInTag = true;
    const shown = isInTag ? 0x20 : byte;
    if (byte === 0x3e) isInTag = false;
    return shown;
  });
}

/**
 * Returns true when the sample has only assigned characters in the encoding, no C1 control and no frame, and when the
 * letters of Chinese, Japanese or Korean mostly stand side by side: "Straße" has none of them.
 */
function fits(sample: Uint8Array, label: string): boolean {
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(sample, { stream: true });
    if (/[\x80-\x9f\u2500-\u25a0\p{Cn}\p{Co}]/u.test(text)) return false;
    return !doubleByte.test(label) ||
      2 * lengthOf(text, /[^\0-\x7f]{2,}/gu) >= lengthOf(text, /[^\0-\x7f]/gu);
  } catch {
    return false;
  }
}

function lengthOf(text: string, pattern: RegExp): number {
  return (text.match(pattern) ?? []).reduce((length, part) => length + [...part].length, 0);
}
