/**
 * `Dataset`, the fluent shell over plans: cold and immutable, nothing is read before a terminal verb.
 *
 * @module
 */
import type { Encoder } from "../base/encoder.ts";
import { withFiles } from "../base/file_problem.ts";
import { lazily } from "../base/lazy_import.ts";
import { checkPath, parseOptions } from "../base/schema.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { Help } from "../display/help.ts";
import helpTexts from "./dataset_help.json" with { type: "json" };
import { cachedPlan } from "./steps/cache_step.ts";
import { concatPlan } from "./steps/concat.ts";
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
import { type TokenRow, TokenRowsDataset, type TokensOptions } from "./tokens/token_rows_dataset.ts";
import { type ClosureOptions, type Items, memoryPlan } from "./io/in_memory.ts";
import { type MixEntry, type MixOptions, mixPlan } from "./steps/mix.ts";
import { knownCounts } from "./plan/known_counts.ts";
import { type DatasetPlan, entriesOf, plansIn, planToJSON } from "./plan/plan.ts";
import { flowOf } from "./reports/flow.ts";
import { flowPicture } from "./reports/flow_picture.ts";
import { Preview } from "./reports/preview.ts";
import { Pass } from "./plan/pass.ts";
import { type ReadOptions, readSchema } from "./plan/read_options.ts";
import { csvPlan, jsonlPlan, parquetPlan } from "./io/records.ts";
import type { CsvOptions, JsonlOptions, ParquetOptions } from "./io/records.ts";
import { type SampleName, samplePlan } from "./io/sample_texts.ts";
import { partPlan, partsOf, type SplitOptions, splitSchema } from "./steps/split.ts";
import { type DatasetStats, tallied } from "./reports/stats.ts";
import { checkCount, filterPlan, mapPlan, shufflePlan, skipPlan, takePlan } from "./steps/basic_steps.ts";
import type { ShuffleOptions } from "./steps/basic_steps.ts";
import { type LinesOptions, linesPlan, type TextOptions, textPlan } from "./io/text.ts";
import { TokenizedDataset, type TokenizeOptions } from "./tokens/tokenized_dataset.ts";
import type { TokenDataset } from "./tokens/token_dataset.ts";
import { isPartOfJob, type WriteOptions, writePlan } from "./io/write_jsonl.ts";

/**
 * A plan for records: documents, rows, conversations. Chaining returns a new dataset; nothing is read before a terminal
 * verb (`for await`, `toArray`, `preview().show()`, `stats`, `write`).
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk";
 *
 * const book = Dataset.sample("moby-dick").filter(({ text }) => text.length > 2000, { name: "long" });
 * const { train, test } = book.split({ train: 0.9, test: 0.1 });
 * await train.preview(3).show();
 * console.log(await test.stats());
 * ```
 */
export class Dataset<T = Document> extends Displayable implements AsyncIterable<T> {
  /** The operators, readers first. */
  readonly plan: DatasetPlan<T>;

  /** Makes the dataset of a plan. Users begin with a reader such as {@linkcode Dataset.text}. */
  constructor(plan: DatasetPlan<T>) {
    super();
    this.plan = plan;
  }

  /**
   * Lists the verbs, or explains one with its options, their defaults and where these come from.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * await Dataset.help().show();
   * await Dataset.help("dedup").show();
   * ```
   *
   * @throws {ConfigError} for a verb that it does not have
   */
  static help(verb?: string): Help {
    return new Help(helpTexts, verb);
  }

  /**
   * Reads text files as one document each, or cut by paragraph or pattern. Paths may be folders (all their text files, at
   * any depth), globs, addresses and `hf://owner/name/...`. Encodings are detected, line ends become LF, files that are not
   * text are counted. Packed files (gzip, Zstandard, bzip2, xz) are unpacked by their contents, in all readers.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const folder = await Deno.makeTempDir();
   * await Deno.writeTextFile(`${folder}/llamas.txt`, "Llamas hum.\n\nThey live in the Andes.");
   * const paragraphs = Dataset.text(`${folder}/*.txt`, { by: "paragraph" });
   * for await (const { id, text } of paragraphs) console.log(id, text);
   * ```
   *
   * @throws {DataError} when read, for a file that is missing, or when no file holds text
   */
  static text(paths: Paths, options?: TextOptions): Dataset<Document> {
    return new Dataset(textPlan(paths, options));
  }

