/**
 * `Dataset`: the fluent shell over plans. Cold and immutable; nothing is read before a terminal verb.
 *
 * @module
 */
import { z } from "zod";
import type { Encoder } from "../base/encoder.ts";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { cachedPlan } from "./steps/cache_step.ts";
import { type ArxivOptions, arxivPlan } from "./corpora/arxiv.ts";
import { type BooksOptions, booksPlan } from "./corpora/books.ts";
import { type C4Options, c4Plan } from "./corpora/c4.ts";
import { type CommonCrawlOptions, commonCrawlPlan } from "./corpora/common_crawl.ts";
import { corpusPlan } from "./corpora/corpus_call.ts";
import { type GithubOptions, githubPlan } from "./corpora/github.ts";
import { llamaPlan, type LlamaSources } from "./corpora/llama_mixture.ts";
import { type StackExchangeOptions, stackExchangePlan } from "./corpora/stack_exchange.ts";
import { type WikipediaOptions, wikipediaPlan } from "./corpora/wikipedia.ts";
import { type ConversationOptions, conversationsPlan } from "./steps/conversations.ts";
import { type DedupOptions, dedupPlan } from "./dedup/dedup.ts";
import type { Conversation, Document, Row } from "./document.ts";
import type { Paths } from "./io/file_patterns.ts";
import { type CleanOptions, cleanPlan } from "./filters/c4_rules.ts";
import { type ContaminationOptions, contaminationPlan } from "./filters/contamination.ts";
import { type LanguageOptions, languagePlan } from "./filters/language.ts";
import { type PerplexityOptions, perplexityPlan } from "./filters/perplexity_filter.ts";
import { type QualityOptions, qualityPlan } from "./filters/quality.ts";
import { fingerprintOf, lineageOf, type LineageStep } from "./plan/fingerprint.ts";
import { GivenTokens, type TokenRow, type TokensOptions } from "./tokens/token_rows_dataset.ts";
import { type ClosureOptions, type Items, memoryPlan } from "./io/in_memory.ts";
import { type MixEntry, type MixOptions, mixPlan } from "./steps/mix.ts";
import { type DatasetPlan, describePlan, entriesOf, planToJSON } from "./plan/plan.ts";
import { Preview } from "./reports/preview.ts";
import { Pass } from "./plan/pass.ts";
import {
  type CsvOptions,
  csvPlan,
  type JsonlOptions,
  jsonlPlan,
  type ParquetOptions,
  parquetPlan,
} from "./io/records.ts";
import { type SampleName, samplePlan } from "./io/sample_texts.ts";
import { partPlan, partsOf } from "./steps/split.ts";
import { type DatasetStats, tallied } from "./reports/stats.ts";
import {
  checkCount,
  filterPlan,
  mapPlan,
  type ShuffleOptions,
  shufflePlan,
  skipPlan,
  takePlan,
} from "./steps/basic_steps.ts";
import { type LinesOptions, linesPlan, type TextOptions, textPlan } from "./io/text.ts";
import { TokenizedDataset, type TokenizeOptions } from "./tokens/tokenized_dataset.ts";
import type { TokenDataset } from "./tokens/token_dataset.ts";
import { type WriteOptions, writePlan } from "./io/write_jsonl.ts";

/** What a terminal verb can be given. */
export interface ReadOptions {
  /** Stops the reading; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * How many workers do the steps that judge one text at a time; 0 for none. Default: up to one a core, once they turn
   * out to have enough to do. The result does not depend on it.
   */
  workers?: number;
}

const readSchema = optionsSchema<ReadOptions>()(z.strictObject({
  signal: z.instanceof(AbortSignal).optional(),
  workers: z.number().int().min(0).optional(),
}));

/** How a dataset is split. */
export interface SplitOptions {
  /** Decides which record goes where; default 42. */
  seed?: number;
}

const splitSchema = optionsSchema<SplitOptions>()(z.strictObject({ seed: z.number().int().default(42) }));

