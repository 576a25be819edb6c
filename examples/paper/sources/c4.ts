/**
 * Writes pages as C4 does before its cleaning: JSON Lines in gzip with `text`, `timestamp` and `url`.
 *
 * The dirt is what C4's rules look for: bad words, "lorem ipsum", curly brackets, pages of few sentences, other languages,
 * sentences that other pages have too, and lines that are no prose.
 *
 * @module
 */
import { sentenceEnds } from "../../../src/data/text/sentences.ts";
import type { Draw } from "../draw.ts";
import { gzip, jsonLines, put, writtenAt } from "../files.ts";
import type { World } from "../world.ts";
import { foreignSentences } from "../world/foreign.ts";
import type { Writer } from "../world/paragraphs.ts";
import type { Planted } from "./common_crawl.ts";

const size = { small: { files: 1, pages: 150 }, full: { files: 2, pages: 350 } } as const;

/** Planted pages per file, by the reason for which they go. */
const planted = {
  "bad word": 3,
  "lorem ipsum": 3,
  "curly brace": 3,
  "few sentences": 4,
  "language de": 3,
  "few sentences left": 2,
} as const;

/** Lines that go, by the words in which they are counted; every fifth good page has one of each. */
const badLines: Record<string, string> = {
  "lines without end mark": "More about this in the next part",
  "lines of few words": "Read it here.",
  "lines with javascript": "Please enable Javascript to see the picture of the town.",
  "lines about policies": "By reading on you accept our terms of use and more.",
  "lines with a too long word": `${"x".repeat(1001)} is not a word of any language.`,
};

/** Writes the pages and returns what was planted. */
export async function writeC4(folder: string, world: World, draw: Draw, writer: Writer): Promise<Planted> {
  const { files, pages } = world.small ? size.small : size.full;
  const spans = new Set<string>();
  const counts: Planted = {};
  const count = (reason: string, times = 1) => counts[reason] = (counts[reason] ?? 0) + times;
  for (let file = 0; file < files; file++) {
    const copied = Array.from({ length: planted["few sentences left"] }, () => newPage(writer, spans, 1)[0]);
    const texts = [...copied];
    for (let i = 0; i < pages; i++) {
      const lines = newPage(writer, spans);
      if (i % 5 === 0) {
        lines.splice(1, 0, ...Object.values(badLines));
        for (const kind of Object.keys(badLines)) count(kind);
      }
      if (i % 7 === 0) lines[0] = lines[0].replace(/\.$/, "[3].");
      texts.push(lines.join("\n"));
    }
    texts.push(...badPages(draw, world, writer, copied));
    for (const [reason, number] of Object.entries(planted)) count(reason, number);
    count("sentences cut", sentencesOf(copied).length);
    const rows = texts.map((text, i) => ({
      text,
      timestamp: writtenAt,
      url: `https://pages.example/${file}/${i}`,
    }));
    const name = `c4-train.${String(file).padStart(5, "0")}-of-${String(files).padStart(5, "0")}.json.gz`;
    await put(`${folder}/${name}`, await gzip(`${jsonLines(rows)}{"text": "This row was cut\n`));
    count("unreadable");
  }
  return counts;
}

/** Returns the pages of one file that go; the last ones are copies of the sentences of earlier pages. */
function badPages(
  draw: Draw,
  world: World,
  writer: Writer,
  copied: readonly string[],
): string[] {
  const page = (end: string) => `${prose(writer)} ${end}`;
  const times = (reason: keyof typeof planted, make: () => string) =>
    Array.from({ length: planted[reason] }, make);
  return [
    ...times("bad word", () => page("All say that this old kettle sucks a lot.")),
    ...times("lorem ipsum", () => page("Lorem ipsum dolor sit amet.")),
    ...times("curly brace", () => page("Here the page has a { bracket.")),
    ...times("few sentences", () => writer.sentences("person").slice(0, 2).join(" ")),
    ...times("language de", () => foreignSentences(draw, world, "de", 5).join(" ")),
    ...copied,
  ];
}

/** Writes two lines of sentences of which no three in a row stand on another page. */
function newPage(writer: Writer, spans: Set<string>, most = Infinity): string[] {
  while (true) {
    const lines = [prose(writer), prose(writer)].slice(0, most);
    const all = sentencesOf(lines);
    const own = all.slice(2).map((_, i) => all.slice(i, i + 3).join("\n").toLowerCase());
    if (new Set(own).size < own.length || own.some((span) => spans.has(span))) continue;
    for (const span of own) spans.add(span);
    return lines;
  }
}

/** Writes a line of at least six sentences. */
function prose(writer: Writer): string {
  const sentences: string[] = [];
  while (sentences.length < 6) sentences.push(...writer.sentences());
  return sentences.join(" ");
}

/** Returns the sentences of lines, as the SDK splits them. */
function sentencesOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const ends = sentenceEnds(line);
    return ends.map((end, i) => line.slice(i ? ends[i - 1] : 0, end).trim());
  });
}
