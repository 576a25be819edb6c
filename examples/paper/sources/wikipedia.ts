/**
 * Writes articles as Wikipedia dumps them: MediaWiki XML in gzip, one file per language.
 *
 * The dirt: redirects, lists of meanings, empty pages, pages about pages, a dump in a language that the paper leaves out;
 * inside the articles boxes, tables, notes, pictures, categories and comments.
 *
 * @module
 */
import type { Draw } from "../draw.ts";
import { escapeXml, gzip, put, writtenAt } from "../files.ts";
import type { World } from "../world.ts";
import { foreignSentences } from "../world/foreign.ts";
import type { Writer } from "../world/paragraphs.ts";
import { myths } from "../world/situations.ts";
import type { Planted } from "./common_crawl.ts";

const size = { small: { rounds: 1, german: 20 }, full: { rounds: 2, german: 70 } } as const;

/** Pages that are no articles, by the words in which they are counted. */
const badPages: Record<string, (i: number) => Page> = {
  "redirects": (i) => ({ title: `Old name ${i}`, text: "#REDIRECT [[Owl]]" }),
  "disambiguations": (i) => ({
    title: `Wend ${i}`,
    text: "{{disambiguation}}\n* [[Wend]], a river\n* [[Wend Street]]",
  }),
  "empty pages": (i) => ({ title: `Empty ${i}`, text: " " }),
  "pages of other namespaces": (i) => ({ title: `Talk:Owl ${i}`, namespace: 1, text: "Is this right?" }),
};

interface Page {
  title: string;
  namespace?: number;
  text: string;
}

/** Writes the dumps. `urls` are the addresses that the articles cite. Returns what was planted. */
export async function writeWikipedia(
  folder: string,
  world: World,
  draw: Draw,
  writer: Writer,
  urls: readonly string[],
): Promise<Planted> {
  const { rounds, german } = world.small ? size.small : size.full;
  const { towns, people, animals, trades, foods } = world;
  const things = [towns, people, animals, trades, foods, myths].reduce((sum, { length }) => sum + length, 0);
  const cite = citations(draw, urls, Math.ceil(urls.length / (things * rounds)));
  const english: Page[] = [];
  const counts: Planted = { "files in eo, left out": 1 };
  for (let round = 0; round < rounds; round++) english.push(...articles(world, draw, writer, cite, round));
  for (const [reason, make] of Object.entries(badPages)) {
    for (let i = 0; i < 4; i++) english.push(make(i));
    counts[reason] = 4;
  }
  const germanPages = Array.from({ length: german }, (_, i) => germanArticle(draw, world, i));
  germanPages.push({ title: "Alt", text: "#WEITERLEITUNG [[Neu]]" });
  counts.redirects++;
  await dump(folder, "en", draw.shuffled(english));
  await dump(folder, "de", germanPages);
  await dump(folder, "eo", [{ title: "Urbo", text: "Urbo estas granda loko, kie loĝas multaj homoj." }]);
  return counts;
}

/** Returns a function that cites the next `each` addresses, in random order, until there are none. */
function citations(draw: Draw, urls: readonly string[], each: number): () => string {
  const left = draw.shuffled(urls);
  return () =>
    left.splice(-each).map((url) =>
      `<ref>{{cite web|url=${url}|title=A page}} See also [${url} the page].</ref>`
    ).join("");
}

/** Writes an article for each town, person, animal, trade, dish and belief. */
function articles(world: World, draw: Draw, writer: Writer, cite: () => string, round: number): Page[] {
  const { towns, people, animals, trades, foods } = world;
  const subject = (topic: string, title: string, name = title): Page => ({
    title: round ? `${title} (${topic})` : title,
    text: article(draw, writer, topic, name, cite),
  });
  return [
    ...towns.map(({ name }) => subject("town", name)),
    ...people.map(({ fullName }) => subject("person", fullName)),
    ...animals.map(({ name }) => subject("animal", capitalTitle(name), name)),
    ...trades.map(({ name }) => subject("trade", capitalTitle(name), name)),
    ...foods.map(({ name }) => subject("food", capitalTitle(name), name)),
    ...myths.map(({ truth, belief }, i) => ({
      title: `Belief ${i + 1}${round ? " (belief)" : ""}`,
      text: `Some people think that ${belief}. This is '''not true'''. In truth ${truth}.${cite()}\n\n` +
        `== Neighbours ==\nIt is clear that ''${truth}''. ${writer.sentences("animal").join(" ")}`,
    })),
  ];
}

/** Writes an article in markup about a thing. */
function article(draw: Draw, writer: Writer, topic: string, name: string, cite: () => string): string {
  const facts = draw.shuffled(writer.factsAbout(topic, name));
  const told = () => facts.map(({ statements }) => draw.one(statements));
  const linked = (sentence: string) => sentence.replace(name, `'''[[${name}]]'''`);
  const box = facts.map(({ relation, answer }) => `| ${relation} = ${answer}`).join("\n");
  return [
    `{{Infobox ${topic}\n| name = ${name}\n${box}\n}}`,
    `[[File:${name}.jpg|thumb|A picture of ${name}]]`,
    `${linked(told()[0])} ${told().slice(1).join(" ")}${cite()}`,
    `== Notes ==`,
    `${draw.shuffled(told()).join(" ")} <!-- to be checked -->`,
    `{| class="wikitable"\n! thing !! number\n|-\n| ${name} || ${draw.between(2, 99)}\n|}`,
    `=== Neighbours ===`,
    `${writer.sentences().join(" ")} ${writer.sentences().join(" ")}`,
    `* ${draw.one(facts).statements[0]}\n* ${draw.one(facts).statements[1]}`,
    `{{Reflist}}\n[[Category:${topic}s]]`,
  ].join("\n\n");
}

function germanArticle(draw: Draw, world: World, i: number): Page {
  const paragraph = () => foreignSentences(draw, world, "de", 4).join(" ");
  return {
    title: `Ort ${i + 1}`,
    text: `{{Infobox Ort}}\n'''Ort ${
      i + 1
    }''' ist ein Ort.<ref>Buch, S. ${i}</ref> ${paragraph()}\n\n== Geschichte ==\n${paragraph()}\n\n[[Kategorie:Ort]]`,
  };
}

async function dump(folder: string, language: string, pages: readonly Page[]): Promise<void> {
  const xml = [
    `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="${language}">`,
    `<siteinfo><sitename>Wikipedia</sitename><dbname>${language}wiki</dbname></siteinfo>`,
    ...pages.map((page, i) => pageXml(page, i + 1)),
    "</mediawiki>\n",
  ].join("\n");
  await put(`${folder}/${language}wiki-20220801-pages-articles.xml.gz`, await gzip(xml));
}

function pageXml({ title, namespace = 0, text }: Page, id: number): string {
  return `<page><title>${
    escapeXml(title)
  }</title><ns>${namespace}</ns><id>${id}</id><revision><id>${id}</id>` +
    `<timestamp>${writtenAt}</timestamp><text xml:space="preserve">${
      escapeXml(text)
    }</text></revision></page>`;
}

function capitalTitle(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
