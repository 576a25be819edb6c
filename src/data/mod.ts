/**
 * The data layer [paper 2.1]: readers, steps, mixtures and token windows.
 *
 * A `Dataset` is a cold plan. `tokenize` makes a `TokenDataset` of it, whose `prepare` writes shards to disk and gives
 * windows in an order that depends on a seed alone.
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
export {
  type CollectiveCount,
  type CollectiveKind,
  CollectiveLog,
  type CollectiveRecord,
} from "../base/collective_log.ts";
export type { Bytes, Group } from "../base/exchange.ts";
export { Displayable, type Picture } from "../display/display.ts";
export type { BrokenRecord } from "../formats/record_or_error.ts";
export type { TextEncoding } from "../formats/records/lines.ts";
export type { ArxivOptions } from "./corpora/arxiv.ts";
export type { BooksOptions } from "./corpora/books.ts";
export type { C4Options } from "./corpora/c4.ts";
export type { CommonCrawlOptions } from "./corpora/common_crawl.ts";
export type { GithubOptions } from "./corpora/github.ts";
export type { LlamaSources } from "./corpora/llama_mixture.ts";
export type { StackExchangeOptions } from "./corpora/stack_exchange.ts";
export type { WikipediaOptions } from "./corpora/wikipedia.ts";
export type { ConversationFields, ConversationOptions } from "./steps/conversations.ts";
export { Dataset } from "./dataset.ts";
export type { DedupOptions } from "./dedup/dedup.ts";
export { DedupJobs, type DedupJobsOptions, type DedupPart, type JobReport } from "./dedup/jobs/dedup_jobs.ts";
export type { Conversation, Document, Entry, Row, SourceLocation } from "./document.ts";
export type { Paths } from "./io/file_patterns.ts";
export type { CleanOptions } from "./filters/c4_rules.ts";
export { type ClassifierOptions, type HeldOutReport, TextClassifier } from "./filters/classifier.ts";
export type { ContaminationOptions } from "./filters/contamination.ts";
export type { LanguageOptions } from "./filters/language.ts";
export type { Bucket, PerplexityOptions } from "./filters/perplexity_filter.ts";
export type { QualityOptions } from "./filters/quality.ts";
export { differingStep, type LineageStep } from "./plan/fingerprint.ts";
export type { TokenRow, TokensOptions } from "./tokens/token_rows_dataset.ts";
export type { ClosureOptions, Items } from "./io/in_memory.ts";
export type { MixEntry, MixOptions } from "./steps/mix.ts";
export type {
  CorpusCall,
  DatasetPlan as DataPlan,
  MixShare,
  MixSource,
  Reach,
  UserFunction,
} from "./plan/plan.ts";
export { Preview } from "./reports/preview.ts";
export { type OnReject, Pass, type PassOptions, type StepCounts } from "./plan/pass.ts";
export type { CsvOptions, JsonlOptions, ParquetOptions, RowOptions } from "./io/records.ts";
export type { SampleName } from "./io/sample_texts.ts";
export type { BrokenOptions, OnBroken, ReadOptions } from "./plan/read_options.ts";
export { type Part, partPlan, type SplitOptions } from "./steps/split.ts";
export { DatasetStats, type RecordTotals, type SourceShare } from "./reports/stats.ts";
export type { ShuffleOptions } from "./steps/basic_steps.ts";
export type { LinesOptions, TextOptions } from "./io/text.ts";
export type { TokenizeOptions } from "./tokens/tokenized_dataset.ts";
export { TokenDatasetStats, type TokenShare } from "./reports/token_stats.ts";
export { TokenDataset, type TokenStatsOptions } from "./tokens/token_dataset.ts";
export { PreparedTokens, type WindowSource } from "./windows/prepared_tokens.ts";
export type { OrderedSource } from "./windows/window_order.ts";
export type { PrepareOptions, PrepareProgress, Window } from "./windows/window.ts";
export {
  type ModelData,
  NgramModel,
  type TextModelOptions,
  type TrainingTexts,
} from "./filters/ngram_model.ts";
export type { SharedTable } from "./filters/ngram_counts.ts";
export type { Job, Make } from "../base/job.ts";
export type { DocumentStage, Judge, Note, StageJob, Verdict } from "./plan/document_stage.ts";
export type { WriteOptions } from "./io/write_jsonl.ts";
export { JoinedParts, type JoinOptions, joinParts } from "./join_parts.ts";
export type { ManifestLine, ShardFacts, UnitError } from "./parts/manifest.ts";
export type { FileFacts, FileRange, InputUnit, ReaderInput } from "./plan/input_unit.ts";
export {
  measurePerplexity,
  type MeasurePerplexityOptions,
  perplexityCutoffs,
} from "./parts/perplexity_cutoffs.ts";
export type { PartSelection } from "./parts/part_selection.ts";
export { SharedWork } from "./plan/shared_work.ts";
