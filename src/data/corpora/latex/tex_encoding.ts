/**
 * Encodings of LaTeX files: UTF-8, else what the file or its project declares, else Windows-1252.
 *
 * @module
 */

/** Names of LaTeX's encodings that differ from those of the WHATWG encoding standard. */
const labels: Readonly<Record<string, string>> = {
  utf8x: "utf-8",
  ansinew: "windows-1252",
  applemac: "macintosh",
  macce: "windows-1250",
  latin9: "iso-8859-15",
  latin10: "iso-8859-16",
  "koi8-ru": "koi8-u",
  bg5: "big5",
  jis: "iso-2022-jp",
  sjis: "shift_jis",
  ks: "euc-kr",
};

const declarations =
  /^[^%\n]*\\(?:(?:usepackage|RequirePackage)\s*\[([^\]]{1,50})\]\s*\{inputenc\}|inputencoding\s*\{([^{}]{1,50})\}|begin\s*\{CJK\*?\}(?:\[\w*\])?\{(\w+)\})/m;

/** Returns the encoding that a LaTeX file declares; undefined without a declaration. */
export function declaredEncoding(bytes: Uint8Array): string | undefined {
  const found = declarations.exec(new TextDecoder("latin1").decode(bytes));
  const name = (found?.[1] ?? found?.[2] ?? found?.[3])?.trim().toLowerCase();
  return name === undefined ? undefined : labels[name] ?? name;
}

/**
 * Returns the text of a LaTeX file without byte-order mark and carriage returns. Bytes that are not UTF-8 are read in
 * the encoding that the file declares, else in `declared`. Calls `note` for an encoding that is not known and for
 * replaced characters.
 */
export function decodeTex(
  bytes: Uint8Array,
  declared?: string,
  note: (what: string) => void = () => {},
): string {
  const text = decode(bytes, declared, note);
  return text.replace(/\r\n?/g, "\n");
}

function decode(bytes: Uint8Array, declared: string | undefined, note: (what: string) => void): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\x1b$") ? new TextDecoder("iso-2022-jp").decode(bytes) : text;
  } catch {
    const label = declaredEncoding(bytes) ?? declared ?? "windows-1252";
    try {
      text = new TextDecoder(label).decode(bytes);
    } catch {
      note("files of an unknown encoding");
      return new TextDecoder("windows-1252").decode(bytes);
    }
    if (text.includes("\ufffd")) note("files with unreadable characters");
    return text;
  }
}