/**
 * A plan for records: documents, rows, conversations.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk/data";
 *
 * const book = Dataset.sample("moby-dick").filter((chapter) => chapter.text.length > 2000, { name: "long" });
 * const { train, test } = book.split({ train: 0.9, test: 0.1 });
 * await train.preview(3).show();
 * console.log(await test.stats());
 * ```
 */
export class Dataset<T = Document> extends Displayable implements AsyncIterable<T> {
  /** The operators, readers first. */
  readonly plan: DatasetPlan<T>;

  /** The dataset of a plan; users begin with a reader such as {@linkcode Dataset.text}. */
  constructor(plan: DatasetPlan<T>) {
    super();
    this.plan = plan;
  }

  /**
   * Text files (paths, globs, addresses; `.gz`, `.zst`, `.bz2` and `.xz` are unpacked): a document each, or by
   * paragraph or pattern.
   *
   * @throws {DataError} at the first reading, when a file is missing or empty or is not in the encoding named
   */
  static text(paths: Paths, options?: TextOptions): Dataset<Document> {
    return new Dataset(textPlan(paths, options));
  }

  /** Text files, one document a line. */
  static lines(paths: Paths, options?: LinesOptions): Dataset<Document> {
    return new Dataset(linesPlan(paths, options));
  }

  /** JSON Lines files as documents: `text` names the field that holds the text, the others go to `meta`. */
  static jsonl(paths: Paths, options: JsonlOptions & { text: string }): Dataset<Document>;
  /** JSON Lines files as rows. */
  static jsonl(paths: Paths, options?: JsonlOptions): Dataset<Row>;
  static jsonl(paths: Paths, options?: JsonlOptions): Dataset<Document> | Dataset<Row> {
    return new Dataset<Document | Row>(jsonlPlan(paths, options)) as Dataset<Row>;
  }

  /** CSV or TSV files, whose first line names the fields, as documents. */
  static csv(paths: Paths, options: CsvOptions & { text: string }): Dataset<Document>;
  /** CSV or TSV files as rows of strings. */
  static csv(paths: Paths, options?: CsvOptions): Dataset<Row>;
  static csv(paths: Paths, options?: CsvOptions): Dataset<Document> | Dataset<Row> {
    return new Dataset<Document | Row>(csvPlan(paths, options)) as Dataset<Row>;
  }

  /** Parquet files as documents. */
  static parquet(paths: Paths, options: ParquetOptions & { text: string }): Dataset<Document>;
  /** Parquet files as rows. */
  static parquet(paths: Paths, options?: ParquetOptions): Dataset<Row>;
  static parquet(paths: Paths, options?: ParquetOptions): Dataset<Document> | Dataset<Row> {
    return new Dataset<Document | Row>(parquetPlan(paths, options)) as Dataset<Row>;
  }

  /** Records in memory: an array, or a function that gives an iterable at every reading; texts get `id` and `source`. */
  static from<T extends { text: string; id?: string; source?: string }>(
    items: Items<T>,
    options?: ClosureOptions,
  ): Dataset<T & Document>;
  /** Records of any kind. An iterator is used up by its first reading and refused at the second. */
  static from<T>(items: Items<T>, options?: ClosureOptions): Dataset<T>;
  static from<T>(items: Items<T>, options?: ClosureOptions): Dataset<T> {
    return new Dataset(memoryPlan(items, options));
  }

  /** CommonCrawl's WET or WARC files [paper 2.1]: paragraphs deduplicated, English, good by two models. */
  static commonCrawl(paths: Paths, options?: CommonCrawlOptions): Dataset<Document> {
    return new Dataset(corpusPlan("commonCrawl", commonCrawlPlan, paths, options));
  }

  /** C4's JSON Lines files, or pages of WET and WARC files under its rules [paper 2.1]. */
  static c4(paths: Paths, options?: C4Options): Dataset<Document> {
    return new Dataset(corpusPlan("c4", c4Plan, paths, options));
  }

