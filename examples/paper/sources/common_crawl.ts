/**
 * Writes pages as CommonCrawl does, in WET files: gzip, a member per record, the title on the first line.
 *
 * The dirt: pages that are too short, lines that many pages repeat, mirrored pages, pages in other languages, and pages that
 * no article would cite: chatter of forums and lists of keywords.
 *
 * @module
 */
import { comparable } from "../../../src/data/text/normalize.ts";
import { capital, type Draw } from "../draw.ts";
import { gzip, joined, put, writtenAt } from "../files.ts";
import type { World } from "../world.ts";
import { type ForeignLanguage, foreignSentences } from "../world/foreign.ts";
import type { ParagraphKind, Writer } from "../world/paragraphs.ts";

/** Counts of what was planted, by the words in which the SDK reports it. */
export type Planted = Record<string, number>;

/** A page of the web. */
export interface WebPage {
  /** Its address. */
  url: string;
  /** Its title. */
  title: string;
  /** Its lines. */
  lines: string[];
}

/** Files, and pages per file, of both sizes. */
const size = { small: { files: 2, pages: 220 }, full: { files: 4, pages: 400 } } as const;

/** Planted pages per file. */
const planted = {
  short: 4,
  mirrors: 2,
  languages: { de: 3, fr: 2, es: 2 },
  chatter: { small: 25, full: 45 },
  keywords: 12,
} as const;

/** Lines that every page of a site repeats. */
const boilerplate = [
  [
    "Home | Towns | People | Contact",
    "We use cookies to make this page better.",
    "Copyright 2019 The Town Post. All rights reserved.",
  ],
  [
    "Start - News - Forum - Search",
    "Log in to write an answer.",
    "Copyright 2020 Market Talk. All rights reserved.",
  ],
  ["Menu  Shop  Basket", "We use cookies to make this page better.", "Share this page with a friend!"],
];

const keywords =
  ("cheap boots online best price free shipping click here now order today discount deals top sale buy boots cheap hats " +
    "best hats low price offer code coupon win prize fast loan casino bonus play free download full version hot deals")
    .split(" ");

/** Writes the pages and returns the addresses of those that articles cite, with the counts of what was planted. */
export async function writeCommonCrawl(
  folder: string,
  world: World,
  draw: Draw,
  writer: Writer,
): Promise<{ urls: string[]; planted: Planted }> {
  const { files, pages } = world.small ? size.small : size.full;
  const seen = new Set<string>(boilerplate.flat().map(comparable));
  const urls: string[] = [];
  for (let file = 0; file < files; file++) {
    const good = Array.from({ length: pages }, (_, i) => textPage(draw, writer, seen, `${file}/${i}`));
    urls.push(...good.map(({ url }) => url));
    const bad = badPages(draw, world, writer, seen, file);
    const records = draw.shuffled([...good, ...bad]).map(wetRecord);
    const info = warcRecord(
      { "WARC-Type": "warcinfo", "Content-Type": "application/warc-fields" },
      "software: made by hand\r\n",
    );
    const members = await Promise.all([info, ...records].map((record) => gzip(record)));
    const name = `CC-MAIN-20200117-${String(file).padStart(5, "0")}.warc.wet.gz`;
    await put(`${folder}/${name}`, joined(members));
  }
  const { short, mirrors, languages, keywords } = planted;
  return {
    urls,
    planted: {
      "warcinfo records, which are no pages": files,
      "short": short * files,
      "no new line": 2 * mirrors * files,
      ...Object.fromEntries(
        Object.entries(languages).map(([name, count]) => [`language ${name}`, count * files]),
      ),
      "chatter": chatterOf(world) * files,
      "keywords": keywords * files,
    },
  };
}

/** Makes a line of sentences that no other page has, since a repeated line goes from every page. */
export function newLine(seen: Set<string>, make: () => string[]): string {
  while (true) {
    const line = make().join(" ");
    const key = comparable(line);
    if (!seen.has(key)) {
      seen.add(key);
      return line;
    }
  }
}

function textPage(
  draw: Draw,
  writer: Writer,
  seen: Set<string>,
  id: string,
  kinds?: readonly ParagraphKind[],
): WebPage {
  const lines: string[] = [];
  const count = draw.between(5, 9);
  while (lines.length < count || lines.join("\n").length < 400) {
    lines.push(newLine(seen, () => writer.sentences(kinds && draw.one(kinds))));
  }
  const [menu, ...footer] = boilerplate[draw.between(0, boilerplate.length - 1)];
  return page(id, draw, [menu, ...lines, ...footer]);
}

function chatterOf({ small }: World): number {
  return small ? planted.chatter.small : planted.chatter.full;
}

function badPages(draw: Draw, world: World, writer: Writer, seen: Set<string>, file: number): WebPage[] {
  const bad: WebPage[] = [];
  const add = (kind: string, lines: string[]) => bad.push(page(`${file}/${kind}${bad.length}`, draw, lines));
  for (let i = 0; i < planted.short; i++) {
    add("short", [newLine(seen, () => writer.sentences().slice(0, 2))]);
  }
  for (let i = 0; i < planted.mirrors; i++) {
    const { lines } = textPage(draw, writer, seen, "");
    add("mirror", lines);
    add("mirror", lines);
  }
  for (const [language, count] of Object.entries(planted.languages) as [ForeignLanguage, number][]) {
    for (let i = 0; i < count; i++) {
      const lines = Array.from(
        { length: 4 },
        () => newLine(seen, () => foreignSentences(draw, world, language, 3)),
      );
      add(language, lines);
    }
  }
  for (let i = 0; i < chatterOf(world); i++) {
    bad.push(
      textPage(draw, writer, seen, `${file}/chatter${i}`, ["chat", "chat", "chat", "quarrel", "folk"]),
    );
  }
  for (let i = 0; i < planted.keywords; i++) {
    const lines = Array.from(
      { length: 8 },
      () => newLine(seen, () => Array.from({ length: 24 }, () => draw.one(keywords))),
    );
    add("keywords", lines);
  }
  return bad;
}

function page(id: string, draw: Draw, lines: string[]): WebPage {
  const host = draw.one(["town-post", "market-talk", "river-shop"]);
  const title = capital(lines[Math.min(1, lines.length - 1)].split(" ").slice(0, 5).join(" "));
  return { url: `http://${host}.example/${id}`, title, lines };
}

function wetRecord({ url, title, lines }: WebPage): string {
  return warcRecord({
    "WARC-Type": "conversion",
    "WARC-Target-URI": url,
    "WARC-Date": writtenAt,
    "WARC-Record-ID": `<urn:page:${url.replace(/^http:\/\//, "")}>`,
    "Content-Type": "text/plain",
  }, `${title}\n${lines.join("\n")}\n`);
}

function warcRecord(headers: Record<string, string>, body: string): string {
  const length = new TextEncoder().encode(body).length;
  const head = Object.entries({ ...headers, "Content-Length": length }).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  return `WARC/1.0\r\n${head.join("")}\r\n${body}\r\n\r\n`;
}
