/**
 * Writes sites as Stack Exchange dumps them: a folder per site with a Posts.xml.
 *
 * The dirt: more sites than the 28 that the paper takes, pages about tags, answers whose question is gone; HTML in the posts,
 * and answers that are not in the order of their scores.
 *
 * @module
 */
import type { Draw } from "../draw.ts";
import { escapeXml, put, writtenAt } from "../files.ts";
import type { World } from "../world.ts";
import type { Fact } from "../world/facts.ts";
import type { Writer } from "../world/paragraphs.ts";
import type { Planted } from "./common_crawl.ts";

const size = { small: 5, full: 24 } as const;

/** Sites that are read, and smaller ones that the limit of 28 leaves out. */
const sites = { taken: 28, tooMany: 2 } as const;

const subjects = "towns animals trades cooking people rivers sums".split(" ");
const kinds = "beginners experts history travel".split(" ");

/** Writes the sites and returns what was planted. */
export async function writeStackExchange(
  folder: string,
  world: World,
  draw: Draw,
  writer: Writer,
): Promise<Planted> {
  const asked = writer.facts.filter(({ isHeldOut }) => !isHeldOut);
  for (let site = 0; site < sites.taken + sites.tooMany; site++) {
    const isTaken = site < sites.taken;
    const name = isTaken ? `${kinds[Math.floor(site / 7)]}-${subjects[site % 7]}` : `tiny-${site}`;
    const threads = isTaken ? world.small ? size.small : size.full : 2;
    const rows = postsOf(draw, writer, asked, threads);
    const xml = `<?xml version="1.0" encoding="utf-8"?>\n<posts>\n${rows.join("\n")}\n</posts>\n`;
    await put(`${folder}/${name}.example/Posts.xml`, xml);
  }
  return { "posts of other kinds": sites.taken, "answers without their question": sites.taken };
}

function postsOf(draw: Draw, writer: Writer, asked: readonly Fact[], threads: number): string[] {
  let id = 0;
  const rows: string[] = [];
  for (const fact of draw.some(asked, threads)) {
    const question = ++id;
    const { questions, answer, wrong, statements } = fact;
    const body = draw.chance(0.4) ? `<p>${escapeHtml(writer.sentences().join(" "))}</p>` : "";
    const good = draw.one([
      `<p>${answer}.</p>`,
      `<p>${answer}.</p>`,
      `<p><b>${answer}</b>. ${draw.one(statements)}</p>`,
    ]);
    const other = draw.one(wrong);
    const weak = draw.one([`<p>${other}, I think.</p>`, `<ul><li>${other}</li><li>or ${answer}</li></ul>`]);
    rows.push(
      post({
        Id: question,
        PostTypeId: 1,
        Score: draw.between(0, 30),
        Title: draw.one(questions),
        Body: body,
        Tags: "<world>",
      }),
    );
    const answers = draw.shuffled([[good, draw.between(5, 40)], [weak, draw.between(-3, 4)]] as const);
    for (const [text, score] of answers.slice(0, draw.chance(0.6) ? 1 : 2)) {
      if (text === good || answers.length > 1) {
        rows.push(post({ Id: ++id, PostTypeId: 2, ParentId: question, Score: score, Body: text }));
      }
    }
  }
  rows.push(post({ Id: ++id, PostTypeId: 5, Score: 0, Body: "<p>About the tag <code>world</code>.</p>" }));
  rows.push(
    post({ Id: ++id, PostTypeId: 2, ParentId: 9999, Score: 2, Body: "<p>The question is gone.</p>" }),
  );
  return rows;
}

function post(attributes: Record<string, string | number>): string {
  const all = { ...attributes, CreationDate: writtenAt };
  return `  <row ${
    Object.entries(all).map(([name, value]) => `${name}="${escapeXml(String(value))}"`).join(" ")
  } />`;
}

/** Returns text for HTML, before the whole becomes an attribute of XML. */
function escapeHtml(text: string): string {
  return escapeXml(text).replaceAll("&#39;", "'");
}
