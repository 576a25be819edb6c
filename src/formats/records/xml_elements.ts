/**
 * Big XML files of many equal elements (`<page>`, `<row/>`), one element at a time.
 *
 * The elements are found in the text and each is parsed by itself: one that is not well-formed, or endless, is a problem
 * and the next is read as if nothing had been. Entities that a file declares itself are unknown, so none explodes.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { readBytes } from "../compression/decompress.ts";
import { beginning, type RecordOrError } from "../record_or_error.ts";

/** An element: its attributes, its own text and its children. */
export interface Element {
  /** Name with prefix. */
  name: string;
  /** Attributes. */
  attributes: Record<string, string>;
  /** Character data directly in it, entities resolved. */
  text: string;
  /** Elements directly in it. */
  children: Element[];
}

/** Characters of the longest element that is read; a longer one is a problem. [ours] */
const longest = 1 << 24;

/**
 * The elements called `name` in `path`, wherever they stand, with the lines they begin on.
 *
 * @throws {DataError} when the file cannot be read or has no such element
 */
export async function* findElements(path: string, name: string): AsyncGenerator<RecordOrError<Element>> {
  const parse = await parser();
  let seen = 0;
  for await (const { text, line, problem } of piecesOf(path, name)) {
    seen++;
    if (problem !== undefined) yield { problem, line, text: beginning(text) };
    else yield { ...parse(text), line };
  }
  if (seen === 0) throw new DataError(`Cannot read the file: there is no <${name}> in it`, { file: path });
}

interface Piece {
  text: string;
  line: number;
  problem?: string;
}

/** The text of each element from its first to its last character. */
async function* piecesOf(path: string, name: string): AsyncGenerator<Piece> {
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
  for await (const chunk of decoded(readBytes(path))) {
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
        const broken = next !== undefined || text.length - at > longest || chunk.last;
        if (!broken) {
          searched = Math.max(at, text.length - closing.length);
          break;
        }
        const problem = text.length - at > longest ? `longer than ${longest >> 20} MiB` : "never closed";
        yield { text: text.slice(at, at + 300), line: lineAt(at), problem: `a <${name}> that is ${problem}` };
        at = next ?? text.length;
      }
      searched = at;
    }
  }
}

/** Where the element that opens at `at` ends; undefined when that is not to be seen, or another one opens before. */
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

/** The file as text. A wrong byte becomes U+FFFD, so that it costs its own place alone. */
async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ text: string; last: boolean }> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield { text: decoder.decode(chunk, { stream: true }), last: false };
  yield { text: decoder.decode(), last: true };
}

/** Parses one element after another with the same parser. */
async function parser(): Promise<(text: string) => RecordOrError<Element>> {
  const { SaxesParser } = await import("saxes");
  let open: Element[] = [];
  let fault: string | undefined;
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
    sax.on("error", (error) => void (fault ??= error.message));
    return sax;
  };
  let sax = make();
  return (text) => {
    [open, fault] = [[], undefined];
    sax.write(text).close();
    if (fault === undefined && open.length === 1) return { value: open[0] };
    sax = make();
    return { problem: `not well-formed XML: ${fault ?? "it ends too early"}`, text: beginning(text) };
  };
}