  /** Source code of folders or of BigQuery's export, by licence and looks [paper 2.1]. */
  static github(paths: Paths, options?: GithubOptions): Dataset<Document> {
    return new Dataset(corpusPlan("github", githubPlan, paths, options));
  }

  /** Articles of MediaWiki exports as plain text [paper 2.1]. */
  static wikipedia(paths: Paths, options?: WikipediaOptions): Dataset<Document> {
    return new Dataset(corpusPlan("wikipedia", wikipediaPlan, paths, options));
  }

  /** Books of Project Gutenberg, one of those that overlap by more than 90 % [paper 2.1]. */
  static books(paths: Paths, options?: BooksOptions): Dataset<Document> {
    return new Dataset(corpusPlan("books", booksPlan, paths, options));
  }

  /** LaTeX sources of arXiv without comments, head and bibliography, macros expanded [paper 2.1]. */
  static arxiv(paths: Paths, options?: ArxivOptions): Dataset<Document> {
    return new Dataset(corpusPlan("arxiv", arxivPlan, paths, options));
  }

  /** Questions with their answers from Stack Exchange's Posts.xml, the best answers first [paper 2.1]. */
  static stackExchange(paths: Paths, options?: StackExchangeOptions): Dataset<Document> {
    return new Dataset(corpusPlan("stackExchange", stackExchangePlan, paths, options));
  }

  /** The seven sources in the proportions of Table 1 [paper 2.1]. */
  static llama(sources: LlamaSources, options?: MixOptions): Dataset<Document> {
    return new Dataset(llamaPlan(sources, options));
  }

  /** Several sources in given proportions [paper 2.1]. */
  static mix<T>(sources: Record<string, MixEntry<T>>, options?: MixOptions): Dataset<T> {
    return new Dataset(mixPlan(sources, options));
  }

  /** Real text that is downloaded when it is first read: 135 chapters of Moby Dick, or 233 speeches on the State of the Union. */
  static sample(name: SampleName): Dataset<Document> {
    return new Dataset(samplePlan(name));
  }

  /** Rows of token ids, used as they are and in their order. */
  static tokens(rows: Iterable<TokenRow>, options?: TokensOptions): TokenDataset {
    return new GivenTokens(rows, options);
  }

  /** Each record replaced by what `fn` gives for it. Raise `version` when `fn` captures something that changed. */
  map<U>(fn: (record: T) => U | Promise<U>, options: ClosureOptions = {}): Dataset<U> {
    return new Dataset(mapPlan(this.plan, fn, options));
  }

  /** The records for which `fn` is true. */
  filter(fn: (record: T) => boolean | Promise<boolean>, options: ClosureOptions = {}): Dataset<T> {
    return new Dataset(filterPlan(this.plan, fn, options));
  }

  /** The records in a seeded random order. */
  shuffle(options: ShuffleOptions = {}): Dataset<T> {
    return new Dataset(shufflePlan(this.plan, options));
  }

  /** The first `count` records. */
  take(count: number): Dataset<T> {
    return new Dataset(takePlan(this.plan, count));
  }

  /** All but the first `count` records. */
  skip(count: number): Dataset<T> {
    return new Dataset(skipPlan(this.plan, count));
  }

  /** Named parts of given shares, by a hash of the seed and each record's id: no part changes when records are added. */
  split<Name extends string>(
    shares: Record<Name, number>,
    options: SplitOptions = {},
  ): Record<Name, Dataset<T>> {
    const parts = partsOf(this.plan, shares, parseOptions(splitSchema, options, "Dataset.split").seed);
    const datasets = {} as Record<Name, Dataset<T>>;
    for (const name of Object.keys(parts) as Name[]) {
      datasets[name] = new Dataset(partPlan(this.plan, parts[name]));
    }
    return datasets;
  }

  /** The documents without whole texts, paragraphs or lines that were seen before. */
  dedup(this: Dataset<Document>, options: DedupOptions = {}): Dataset<Document> {
    return new Dataset(dedupPlan(this.plan, options));
  }

