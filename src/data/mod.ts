/**
 * The data layer [paper 2.1]: readers, steps, mixtures and token windows.
 *
 * A `Dataset` is a cold plan; `tokenize` makes a `TokenDataset` of it, whose `prepare` writes shards to disk and
 * gives windows in an order that depends on a seed and a number alone.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk/data";
 *
 * const corpus = Dataset.mix({
 *   novel: { from: Dataset.sample("moby-dick"), weight: 0.5 },
 *   speeches: { from: Dataset.sample("sotu"), weight: 0.5, maxEpochs: 2 },
 * });
 * await corpus.preview(4).show();
 * ```
 *
 * @module
 */
export type { ChatEncoding, ChatPiece, Encoder, Message } from "../base/encoder.ts";
export { Displayable, type Picture } from "../display/display.ts";
export type { Flaw } from "../formats/found.ts";
export type { TextEncoding } from "../formats/lines.ts";
export type { ArxivOptions } from "./corpora/arxiv.ts";
export type { BooksOptions } from "./corpora/books.ts";
export type { C4Options } from "./corpora/c4.ts";
export type { CommonCrawlOptions } from "./corpora/common_crawl.ts";
export type { GithubOptions } from "./corpora/github.ts";
export type { LlamaSources } from "./corpora/llama.ts";
export type { StackExchangeOptions } from "./corpora/stack_exchange.ts";
export type { WikipediaOptions } from "./corpora/wikipedia.ts";
export type { ConversationFields, ConversationOptions } from "./conversations.ts";
export { Dataset, type ReadOptions, type SplitOptions } from "./dataset.ts";
export type { DedupOptions } from "./dedup/dedup.ts";
export type { Conversation, Document, Entry, Place, Row } from "./document.ts";
export type { Paths } from "./files.ts";
export type { CleanOptions } from "./filters/c4.ts";
export { type ClassifierOptions, type HeldOutReport, TextClassifier } from "./filters/classifier.ts";
export type { ContaminationOptions } from "./filters/contamination.ts";
export type { LanguageOptions } from "./filters/language.ts";
export type { Bucket, PerplexityOptions } from "./filters/perplexity.ts";
export type { QualityOptions } from "./filters/quality.ts";
export { differingStep, type LineageStep } from "./fingerprint.ts";
export type { TokenRow, TokensOptions } from "./given.ts";
export { type HeldOut, holdOut, type HoldOutOptions } from "./hold_out.ts";
export type { ClosureOptions, Items } from "./memory.ts";
export type { MixEntry, MixOptions } from "./mix.ts";
export type { Closure, CorpusCall, MixSource, Plan as DataPlan } from "./plan.ts";
export type { Preview } from "./preview.ts";
export type { OnReject, Reading, ReadingOptions, StepCounts } from "./reading.ts";
export type { CsvOptions, JsonlOptions, ParquetOptions, RowOptions } from "./rows.ts";
export type { SampleName } from "./sample.ts";
export { type Part, partPlan } from "./split.ts";
export type { DatasetStats, SourceShare } from "./stats.ts";
export type { ShuffleOptions } from "./steps.ts";
export type { LinesOptions, TextOptions } from "./text.ts";
export type { TokenizeOptions } from "./tokenized.ts";
export type { TokenDatasetStats, TokenShare } from "./token_stats.ts";
export {
  type PreparedSource,
  type PreparedTokens,
  type PrepareOptions,
  type PrepareProgress,
  TokenDataset,
  type TokenStatsOptions,
  type Window,
} from "./tokens.ts";
export { NgramModel, type SentModel, type TextModelOptions, type TrainingTexts } from "./ngram.ts";
export type { SharedTable } from "./ngram_table.ts";
export { validationSplit } from "./validation.ts";
export type { Job, Make } from "../base/job.ts";
export type { Judge, Note, Ruling } from "./workers/judged.ts";
export type { Stage, StageJob } from "./workers/stage.ts";
export type { WriteOptions } from "./write.ts";
