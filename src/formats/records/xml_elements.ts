/**
 * Reader of large XML files of many similar elements (`<page>`, `<row/>`), one element at a time.
 *
 * The elements are found in the text and each is parsed by itself. One that is not well-formed, or too long, is a
 * broken record and does not affect the next. Entities declared in the file are not resolved, so none can expand.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { lazily } from "../../base/lazy_import.ts";
import { readBytes } from "../compression/decompress.ts";
import { excerpt, type RecordOrError } from "../record_or_error.ts";

/** An element: its attributes, its own text and its children. */
export interface Element {
  /** Name with its prefix. */
  name: string;
  /** Values of the attributes by name. */
  attributes: Record<string, string>;
  /** Character data directly in the element, entities resolved. */
  text: string;
  /** Elements directly in the element. */
  children: Element[];
}

/** Characters of the longest element that is read; a longer one is a broken record. [ours] */
const maxElementChars = 1 << 24;

/**
 * Reads the elements called `name` in `path`, at any depth, with the numbers of their first lines. Characters that XML
 * does not allow, such as `&#x0E;`, are removed and reported to `onRemoved`.
 *
 * @throws {DataError} when the file cannot be read or has no such element
 */
export async function* findElements(
  path: string,
  name: string,
  onRemoved: (characters: number) => void = () => {},
): AsyncGenerator<RecordOrError<Element>> {
  const parse = await parser(onRemoved);
  let seen = 0;
  for await (const { text, line, problem } of elementTexts(path, name)) {
    seen++;
    if (problem !== undefined) yield { problem, line, text: excerpt(text) };
    else yield { ...parse(text), line };
  }
  if (seen === 0) throw new DataError(`Cannot read the file: there is no <${name}> in it`, { file: path });
}

/** The text of an element, or the beginning of a broken one. */
interface ElementText {
  text: string;
  line: number;
  problem?: string;
}

/** Finds each element and yields its text from its first to its last character. */
async function* elementTexts(path: string, name: string): AsyncGenerator<ElementText> {
  const opening = new RegExp(`<${name}(?=[\\s/>])`, "g");
  const closing = `</${name}>`;
  // An attribute may hold > but never <.
  const tag = new RegExp(`<${name}(?:\\s+[^\\s=<>/"']+\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*\\s*(/?)>`, "y");
  let text = "";
  let at = 0;
  let line = 1;
  let counted = 0;
  let searched = 0;
  const lineAt = (place: number) => {
    for (let end = text.indexOf("\n", counted); end >= 0 && end < place; end = text.indexOf("\n", end + 1)) {
      line++;
      counted = end + 1;
    }
    return line;
  };
  for await (const chunk of decodedXml(path)) {
    lineAt(at);
    counted = Math.max(0, counted - at);
    searched = Math.max(0, searched - at);
    text = text.slice(at) + chunk.text;
    at = 0;
    while (true) {
      opening.lastIndex = at;
      const open = opening.exec(text);
      if (!open) {
        if (!chunk.last) at = Math.max(at, text.length - name.length - 2);
        break;
      }
      at = open.index;
      opening.lastIndex = at + 1;
      const end = endOf(text, at, Math.max(searched, at), tag, closing);
      if (end !== undefined) {
        yield { text: text.slice(at, end), line: lineAt(at) };
        at = end;
      } else {
        const next = opening.exec(text)?.index;
        const tooLong = text.length - at > maxElementChars;
        if (next === undefined && !tooLong && !chunk.last) {
          searched = Math.max(at, text.length - closing.length);
          break;
        }
        const problem = tooLong ? `longer than ${maxElementChars >> 20} MiB` : "never closed";
        yield { text: text.slice(at, at + 300), line: lineAt(at), problem: `a <${name}> that is ${problem}` };
        at = next ?? text.length;
      }
      searched = at;
    }
  }
}

/** Finds the end of the element that opens at `at`; undefined when the text holds none before the next opening tag. */
function endOf(text: string, at: number, from: number, tag: RegExp, closing: string): number | undefined {
  tag.lastIndex = at;
  const found = tag.exec(text);
  if (found?.[1] === "/") return tag.lastIndex;
  const end = text.indexOf(closing, from);
  if (end < 0) return undefined;
  const again = text.indexOf(closing.replace("</", "<").slice(0, -1), at + 1);
  if (again >= 0 && again < end && /[\s/>]/.test(text[again + closing.length - 2] ?? "")) return undefined;
  return end + closing.length;
}

/**
 * Decodes a file by its byte order mark, else by its XML declaration, else as UTF-8; an invalid byte becomes U+FFFD.
 *
 * @throws {DataError} for an encoding that is not known
 */
export async function* decodedXml(path: string): AsyncGenerator<{ text: string; last: boolean }> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of readBytes(path)) {
    decoder ??= decoderFor(chunk, path);
    yield { text: decoder.decode(chunk, { stream: true }), last: false };
  }
  yield { text: decoder?.decode() ?? "", last: true };
}

function decoderFor(chunk: Uint8Array, file: string): TextDecoder {
  const [first, second] = chunk;
  const isLittle = (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c);
  if (isLittle || isBig) return new TextDecoder(isLittle ? "utf-16le" : "utf-16be");
  const head = new TextDecoder().decode(chunk.subarray(0, 200));
  const encoding = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(encoding);
  } catch (cause) {
    throw new DataError(`Cannot read the file: its encoding "${encoding}" is not known; save it as UTF-8`, {
      file,
      cause,
    });
  }
}

/** Returns a function that parses one element; it reuses the parser until an element is not well-formed. */
async function parser(
  onRemoved: (characters: number) => void,
): Promise<(text: string) => RecordOrError<Element>> {
  const { SaxesParser } = await lazily(() => import("saxes"));
  let open: Element[] = [];
  let problem: string | undefined;
  const make = () => {
    const sax = new SaxesParser();
    sax.on("opentag", ({ name, attributes }) => {
      const element: Element = {
        name,
        attributes: attributes as Record<string, string>,
        text: "",
        children: [],
      };
      open[open.length - 1]?.children.push(element);
      open.push(element);
    });
    sax.on("closetag", () => void (open.length > 1 && open.pop()));
    sax.on("text", (text) => void (open.length && (open[open.length - 1].text += text)));
    sax.on("cdata", (text) => void (open.length && (open[open.length - 1].text += text)));
    sax.on("error", (error) => void (problem ??= error.message));
    return sax;
  };
  let sax = make();
  return (text) => {
    for (const allowed of [text, allowedText(text, onRemoved)]) {
      if (allowed === undefined) break;
      [open, problem] = [[], undefined];
      sax.write(allowed).close();
      if (problem === undefined && open.length === 1) return { value: open[0] };
      sax = make();
    }
    return { problem: `not well-formed XML: ${problem ?? "it ends too early"}`, text: excerpt(text) };
  };
}

/** Returns the text without the characters that XML does not allow; undefined when it has none. */
function allowedText(text: string, onRemoved: (characters: number) => void): string | undefined {
  let removed = 0;
  const allowed = text.replace(
    /&#(?:x([0-9a-f]{1,8})|(\d{1,10}));|[\p{Cc}\ufffe\uffff]/giu,
    (found, hex, decimal) => {
      const code = hex ? parseInt(hex, 16) : decimal ? Number(decimal) : found.charCodeAt(0);
      if (code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800)) return found;
      if ((code >= 0xe000 && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff)) return found;
      removed++;
      return "";
    },
  );
  if (removed === 0) return undefined;
  onRemoved(removed);
  return allowed;
}
