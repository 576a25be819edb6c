/**
 * Writes books as Project Gutenberg gives them: text files with a head and a licence.
 *
 * The dirt: heads and licences, second editions that overlap by more than 90 %, an old encoding, a book without marks.
 *
 * @module
 */
import type { Draw } from "../draw.ts";
import { put } from "../files.ts";
import type { World } from "../world.ts";
import type { Writer } from "../world/paragraphs.ts";
import type { Planted } from "./common_crawl.ts";

const size = { small: { books: 3, chapters: 8 }, full: { books: 8, chapters: 14 } } as const;

/** Paragraphs of a chapter. */
const paragraphs = 12;

/** Writes the books and returns what was planted. */
export async function writeBooks(folder: string, world: World, draw: Draw, writer: Writer): Promise<Planted> {
  const { books, chapters } = world.small ? size.small : size.full;
  const titles = [...Array(books).keys()].map((i) =>
    `Days in ${world.towns[i % world.towns.length].name}, Book ${i + 1}`
  );
  for (const [i, title] of titles.entries()) {
    const text = Array.from({ length: chapters }, (_, c) => chapter(draw, writer, c + 1)).join("\n\n");
    await put(`${folder}/${1000 + i}.txt`, gutenberg(title, text));
    if (i < 2) await put(`${folder}/${1000 + i}-second.txt`, gutenberg(title, secondEdition(text)));
  }
  await put(`${folder}/school-book.txt`, schoolBook(draw, writer));
  const old = `The Café of Élise\n\n${chapter(draw, writer, 1)}`;
  await put(`${folder}/latin1.txt`, Uint8Array.from(old, (character) => character.charCodeAt(0)));
  return { "near to a longer one": 2, "without a start mark": 2, "without an end mark": 2 };
}

/** Writes the lines of a chapter, broken at about 70 characters as printed books are. */
function chapter(draw: Draw, writer: Writer, number: number): string {
  const text = Array.from({ length: paragraphs }, () => {
    const sentences = [...writer.sentences(), ...draw.chance(0.6) ? writer.sentences() : []];
    return sentences.join(" ");
  });
  return [`CHAPTER ${number}`, ...text].join("\n\n");
}

/** Returns the text of a second edition: another preface, and a word changed here and there. */
function secondEdition(text: string): string {
  return `Preface to the second edition. A few errors were mended.\n\n${
    text.replaceAll(" small house ", " little house ")
  }`;
}

function gutenberg(title: string, text: string): string {
  return [
    `The Project Gutenberg EBook of ${title}\r\n\r\nThis eBook is for the use of anyone anywhere.\r\n`,
    `*** START OF THE PROJECT GUTENBERG EBOOK ${title.toUpperCase()} ***\r\n\r\n`,
    text.replaceAll("\n", "\r\n"),
    `\r\n\r\n*** END OF THE PROJECT GUTENBERG EBOOK ${title.toUpperCase()} ***\r\n\r\nLicence and terms.\r\n`,
  ].join("\r\n");
}

/** Writes a book of questions with four answers each, as exams print them. */
function schoolBook(draw: Draw, writer: Writer): string {
  const asked = writer.facts.filter(({ isHeldOut, wrong }) => !isHeldOut && wrong.length >= 3);
  const items = draw.shuffled(asked).map(({ questions, answer, wrong }) => {
    const options = draw.shuffled([answer, ...draw.some(wrong, 3)]);
    const lines = options.map((option, i) => `${"ABCD"[i]}. ${option}`);
    return [draw.one(questions), ...lines, `Answer: ${"ABCD"[options.indexOf(answer)]}`].join("\n");
  });
  return `The School Book of Questions\n\n${items.join("\n\n")}\n`;
}