  /** The documents in the languages asked for, by fastText's classifier of 176; each gets `meta.language`. */
  language(this: Dataset<Document>, options: LanguageOptions = {}): Dataset<Document> {
    return new Dataset(languagePlan(this.plan, options));
  }

  /** The documents as the rules of C4 leave them: whole lines cut, whole pages dropped; each rule can be switched off. */
  clean(this: Dataset<Document>, options: CleanOptions = {}): Dataset<Document> {
    return new Dataset(cleanPlan(this.plan, options));
  }

  /** The documents that a classifier takes for good ones; each gets `meta.quality`. */
  quality(this: Dataset<Document>, options: QualityOptions): Dataset<Document> {
    return new Dataset(qualityPlan(this.plan, options));
  }

  /** The documents that a language model finds likely, in parts head, middle and tail as in CCNet. */
  perplexity(this: Dataset<Document>, options: PerplexityOptions): Dataset<Document> {
    return new Dataset(perplexityPlan(this.plan, options));
  }

  /** Counts (or drops) the documents that share a run of words with benchmark files. */
  contamination(
    this: Dataset<Document>,
    files: Paths,
    options: ContaminationOptions = {},
  ): Dataset<Document> {
    return new Dataset(contaminationPlan(this.plan, files, options));
  }

  /**
   * The same records, kept on disk from the first reading on, which reads all of them: what comes before runs once, until
   * files, options or functions change. For records that JSON can hold.
   */
  cache(): Dataset<T> {
    return new Dataset(cachedPlan(this.plan));
  }

  /** Rows as conversations, from `{ instruction, input, output }`, `{ prompt, completion }` or `{ messages }`. */
  conversations(options: ConversationOptions = {}): Dataset<Conversation> {
    return new Dataset(conversationsPlan(this.plan, options));
  }

  /** Windows of tokens. Of conversations only the answers are learned, and no window lets one see another. */
  tokenize(
    this: Dataset<Document> | Dataset<Conversation>,
    encoder: Encoder,
    options: TokenizeOptions,
  ): TokenDataset {
    return new TokenizedDataset({ plan: this.plan, encoder, options });
  }

  /** Reads the records. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const { value } of entriesOf(this.plan, new Pass())) yield value;
  }

  /** All records in an array. */
  async toArray(options: ReadOptions = {}): Promise<T[]> {
    const records: T[] = [];
    await tallied(
      this.plan,
      parseOptions(readSchema, options, "Dataset.toArray"),
      (value) => void records.push(value),
    );
    return records;
  }

  /** A view of the first `count` records and of what the steps kept and dropped until then; `show()` reads it. */
  preview(count = 5): Preview<T> {
    return new Preview(this.plan, checkCount(count, "Dataset.preview"));
  }

  /** Reads everything and counts: records, bytes, what each step dropped and why, shares of a mixture. */
  stats(options: ReadOptions = {}): Promise<DatasetStats> {
    return tallied(this.plan, parseOptions(readSchema, options, "Dataset.stats"));
  }

  /** Writes the records to a `.jsonl` or `.jsonl.gz` file, and what was dropped to `rejects`; returns the counts. */
  write(path: string, options: WriteOptions = {}): Promise<DatasetStats> {
    return writePlan(this.plan, path, options);
  }

  /**
   * Identity of operators, options, input files (path, size, time) and functions (source text, name, version):
   * 32 hex digits. Looks at the files.
   */
  get fingerprint(): string {
    return fingerprintOf(this.plan);
  }

  /** The fingerprints of all steps, readers first: what tells in which step two datasets differ. */
  get lineage(): LineageStep[] {
    return lineageOf(this.plan);
  }

  /** The plan. */
  override picture(): Picture {
    return { text: ["Dataset", ...describePlan(this.plan, "  ")].join("\n") };
  }

  /** The plan as JSON; functions stand in it by name. */
  toJSON(): Record<string, unknown> {
    return planToJSON(this.plan);
  }
}
