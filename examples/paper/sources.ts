/**
 * Makes the seven raw sources of the paper in small, each in its publisher's form with the dirt that the paper's pipeline
 * removes.
 *
 * @module
 */
import { Draw } from "./draw.ts";
import { type Planted, writeCommonCrawl } from "./sources/common_crawl.ts";
import { writeArxiv } from "./sources/arxiv.ts";
import { writeBooks } from "./sources/books.ts";
import { writeC4 } from "./sources/c4.ts";
import { writeGithub } from "./sources/github.ts";
import { writeStackExchange } from "./sources/stack_exchange.ts";
import { writeWikipedia } from "./sources/wikipedia.ts";
import { type MakeOptions, makeWorld, type World } from "./world.ts";
import { Writer } from "./world/paragraphs.ts";

/** The sources as the readers of `Dataset` take them. */
export interface Sources {
  /** WET files in gzip. */
  commonCrawl: string;
  /** JSON Lines in gzip, before C4's cleaning. */
  c4: string;
  /** BigQuery's export in gzip. */
  github: string;
  /** MediaWiki XML in gzip. */
  wikipedia: string;
  /** Text files. */
  books: string;
  /** An archive of LaTeX sources. */
  arxiv: string;
  /** Posts.xml of each site. */
  stackExchange: string;
  /** Addresses of the web pages that Wikipedia's articles cite: all but chatter, keywords and pages that fall out earlier. */
  cited: readonly string[];
  /** Number of planted pieces of dirt, by source and by the words in which the SDK counts them. */
  planted: Readonly<Record<string, Planted>>;
}

/** Writes the seven sources below `folder`. */
export async function makeSources(folder: string, options: MakeOptions = {}): Promise<Sources> {
  const world = makeWorld(options);
  const write = <T>(
    name: string,
    make: (folder: string, world: World, draw: Draw, writer: Writer) => Promise<T>,
  ): Promise<T> => {
    const draw = new Draw(world.seed, name);
    return make(`${folder}/${name}`, world, draw, new Writer(world, draw));
  };
  const { urls, planted: commonCrawl } = await write("common_crawl", writeCommonCrawl);
  const planted = {
    commonCrawl,
    c4: await write("c4", writeC4),
    github: await write("github", writeGithub),
    wikipedia: await write("wikipedia", (...args) => writeWikipedia(...args, urls)),
    books: await write("books", writeBooks),
    arxiv: await write("arxiv", writeArxiv),
    stackExchange: await write("stack_exchange", writeStackExchange),
  };
  return {
    commonCrawl: `${folder}/common_crawl/*.warc.wet.gz`,
    c4: `${folder}/c4/*.json.gz`,
    github: `${folder}/github/*.json.gz`,
    wikipedia: `${folder}/wikipedia/*.xml.gz`,
    books: `${folder}/books/*.txt`,
    arxiv: `${folder}/arxiv/*.tar`,
    stackExchange: `${folder}/stack_exchange/*/Posts.xml`,
    cited: urls,
    planted,
  };
}