  /** Reads text files, one document per line. */
  static lines(paths: Paths, options?: LinesOptions): Dataset<Document> {
    return new Dataset(linesPlan(paths, options));
  }

  /**
   * Reads JSON Lines, or objects and arrays of objects in JSON, as documents: `text` names the field that holds the text, the others go to `meta`.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const folder = await Deno.makeTempDir();
   * await Deno.writeTextFile(`${folder}/pages.jsonl`, '{"url": "llama.org", "content": "Llamas hum."}\n');
   * const pages = Dataset.jsonl(`${folder}/*.jsonl`, { text: "content", id: "url" });
   * console.log(await pages.toArray());
   * ```
   */
  static jsonl(paths: Paths, options: JsonlOptions & { text: string }): Dataset<Document>;
  /** Reads JSON as rows. An integer beyond 2^53 - 1 becomes a string of its digits. */
  static jsonl(paths: Paths, options?: JsonlOptions): Dataset<Row>;
  static jsonl(paths: Paths, options?: JsonlOptions): Dataset<Document> | Dataset<Row> {
    return new Dataset<Document | Row>(jsonlPlan(paths, options)) as Dataset<Row>;
  }

  /** Reads CSV or TSV files, whose first line names the fields, as documents. */
  static csv(paths: Paths, options: CsvOptions & { text: string }): Dataset<Document>;
  /** Reads CSV or TSV files as rows of strings. */
  static csv(paths: Paths, options?: CsvOptions): Dataset<Row>;
  static csv(paths: Paths, options?: CsvOptions): Dataset<Document> | Dataset<Row> {
    return new Dataset<Document | Row>(csvPlan(paths, options)) as Dataset<Row>;
  }

  /** Reads Parquet files as documents. */
  static parquet(paths: Paths, options: ParquetOptions & { text: string }): Dataset<Document>;
  /** Reads Parquet files as rows: long integers and decimals as strings of digits, binary values as `Uint8Array`. */
  static parquet(paths: Paths, options?: ParquetOptions): Dataset<Row>;
  static parquet(paths: Paths, options?: ParquetOptions): Dataset<Document> | Dataset<Row> {
    return new Dataset<Document | Row>(parquetPlan(paths, options)) as Dataset<Row>;
  }

  /**
   * Reads records in memory: an array, another iterable, or a function that gives an iterable at every reading. Records with
   * a `text` get an `id` and a `source`.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const pages = Dataset.from([{ text: "Llamas hum." }, { text: "Alpacas hum too." }]);
   * const squares = Dataset.from(function* () {
   *   for (let i = 1; i <= 3; i++) yield { i, square: i * i };
   * });
   * console.log(await pages.toArray(), await squares.toArray());
   * ```
   */
  static from<T extends { text: string; id?: string; source?: string }>(
    items: Items<T>,
    options?: ClosureOptions,
  ): Dataset<T & Document>;
  /** Reads records of any kind. An iterator is used up by its first reading and refused at the second. */
  static from<T>(items: Items<T>, options?: ClosureOptions): Dataset<T>;
  static from<T>(items: Items<T>, options?: ClosureOptions): Dataset<T> {
    return new Dataset(memoryPlan(items, options));
  }

  /** Reads CommonCrawl's WET or WARC files [paper 2.1]: paragraphs deduplicated, English only, filtered by two models. */
  static commonCrawl(paths: Paths, options?: CommonCrawlOptions): Dataset<Document> {
    return new Dataset(corpusPlan("commonCrawl", commonCrawlPlan, paths, options));
  }

  /** Reads C4's JSON Lines files, or pages of WET and WARC files under its rules [paper 2.1]. */
  static c4(paths: Paths, options?: C4Options): Dataset<Document> {
    return new Dataset(corpusPlan("c4", c4Plan, paths, options));
  }

  /** Reads source code of folders or of BigQuery's export, filtered by licence and by simple rules [paper 2.1]. */
  static github(paths: Paths, options?: GithubOptions): Dataset<Document> {
    return new Dataset(corpusPlan("github", githubPlan, paths, options));
  }

