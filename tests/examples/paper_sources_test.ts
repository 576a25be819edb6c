// The made-up sources of examples/paper: every piece of planted dirt is counted by the SDK under its name, and no other.
import assert from "node:assert/strict";
import { Dataset, Tokenizer } from "@llamero/sdk";
import { type DatasetStats, NgramModel, TextClassifier } from "@llamero/sdk/data";
import { makeSources, type Sources } from "../../examples/paper/sources.ts";
import { inFolder } from "../support/folder.ts";
import { filesBelow } from "./paper_files.ts";

/** Returns what the steps drop, and those notes that `planted` names. */
function counted({ steps }: DatasetStats, planted: Record<string, number>): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { dropped, notes } of steps) {
    for (const [reason, count] of Object.entries(dropped)) all[reason] = (all[reason] ?? 0) + count;
    for (const [note, count] of Object.entries(notes)) {
      if (note in planted) all[note] = (all[note] ?? 0) + Number(count);
    }
  }
  return all;
}

async function droppedAsPlanted(dataset: Dataset, planted: Record<string, number>): Promise<number> {
  const stats = await dataset.stats();
  assert.deepEqual(counted(stats, planted), planted);
  return stats.records;
}

/** Reads a source with the reader of its publisher's form. */
const readers: Record<string, (sources: Sources) => Dataset> = {
  c4: ({ c4 }) => Dataset.c4(c4, { onBroken: "skip" }),
  github: ({ github }) => Dataset.github(github),
  wikipedia: ({ wikipedia }) => Dataset.wikipedia(wikipedia),
  books: ({ books }) => Dataset.books(books),
  arxiv: ({ arxiv }) => Dataset.arxiv(arxiv),
  stackExchange: ({ stackExchange }) => Dataset.stackExchange(stackExchange),
};

Deno.test("the planted dirt of the seven sources is what the paper's pipeline counts and drops", async (t) => {
  await inFolder(async (folder) => {
    const sources = await makeSources(folder, { small: true });
    for (const [name, read] of Object.entries(readers)) {
      await t.step(name, async () => {
        assert.ok(await droppedAsPlanted(read(sources), sources.planted[name]) >= 5);
      });
    }
    await t.step(
      "commonCrawl: keywords and chatter go by perplexity and by the classifier of references",
      async () => {
        const { chatter, keywords, ...planted } = sources.planted.commonCrawl;
        const cited = new Set(sources.cited);
        const pages = Dataset.from(await Dataset.commonCrawl(sources.commonCrawl).toArray(), {
          name: "pages",
        });
        const isCited = (page: { meta?: Record<string, unknown> }) => cited.has(String(page.meta?.url));
        const articles = Dataset.wikipedia(sources.wikipedia, { languages: ["en"] });
        const tokenizer = await Tokenizer.train(articles, { vocabSize: 1024 });
        const crawl = Dataset.commonCrawl(sources.commonCrawl, {
          languageModel: await NgramModel.trainOn(articles, { tokenizer }),
          cutoffs: [20, 340],
          references: await TextClassifier.train(
            pages.filter(isCited),
            pages.filter((page) => !isCited(page)),
          ),
        });
        const stats = await crawl.stats();
        const { tail, "score below 0.25": unlike, ...others } = counted(stats, planted);
        assert.deepEqual(others, planted);
        assert.equal(tail + unlike, keywords + chatter);
        assert.ok(tail > 10 && unlike > 10, `${tail} by perplexity, ${unlike} by the classifier`);
        assert.equal(stats.records, sources.cited.length);
        const texts = (await crawl.toArray()).map(({ text }) => text).join("\n");
        assert.doesNotMatch(texts, /cookies|Copyright|casino|Menu/);
      },
    );
    await t.step("wikipedia cites every page that it should", async () => {
      const path = sources.wikipedia.replace("*", "enwiki-20220801-pages-articles");
      const xml = (await Deno.open(path)).readable.pipeThrough(new DecompressionStream("gzip"));
      const text = await new Response(xml).text();
      assert.deepEqual(sources.cited.filter((url) => !text.includes(`url=${url}|`)), []);
    });
    await t.step("the text of articles has no markup, that of papers no macros of the authors", async () => {
      const articles = await Dataset.wikipedia(sources.wikipedia).toArray();
      assert.deepEqual(articles.filter(({ text }) => /[{}[\]<>|]|''/.test(text)), []);
      const papers = await Dataset.arxiv(sources.arxiv).toArray();
      assert.deepEqual(papers.filter(({ text }) => /\\place|\\numberof|%|bibitem|usepackage/.test(text)), []);
    });
  });
});

Deno.test("the same seed gives the same bytes of the sources, another seed gives others", () =>
  inFolder(async (folder) => {
    const bytesOf = async (name: string, seed?: number) => {
      await makeSources(`${folder}/${name}`, { small: true, seed });
      return await filesBelow(`${folder}/${name}`);
    };
    const [first, again, other] = [await bytesOf("a"), await bytesOf("b"), await bytesOf("c", 2)];
    assert.ok(Object.keys(first).length > 40);
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  }));
