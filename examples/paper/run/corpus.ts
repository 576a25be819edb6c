/**
 * From raw files to a training corpus: the seven sources are made, cleaned, deduplicated and held out [paper 2.1].
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dataset, type Document, Tokenizer } from "@llamero/sdk";
import { NgramModel, TextClassifier } from "@llamero/sdk/data";
import { makeBenchmarks } from "../benchmarks.ts";
import { makeInstructions } from "../instructions.ts";
import { makeSources } from "../sources.ts";
import { hashTree, type RunFolder, sizeOf } from "./run_folder.ts";

/** The seven sources, in the order of Table 1. */
export const sourceNames = [
  "commonCrawl",
  "c4",
  "github",
  "wikipedia",
  "books",
  "arxiv",
  "stackExchange",
] as const;

/** The name of a source. */
export type SourceName = typeof sourceNames[number];

/** A number, a path or a list per source. */
type PerSource<T> = Record<SourceName, T>;

/** The raw files of a run. */
export interface RawFiles {
  /** Path or pattern of each source, as its reader takes it. */
  paths: PerSource<string>;
  /** Addresses of the web pages that Wikipedia's articles cite. */
  cited: string[];
  /** Bytes on disk of each source. */
  bytes: PerSource<number>;
  /** Path of the instructions, JSON Lines. */
  instructions: string;
}

/** A step of a source's cleaning, with the records that went on and those that did not. */
export interface CleaningStep {
  /** The step in one line. */
  step: string;
  /** Records that went on. */
  kept: number;
  /** Records that did not, by reason. */
  dropped: Record<string, number>;
}

/** The clean corpus. */
export interface Corpus {
  /** The steps of each source, its reader first. */
  steps: PerSource<CleaningStep[]>;
  /** Documents to train on. */
  documents: PerSource<number>;
  /** Documents, or ends of documents, that are never trained on. */
  held: PerSource<number>;
}

/** Makes the raw files: seven sources each in its own format, the benchmarks, the instructions. */
export async function makeRaw(run: RunFolder): Promise<RawFiles> {
  const { world } = run.settings;
  return await run.stage({
    name: "raw",
    title: "Raw files: seven sources, the benchmarks, the instructions, all of a made-up world",
    after: [],
    settings: { ...world, makers: await makersHash() },
    files: ["raw"],
    async work() {
      const folder = (name: string) => run.at(`raw/${name}`);
      for (const name of ["sources", "benchmarks", "instructions"]) {
        await Deno.mkdir(folder(name), { recursive: true });
      }
      const sources = await makeSources(folder("sources"), world);
      await makeBenchmarks(folder("benchmarks"), world);
      const instructions = await makeInstructions(folder("instructions"), world);
      const paths = await perSource((name) => Promise.resolve(sources[name]));
      const bytes = await perSource((name) => bytesOf(paths[name]));
      return { paths, cited: [...sources.cited], bytes, instructions };
    },
  });
}

/** Returns a hash of the code that makes the world, so that a world that was changed is made anew. */
async function makersHash(): Promise<string> {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const entries = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const makers = entries.filter((name) => !["page", "run"].includes(name));
  return (await Promise.all(makers.map((name) => hashTree(join(folder, name))))).join(" ");
}

/** Cleans and deduplicates each source as the paper does, and holds out a part that measures the loss. */
export function cleanCorpus(run: RunFolder, raw: RawFiles): Promise<Corpus> {
  return run.stage({
    name: "corpus",
    title: "Corpus: cleaned, deduplicated, and a part held out",
    after: ["raw"],
    settings: {},
    files: ["corpus"],
    async work() {
      const corpus: Corpus = { steps: {}, documents: {}, held: {} } as Corpus;
      await Deno.mkdir(run.at("corpus"), { recursive: true });
      for (const name of cleaningOrder) {
        const path = run.at(`corpus/${name}.clean.jsonl`);
        const { steps } = await (await reader(run, name, raw)).write(path);
        corpus.steps[name] = steps.map(({ step, kept, dropped }) => ({
          step: said(run, step),
          kept,
          dropped,
        }));
        const { train, held } = heldOut(await documentsIn(path).toArray());
        await Dataset.from(train).write(trainFile(run, name));
        await Dataset.from(held).write(heldFile(run, name));
        corpus.documents[name] = train.length;
        corpus.held[name] = held.length;
      }
      return corpus;
    },
  });
}

/** Returns the documents of a source to train on. */
export function trainText(run: RunFolder, name: SourceName): Dataset<Document> {
  return documentsIn(trainFile(run, name));
}