  /** Reads the articles of MediaWiki exports as plain text [paper 2.1]. */
  static wikipedia(paths: Paths, options?: WikipediaOptions): Dataset<Document> {
    return new Dataset(corpusPlan("wikipedia", wikipediaPlan, paths, options));
  }

  /** Reads books of Project Gutenberg, one of those that overlap by more than 90 % [paper 2.1]. */
  static books(paths: Paths, options?: BooksOptions): Dataset<Document> {
    return new Dataset(corpusPlan("books", booksPlan, paths, options));
  }

  /** Reads LaTeX sources of arXiv without comments, head and bibliography, macros expanded [paper 2.1]. */
  static arxiv(paths: Paths, options?: ArxivOptions): Dataset<Document> {
    return new Dataset(corpusPlan("arxiv", arxivPlan, paths, options));
  }

  /** Reads questions with their answers from Stack Exchange's Posts.xml, the best answers first [paper 2.1]. */
  static stackExchange(paths: Paths, options?: StackExchangeOptions): Dataset<Document> {
    return new Dataset(corpusPlan("stackExchange", stackExchangePlan, paths, options));
  }

  /** Mixes the seven sources in the proportions of Table 1 [paper 2.1]. */
  static llama(sources: LlamaSources, options?: MixOptions): Dataset<Document> {
    return new Dataset(llamaPlan(sources, options));
  }

  /**
   * Mixes named sources by weight [paper 2.1]. Read as documents, a mixture is one finite pass, with weights in bytes of
   * text; read as tokens, each 1,000 windows hold the exact quota of every source.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const mix = Dataset.mix({
   *   novel: { from: Dataset.sample("moby-dick"), weight: 0.7 },
   *   speeches: { from: Dataset.sample("sotu"), weight: 0.3 },
   * }, { seed: 42 });
   * console.log((await mix.stats()).sources);
   * ```
   *
   * @throws {ConfigError} when there is no source, or a weight is not positive
   */
  static mix<T>(sources: Record<string, MixEntry<T>>, options?: MixOptions): Dataset<T> {
    return new Dataset(mixPlan(sources, options));
  }

  /**
   * Joins datasets: all records of the first, then all of the next. Ids stay, so two datasets of the same file give each
   * id twice.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const both = Dataset.concat(Dataset.sample("moby-dick").take(2), Dataset.sample("sotu").take(1));
   * for await (const { id } of both) console.log(id);
   * ```
   *
   * @throws {ConfigError} when there is no dataset
   */
  static concat<T>(...datasets: readonly Dataset<T>[]): Dataset<T> {
    return new Dataset(concatPlan(datasets));
  }

  /**
   * Reads a sample of real text, downloaded at the first reading: 135 chapters of Moby Dick, or 233 speeches on the State of the Union.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const chapters = Dataset.sample("moby-dick").take(3);
   * for await (const { id, text } of chapters) console.log(id, text.slice(0, 40));
   * ```
   */
  static sample(name: SampleName): Dataset<Document> {
    return new Dataset(samplePlan(name));
  }

  /** Makes a token dataset of rows of token ids, which are used as they are and in their order. */
  static tokens(rows: Iterable<TokenRow>, options?: TokensOptions): TokenDataset {
    return new TokenRowsDataset(rows, options);
  }

  /**
   * Replaces each record by the result of `fn`. Raise `version` when a variable that `fn` captures has changed.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const book = Dataset.sample("moby-dick").take(2);
   * const lower = book.map((chapter) => ({ ...chapter, text: chapter.text.toLowerCase() }), { name: "lower" });
   * for await (const { text } of lower) console.log(text.slice(0, 40));
   * ```
   */
  map<U>(fn: (record: T) => U | Promise<U>, options: ClosureOptions = {}): Dataset<U> {
    return new Dataset(mapPlan(this.plan, fn, options));
  }

  /**
   * Keeps the records for which `fn` is true.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const book = Dataset.sample("moby-dick");
   * const whales = book.filter(({ text }) => text.includes("whale"), { name: "with a whale" });
   * console.log((await whales.stats()).records, "chapters name a whale");
   * ```
   */
  filter(fn: (record: T) => boolean | Promise<boolean>, options: ClosureOptions = {}): Dataset<T> {
    return new Dataset(filterPlan(this.plan, fn, options));
  }

