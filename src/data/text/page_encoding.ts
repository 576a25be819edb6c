/**
 * Decoding of web pages: by byte-order mark, else by the character set of the HTTP header, else by the one that the page
 * names in its head, else by detection.
 *
 * @module
 */
import {
  decodeStrictly,
  type DetectEncoding,
  markedEncoding,
  multiByteCharacters,
} from "../../formats/encoding/detect_encoding.ts";

/** The text of a page, its encoding, and how many of its characters could not be decoded (U+FFFD). */
interface PageText {
  text: string;
  encoding: string;
  replaced: number;
}

/** The byte that switches to Japanese letters in ISO-2022-JP, which has no byte beyond ASCII. */
const escape = 0x1b;

/** Bytes of a page that are searched for its character set first, and at most. [ours] */
const searchedBytes = [1 << 12, 1 << 20];

/**
 * Decodes a page. A character set that does not fit its bytes gives way to the next source; where none fits, the first
 * one is used, unless most of the letters would be lost.
 *
 * @param type the content type of the HTTP header
 */
export function decodePage(content: Uint8Array, type: string, detect: DetectEncoding): PageText {
  const marked = markedEncoding(content);
  if (marked && marked !== "utf-32") return loosely(content, marked);
  const wide = content.includes(0) ? detect(content) : "";
  if (wide.startsWith("utf-16")) return loosely(content, wide);
  const named: string[] = [];
  for (
    const find of [
      () => charsetIn(type),
      () => charsetOfHead(content),
      () => named.length ? undefined : content.includes(escape) ? detect(content) : "utf-8",
    ]
  ) {
    const label = knownLabel(find());
    if (label === undefined || named.includes(label)) continue;
    const text = decodeStrictly(content, label);
    if (text !== undefined) return { text, encoding: label, replaced: 0 };
    named.push(label);
  }
  const [first] = named;
  const { valid, invalid } = multiByteCharacters(content);
  if (first !== "utf-8" || invalid <= valid) return loosely(content, first);
  return loosely(content, detect(content));
}

function loosely(content: Uint8Array, label: string): PageText {
  const text = new TextDecoder(label).decode(content);
  return { text, encoding: label, replaced: text.split("\uFFFD").length - 1 };
}

/** Returns the name under which the runtime knows an encoding. A page that can be read byte by byte is not UTF-16. */
function knownLabel(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    return encoding.startsWith("utf-16") ? "utf-8" : encoding;
  } catch {
    return label.toLowerCase() === "x-user-defined" ? "windows-1252" : undefined;
  }
}

/** Returns the character set in a content type. */
function charsetIn(type: string): string | undefined {
  return /charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(type)?.[1];
}

/** Returns the character set that the XML declaration or a `meta` before the body names. */
function charsetOfHead(content: Uint8Array): string | undefined {
  for (const bytes of searchedBytes) {
    const head = new TextDecoder("latin1").decode(content.subarray(0, bytes));
    const xml = /^\s*<\?xml[^>]{0,200}\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
    if (xml) return xml;
    const { charset, isWhole } = metaCharset(head);
    if (charset || isWhole || bytes >= content.length) return charset;
  }
  return undefined;
}

/** Finds the first `meta` with a character set that stands outside of comments and scripts. */
function metaCharset(head: string): { charset?: string; isWhole: boolean } {
  const opening = /<!--|<script\b|<style\b|<title\b|<body\b|<meta\b[^>]{0,2000}>/gi;
  for (let found = opening.exec(head); found; found = opening.exec(head)) {
    const tag = found[0].toLowerCase();
    if (tag === "<body") return { isWhole: true };
    if (!tag.startsWith("<meta")) {
      const close = tag === "<!--" ? "-->" : `</${tag.slice(1)}`;
      const end = indexOfAnyCase(head, close, opening.lastIndex);
      if (end < 0) return { isWhole: false };
      opening.lastIndex = end;
      continue;
    }
    const direct = /\scharset\s*=\s*["']?\s*([\w.:-]+)/i.exec(tag)?.[1];
    const isContentType = /\shttp-equiv\s*=\s*["']?\s*content-type/i.test(tag);
    const content = /\scontent\s*=\s*("[^"]*"|'[^']*'|[^\s>]+(?:\s+charset=[^\s>]+)?)/i.exec(tag)?.[1];
    const isInContent = content !== undefined && direct !== undefined && content.includes(direct);
    const charset = isContentType ? charsetIn(content ?? "") ?? direct : isInContent ? undefined : direct;
    if (charset) return { charset, isWhole: true };
  }
  return { isWhole: false };
}

function indexOfAnyCase(text: string, mark: string, from: number): number {
  const lower = text.indexOf(mark, from);
  const upper = text.indexOf(mark.toUpperCase(), from);
  return lower < 0 ? upper : upper < 0 ? lower : Math.min(lower, upper);
}