/** Returns the held-out text of a source. */
export function heldText(run: RunFolder, name: SourceName): Dataset<Document> {
  return documentsIn(heldFile(run, name));
}

/** Returns the mixture of Table 1. */
export function mixture(run: RunFolder): Dataset<Document> {
  return Dataset.llama(Object.fromEntries(sourceNames.map((name) => [name, trainText(run, name)])));
}

/** Returns an object with a value for each source, made one after another. */
export async function perSource<T>(make: (name: SourceName) => Promise<T>): Promise<PerSource<T>> {
  const entries: [SourceName, T][] = [];
  for (const name of sourceNames) entries.push([name, await make(name)]);
  return Object.fromEntries(entries) as PerSource<T>;
}

/** Wikipedia stands first, because the language model that judges CommonCrawl's pages is made of it. */
const cleaningOrder: readonly SourceName[] = [
  "wikipedia",
  ...sourceNames.filter((name) => name !== "wikipedia"),
];

/** Returns a source with the processing that the paper gives it. */
async function reader(run: RunFolder, name: SourceName, raw: RawFiles): Promise<Dataset<Document>> {
  const path = raw.paths[name];
  if (name !== "commonCrawl") return Dataset[name](path);
  const [languageModel, references] = [await wikipediaModel(run), await referenceClassifier(raw)];
  return Dataset.commonCrawl(path, { languageModel, cutoffs: CUTOFFS, references });
}

/**
 * The perplexities at which the buckets of pages end [ours]. CCNet's default, shares of the pages, would drop four tenths of
 * the good ones in a web that has so few bad ones.
 */
const CUTOFFS: readonly [number, number] = [20, 340];

/** Trains the language model that sorts pages by their likeness to Wikipedia, as CCNet's do. */
async function wikipediaModel(run: RunFolder): Promise<NgramModel> {
  const articles = documentsIn(run.at("corpus/wikipedia.clean.jsonl"))
    .filter(({ meta }) => meta?.language === undefined || meta.language === "en", { name: "English" });
  return await NgramModel.trainOn(articles, {
    tokenizer: await Tokenizer.train(articles, { vocabSize: 1024 }),
  });
}

/** Trains the classifier of pages that articles cite against all other pages [paper 2.1]. */
async function referenceClassifier({ paths, cited }: RawFiles): Promise<TextClassifier> {
  const addresses = new Set(cited);
  const pages = await Dataset.commonCrawl(paths.commonCrawl).toArray();
  const isCited = ({ meta }: Document) => addresses.has(String(meta?.url));
  return await TextClassifier.train(pages.filter(isCited), pages.filter((page) => !isCited(page)));
}

/** Documents below which a part of each is held out, and not whole documents. */
const FEW = 20;

/** Every so many documents one is held out; of few documents, the last part of each. */
const HELD_SHARE = 10;

/** Divides documents into those to train on and those that measure the loss. */
function heldOut(documents: readonly Document[]): { train: Document[]; held: Document[] } {
  const isHeld = (i: number) => i % HELD_SHARE === HELD_SHARE - 1;
  if (documents.length >= FEW) {
    return {
      train: documents.filter((_, i) => !isHeld(i)),
      held: documents.filter((_, i) => isHeld(i)),
    };
  }
  const cut = documents.map(({ text }) => {
    const at = Math.floor(text.length * (1 - 1 / HELD_SHARE));
    return Math.max(text.lastIndexOf("\n", at), text.lastIndexOf(" ", at), 0) || at;
  });
  return {
    train: documents.map((document, i) => ({ ...document, text: document.text.slice(0, cut[i]) })),
    held: documents.map((document, i) => ({ ...document, text: document.text.slice(cut[i]).trim() })),
  };
}

function documentsIn(path: string): Dataset<Document> {
  return Dataset.jsonl(path, { text: "text" });
}

function trainFile(run: RunFolder, name: SourceName): string {
  return run.at(`corpus/${name}.train.jsonl`);
}

function heldFile(run: RunFolder, name: SourceName): string {
  return run.at(`corpus/${name}.held.jsonl`);
}

/** Returns a step's words without the folder of the run, which is not the same for everybody. */
function said(run: RunFolder, step: string): string {
  return step.replaceAll(`${run.path}/`, "");
}

/** Returns the bytes of a file, or of the folder in which a pattern's files lie. */
async function bytesOf(pattern: string): Promise<number> {
  const star = pattern.indexOf("*");
  return await sizeOf(star < 0 ? pattern : pattern.slice(0, pattern.lastIndexOf("/", star)));
}