  /** Puts the records in a seeded random order. */
  shuffle(options: ShuffleOptions = {}): Dataset<T> {
    return new Dataset(shufflePlan(this.plan, options));
  }

  /** Keeps the first `count` records. */
  take(count: number): Dataset<T> {
    return new Dataset(takePlan(this.plan, count));
  }

  /** Leaves out the first `count` records. */
  skip(count: number): Dataset<T> {
    return new Dataset(skipPlan(this.plan, count));
  }

  /**
   * Splits the records into named parts by a hash of the seed and each record's id, so records keep their part when others
   * are added. The shares sum to at most 1.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const { train, test } = Dataset.sample("moby-dick").split({ train: 0.9, test: 0.1 }, { seed: 1 });
   * console.log((await train.stats()).records, (await test.stats()).records);
   * ```
   *
   * @throws {ConfigError} when a share is not positive, or the shares sum to more than 1
   */
  split<Name extends string>(
    shares: Record<Name, number>,
    options: SplitOptions = {},
  ): Record<Name, Dataset<T>> {
    const parts = partsOf(this.plan, shares, parseOptions(splitSchema, options, "Dataset.split").seed);
    const part = (name: string) => [name, new Dataset(partPlan(this.plan, parts[name as Name]))];
    return Object.fromEntries(Object.keys(parts).map(part));
  }

  /**
   * Removes texts, paragraphs or lines that were seen before, or documents that are near to an earlier one.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const pages = Dataset.from([
   *   { text: "Llamas hum.\nAccept all cookies" },
   *   { text: "Alpacas hum too.\nAccept all cookies" },
   * ]);
   * for await (const { text } of pages.dedup({ by: "line" })) console.log(text);
   * ```
   */
  dedup(this: Dataset<Document>, options: DedupOptions = {}): Dataset<Document> {
    return new Dataset(dedupPlan(this.plan, options));
  }

  /**
   * Keeps documents in the languages asked for, by fastText's classifier of 176; each gets `meta.language`.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const pages = Dataset.from([
   *   { text: "The llama is a domesticated animal of the Andes." },
   *   { text: "Das Lama ist ein Haustier aus den Anden." },
   * ]);
   * for await (const { text, meta } of pages.language({ keep: "en" })) console.log(text, meta?.language);
   * ```
   */
  language(this: Dataset<Document>, options: LanguageOptions = {}): Dataset<Document> {
    return new Dataset(languagePlan(this.plan, options));
  }

  /**
   * Applies the rules of C4, which cut whole lines and drop whole pages; each rule can be switched off.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const pages = Dataset.from([
   *   { text: "Home | Shop | Login\nThe llama hums when it is calm. It lives in herds. It eats grass all day." },
   *   { text: "Lorem ipsum dolor sit amet." },
   * ]);
   * await pages.clean().preview().show();
   * ```
   */
  clean(this: Dataset<Document>, options: CleanOptions = {}): Dataset<Document> {
    return new Dataset(cleanPlan(this.plan, options));
  }

  /** Keeps documents that a classifier takes for good ones; each gets `meta.quality`. */
  quality(this: Dataset<Document>, options: QualityOptions): Dataset<Document> {
    return new Dataset(qualityPlan(this.plan, options));
  }

  /** Keeps documents that a language model finds likely, in parts head, middle and tail as in CCNet. */
  perplexity(this: Dataset<Document>, options: PerplexityOptions): Dataset<Document> {
    return new Dataset(perplexityPlan(this.plan, options));
  }

  /** Counts, or drops, documents that share a run of words with benchmark files. */
  contamination(
    this: Dataset<Document>,
    files: Paths,
    options: ContaminationOptions = {},
  ): Dataset<Document> {
    return new Dataset(contaminationPlan(this.plan, files, options));
  }

  /**
   * Keeps the records on disk from the first reading on, which reads all of them. The steps before run once, until files,
   * options or functions change. For records that JSON can hold.
   */
  cache(): Dataset<T> {
    return new Dataset(cachedPlan(this.plan));
  }

