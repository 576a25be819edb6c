/**
 * Llamero: the LLaMA recipe (Touvron et al. 2023) over WebGPU, as five objects.
 *
 * - {@linkcode Dataset}: where text comes from, and every step from raw pages to windows of tokens.
 * - {@linkcode Tokenizer}: text to token ids and back, learned from a dataset.
 * - {@linkcode Model}: a LLaMA on the GPU, which generates, chats and scores.
 * - {@linkcode Trainer}: pretraining and instruction tuning as one chain; its {@linkcode Run} can be stopped and resumed.
 * - {@linkcode Evaluator}: the paper's benchmarks; its {@linkcode Report} stands beside the published rows.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
 *
 * const corpus = Dataset.sample("moby-dick");
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 512 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * await new Trainer(model)
 *   .pretrain(corpus, { steps: 50, batchTokens: 512 })
 *   .run();
 * console.log(await model.generate("Call me").text());
 * ```
 *
 * The parts inside are exported by subpath: `/data`, `/tokenizer`, `/model`, `/train`, `/eval`, and below them `/gpu`,
 * `/ops`, `/formats` and `/display`.
 *
 * @module
 */
import { armInterrupt } from "./src/display/mod.ts";

export { Dataset } from "./src/data/mod.ts";
export { Tokenizer } from "./src/tokenizer/mod.ts";
export { Model } from "./src/model/mod.ts";
export { Trainer } from "./src/train/mod.ts";
export { Evaluator } from "./src/eval/mod.ts";

export { DatasetStats, Preview, TokenDataset } from "./src/data/mod.ts";
export { TokenStats, TokenView } from "./src/tokenizer/mod.ts";
export { Generation, Inspection, LossResult, Plan } from "./src/model/mod.ts";
export { MaskPreview, ResumeProof, Run, RunResult, TrainerPlan } from "./src/train/mod.ts";
export { defineTask, Report } from "./src/eval/mod.ts";
export { world } from "./src/parallel/mod.ts";
export {
  ConfigError,
  DataError,
  DeviceError,
  FormatError,
  LlameroError,
  NumericsError,
} from "./src/base/errors.ts";
export type { Message } from "./src/base/encoder.ts";
export type {
  ArxivOptions,
  BooksOptions,
  C4Options,
  CleanOptions,
  CommonCrawlOptions,
  ContaminationOptions,
  Conversation,
  ConversationOptions,
  CsvOptions,
  DedupOptions,
  Document,
  GithubOptions,
  JsonlOptions,
  LanguageOptions,
  LinesOptions,
  LlamaSources,
  MixEntry,
  MixOptions,
  ParquetOptions,
  PerplexityOptions,
  QualityOptions,
  Row,
  SampleName,
  ShuffleOptions,
  SplitOptions,
  StackExchangeOptions,
  TextOptions,
  TokenizeOptions,
  TokenRow,
  TokensOptions,
  WikipediaOptions,
  WriteOptions,
} from "./src/data/mod.ts";
export type {
  ChatOptions,
  DecodeOptions,
  EncodeOptions,
  TemplateName,
  TrainOptions as TokenizerTrainOptions,
} from "./src/tokenizer/mod.ts";
export type {
  BatchGenerateOptions,
  FinishReason,
  GeneratedText,
  GenerateOptions,
  InspectOptions,
  LoraOptions,
  ModelConfig,
  ModelOptions,
  ModelShape,
  PlanOptions,
  Prompt,
  SaveOptions,
  Score,
} from "./src/model/mod.ts";
export type {
  EnergyOptions,
  EnergyUse,
  HistoryEntry,
  InstructOptions,
  ManualStep,
  PretrainOptions,
  Recipe,
  ResumeOptions,
  RunEvent,
  RunOptions,
  RunStatus,
  StageResult,
  TrainerOptions,
} from "./src/train/mod.ts";
export type {
  AddOptions,
  CompareOptions,
  EvaluateOptions,
  EvaluatorOptions,
  ItemOutcome,
  SuiteOptions,
  TaskData,
  TaskDefinition,
  TaskResult,
} from "./src/eval/mod.ts";

armInterrupt();
