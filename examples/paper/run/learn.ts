/**
 * Tokenizer, mixture, pretraining and instruction tuning of a run [paper 2.1 to 2.4, 4].
 *
 * @module
 */
import { ConfigError, Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
import type { ReportedResult } from "@llamero/sdk/eval";
import type { Run } from "@llamero/sdk/train";
import { watchedTasks } from "./benchmarks.ts";
import { heldText, mixture, perSource, type RawFiles, type SourceName, sourceNames } from "./corpus.ts";
import { instructions } from "./instructions.ts";
import type { RunFolder } from "./run_folder.ts";

/** Facts about the tokenizer. */
export interface TokenizerFacts {
  /** UTF-8 bytes per token of each source's held-out text. */
  bytesPerToken: Record<SourceName, number>;
}

/** A source's part in the mixture. */
export interface MixtureShare {
  /** The source. */
  source: SourceName;
  /** Share of the windows that are drawn, 0 to 1. */
  drawn: number;
  /** Times that it is read. */
  epochs: number;
  /** Its tokens. */
  tokens: number;
}

/** Scores at a moment of pretraining. */
export interface ScoresAt {
  /** Tokens trained on before. */
  tokens: number;
  /** The results. */
  results: ReportedResult[];
}

/** The result of a training stage. */
export interface TrainingFacts {
  /** Parameters of the model. */
  parameters: number;
  /** Floating-point operations of the whole stage. */
  flop: number;
  /** Tokens trained on. */
  tokens: number;
  /** Loss of each step, nats per token. */
  losses: number[];
  /** Scores and losses on held-out text during training; empty where none were asked for. */
  scores: ScoresAt[];
  /** True when the run is bit for bit what an uninterrupted one is. */
  exact: boolean;
  /** Seconds of work of all sessions. */
  seconds: number;
  /** Watt-hours, where the power is known. */
  wattHours?: number;
  /** Source of the power, in words. */
  power: string;
}

/** Trains the tokenizer on the mixture. */
export async function trainTokenizer(
  run: RunFolder,
): Promise<{ tokenizer: Tokenizer; facts: TokenizerFacts }> {
  const { vocabSize } = run.settings;
  const facts = await run.stage({
    name: "tokenizer",
    title: "Tokenizer: byte-pair encoding, single digits, bytes for rare characters",
    after: ["corpus"],
    settings: { vocabSize },
    files: ["tokenizer"],
    async work() {
      const tokenizer = await Tokenizer.train(mixture(run), { vocabSize });
      await tokenizer.save(run.at("tokenizer"));
      const bytesPerToken = await perSource(async (name) => {
        const texts = (await heldText(run, name).toArray()).map(({ text }) => text);
        const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
        return bytes / texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
      });
      return { bytesPerToken };
    },
  });
  return { tokenizer: await Tokenizer.load(run.at("tokenizer")), facts };
}

/** Packs the mixture into windows, and counts the epochs of each source over the whole of pretraining. */
export function mixSources(run: RunFolder, tokenizer: Tokenizer): Promise<MixtureShare[]> {
  const { context, pretrain: { steps, batchTokens } } = run.settings;
  return run.stage({
    name: "mixture",
    title: "Mixture: the weights of Table 1",
    after: ["tokenizer"],
    settings: { context, steps, batchTokens },
    files: [],
    async work() {
      const windows = Math.floor(steps * batchTokens / context);
      const { sources } = await tokensOf(run, tokenizer).stats({ windows });
      return sources.map(({ source, drawn, epochs, tokens }) => {
        return { source: source as SourceName, drawn, epochs, tokens };
      });
    },
  });
}

/** Pretrains the model. Losses by source and scores are measured every so many tokens. */
export async function pretrain(
  run: RunFolder,
  tokenizer: Tokenizer,
): Promise<{ model: Model; facts: TrainingFacts }> {
  const { shape, context, pretrain, heldWindows, watchedItems } = run.settings;
  const { scoreEvery, ...options } = pretrain;
  const facts = await run.stage({
    name: "pretrain",
    title: "Pretraining, with losses by source and scores on the way",
    after: ["mixture"],
    settings: { shape, pretrain, heldWindows, watchedItems },
    files: ["base"],
    async work(fingerprint) {
      using model = await Model.create(shape, { tokenizer, context, name: "base" });
      const watched = sourceNames.reduce(
        (plan, name) => plan.loss(heldText(run, name), { name, limit: heldWindows }),
        watchedTasks(run),
      );
      const trainer = new Trainer(model, await trainerOptions(run, "pretrain", fingerprint))
        .evaluate(watched)
        .evaluate(watched, { every: scoreEvery })
        .pretrain(tokensOf(run, tokenizer), {
          ...options,
          validation: false,
          checkpointEvery: Math.max(1, Math.floor(scoreEvery / 2)),
        });
      return await trained(trainer, run.at("base"), options);
    },
  });
  return { model: await Model.load(run.at("base"), { name: "base" }), facts };
}

/** Tunes the pretrained model on the instructions. */
export async function tune(
  run: RunFolder,
  raw: RawFiles,
): Promise<{ model: Model; facts: TrainingFacts }> {
  const { instruct } = run.settings;
  const facts = await run.stage({
    name: "instruct",
    title: "Instruction tuning: only the answers count in the loss",
    after: ["pretrain"],
    settings: instruct,
    files: ["tuned"],
    async work(fingerprint) {
      const { learned, held } = await instructions(raw);
      using model = await Model.load(run.at("base"), { name: "tuned" });
      const trainer = new Trainer(model, await trainerOptions(run, "instruct", fingerprint))
        .instruct(learned, { ...instruct, validation: Dataset.from(held).conversations() });
      return await trained(trainer, run.at("tuned"), instruct);
    },
  });
  return { model: await Model.load(run.at("tuned"), { name: "tuned" }), facts };
}

/** Returns the mixture as windows of tokens. */
function tokensOf(run: RunFolder, tokenizer: Tokenizer) {
  return mixture(run).tokenize(tokenizer, { context: run.settings.context, dir: run.at("tokens") });
}

/** Returns the trainer's options: a folder of checkpoints that belongs to these settings alone. */
async function trainerOptions(run: RunFolder, stage: string, fingerprint: string) {
  const { watts } = run.settings;
  const own = `${stage}-${fingerprint}`;
  const folder = run.at("checkpoints");
  await Deno.mkdir(folder, { recursive: true });
  for await (const { name } of Deno.readDir(folder)) { // those of other settings
    if (name.startsWith(`${stage}-`) && name !== own) {
      await Deno.remove(`${folder}/${name}`, { recursive: true });
    }
  }
  return { checkpoint: `${folder}/${own}`, keep: 1, ...watts !== undefined && { energy: { watts } } };
}

/** Runs a trainer, or goes on where it was, and saves the model in `folder`. */
async function trained(
  trainer: Trainer,
  folder: string,
  { steps, batchTokens }: { steps: number; batchTokens: number },
): Promise<TrainingFacts> {
  const { model } = trainer;
  const result = await runOrResume(trainer).finished;
  if (result.status === "stopped") throw new DOMException("The run was stopped", "AbortError");
  await model.save(folder);
  const { parameters, flop } = model.plan({ tokens: steps * batchTokens, batchTokens }).facts;
  const { history, evaluations, exact, seconds, energy } = result;
  return {
    parameters: parameters.total,
    flop,
    tokens: steps * batchTokens,
    losses: history.map(({ loss }) => loss),
    scores: evaluations.map(({ step, result }) => {
      const { results } = JSON.parse(JSON.stringify(result));
      return { tokens: step * batchTokens, results };
    }),
    exact,
    seconds,
    wattHours: energy?.wattHours,
    power: energy?.source ?? "",
  };
}

/** Starts the run; where its folder holds checkpoints, it goes on from the newest one. */
function runOrResume(trainer: Trainer): Run {
  try {
    return trainer.run();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return trainer.resume();
  }
}