  /**
   * Makes conversations of rows, from `{ instruction, input, output }`, `{ prompt, completion }` or `{ messages }`.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const rows = Dataset.from([{ question: "Is a llama a camel?", reply: "It is a camelid." }]);
   * const conversations = rows.conversations({ fields: { prompt: "question", completion: "reply" } });
   * console.log((await conversations.toArray())[0].messages);
   * ```
   *
   * @throws {ConfigError} when `fields` names parts of two shapes
   */
  conversations(options: ConversationOptions = {}): Dataset<Conversation> {
    return new Dataset(conversationsPlan(this.plan, options));
  }

  /**
   * Makes windows of `context` + 1 token ids: `<s>` text `</s>` one document behind another, or whole conversations side by
   * side, of which only the answers are learned and none sees another.
   *
   * ```ts
   * import { Dataset, Tokenizer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(5);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const tokens = corpus.tokenize(tokenizer, { context: 64, dir: await Deno.makeTempDir() });
   * console.log(await tokens.stats());
   * ```
   *
   * @throws {ConfigError} for wrong options, or an `encoder` that is no tokenizer
   */
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

  /** Reads all records into an array. */
  async toArray(options: ReadOptions = {}): Promise<T[]> {
    const records: T[] = [];
    const settings = parseOptions(readSchema, options, "Dataset.toArray");
    await tallied(this.plan, settings, (value) => void records.push(value));
    return records;
  }

  /**
   * Returns a view of the first `count` records and of the steps' counts until then; `show()` reads it.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const speeches = Dataset.sample("sotu");
   * await speeches.filter(({ text }) => text.includes("railroad"), { name: "railroads" }).preview(3).show();
   * ```
   */
  preview(count = 5): Preview<T> {
    return new Preview(this.plan, checkCount(count, "Dataset.preview"));
  }

  /**
   * Reads everything and counts records, bytes, each step's drops by reason, and shares of a mixture.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const stats = await Dataset.sample("moby-dick").dedup({ by: "paragraph" }).stats();
   * console.log(stats.records, stats.bytes);
   * await stats.show();
   * ```
   */
  stats(options: ReadOptions = {}): Promise<DatasetStats> {
    return tallied(this.plan, parseOptions(readSchema, options, "Dataset.stats"));
  }

  /**
   * Writes the records to a `.jsonl`, `.jsonl.gz` or `.jsonl.zst` file, or to shards when the path has a `*`, and dropped
   * records to `rejects`. With `part` it writes one part as one of several jobs. Returns the counts.
   *
   * ```ts
   * import { Dataset } from "@llamero/sdk";
   *
   * const folder = await Deno.makeTempDir();
   * const pages = Dataset.sample("moby-dick").filter(({ text }) => text.length < 20_000, { name: "short" });
   * const stats = await pages.write(`${folder}/short.jsonl.gz`, { rejects: `${folder}/long.jsonl` });
   * await stats.show();
   * ```
   */
  async write(path: string, options: WriteOptions = {}): Promise<DatasetStats> {
    checkPath(path, "Dataset.write");
    return await withFiles(`write ${path}`, "Dataset.write", async () => {
      if (!isPartOfJob(options)) return await writePlan(this.plan, path, options);
      return await (await lazily(() => import("./parts/write_part.ts"))).writePart(this.plan, path, options);
    });
  }

  /** Identity, 32 hex digits, of operators, options, files (path, size, time) and functions (text, name, version). */
  get fingerprint(): string {
    return fingerprintOf(this.plan);
  }

  /** The fingerprints of all steps, readers first, by which two datasets are compared to the step that differs. */
  get lineage(): LineageStep[] {
    return lineageOf(this.plan);
  }

  /** Draws the plan, with what each step kept and dropped once all of it was read in this process. */
  override picture(): Picture {
    const note = [...plansIn(this.plan)].some(knownCounts) ? ", with the counts of the last reading" : "";
    return flowPicture(`Dataset${note}`, flowOf(this.plan, { counts: knownCounts }));
  }

  /** Returns the plan as JSON, in which functions stand by name. */
  toJSON(): Record<string, unknown> {
    return planToJSON(this.plan);
  }
}
