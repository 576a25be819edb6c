/**
 * Loading the weights of a checkpoint: into a new model, or in place of the weights that a model has.
 *
 * @module
 */
import { ConfigError, FormatError } from "../../base/errors.ts";
import { gatherValues, type Group, type Ranks } from "../../base/exchange.ts";
import { together } from "../../base/together.ts";
import { checkPath, parseOptions } from "../../base/schema.ts";
import { bytes as showBytes, withProgress } from "../../display/mod.ts";
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import { tune } from "../../ops/mod.ts";
import { openWorld, singleRanks } from "../../parallel/mod.ts";
import { checkConfig, type ModelConfig } from "../architecture/config.ts";
import { eosIdsIn } from "../architecture/generation_settings.ts";
import { changedParts, joinParts, positionOf } from "../architecture/parts.ts";
import { checkContext, checkVocabulary } from "../files/check_fit.ts";
import { fetchModel } from "../files/hub.ts";
import { openWeights } from "../files/open_model.ts";
import { type ModelOptions, modelOptionsSchema, type ModelSettings } from "../model_options.ts";
import { type ModelHandle, ModelState, stateOf } from "../model_state.ts";
import { spreadParameters } from "../ranks/spread.ts";
import { parameterBytes } from "../weights/stream_weights.ts";
import { positionsName } from "../weights/weight_layout.ts";
import { checkWeights, type WeightSource } from "../weights/weight_source.ts";
import { checkOwnParts } from "./check_parts.ts";
import { adoptKernels, openModelRanks, requireAlike } from "./model_ranks.ts";
import { sharedDevice } from "./shared_device.ts";

/**
 * Loads a model from a folder, a file or the hub; see `Model.load` for the formats.
 *
 * @throws {ConfigError} for a path that is none
 * @throws {FormatError} naming the file and what is wrong with it
 * @throws {DataError} when a download fails
 */
export async function loadModel(path: string, options: ModelOptions = {}): Promise<ModelState> {
  const world = await openWorld(); // first, so that an error that all ranks have is shown once
  checkPath(path, "Model.load");
  const settings = parseOptions(modelOptionsSchema, options, "Model.load");
  const local = await fetchOnce(world, path, settings.signal);
  const source = await together(
    world,
    "model files",
    () => openWeights(local, { ropeFactor: settings.ropeFactor }),
  );
  try {
    return await readModel(source, settings, baseNameOf(local));
  } finally {
    source.close();
  }
}

/** Returns the local path of a model; rank 0 downloads one of the hub before the others look for it. */
async function fetchOnce(world: Group, path: string, signal?: AbortSignal): Promise<string> {
  if (!path.startsWith("hf://")) return path;
  const fetched = world.rank === 0 ? fetchModel(path, signal) : undefined;
  await together(world, "download", () => fetched);
  return await (fetched ?? fetchModel(path, signal));
}

/** Returns the name of a folder or a GGUF file, without its folders and its extension. */
function baseNameOf(path: string): string | undefined {
  return /[^/\\]+$/.exec(path.replace(/(\.gguf|[/\\]+)$/, ""))?.[0];
}

async function readModel(
  source: WeightSource,
  { signal, name, dtype, ...o }: ModelSettings,
  fallbackName = "model",
): Promise<ModelState> {
  const config = loadedConfig(source, o);
  const weights = cutPositions(checkWeights(source), config);
  const device = o.device ?? await sharedDevice();
  checkContext(config, device, source.file);
  const stored = o.tokenizer ? undefined : await source.tokenizer();
  const tokenizer = o.tokenizer ?? stored?.withEosIds(eosIdsIn(source.settings) ?? []);
  checkVocabulary(config, tokenizer, { file: source.file, stored: stored !== undefined });
  const ranks = await openModelRanks(config, o.parallel, "Model.load");
  const readers = await readersOf(ranks, { file: source.file, config, dtype });
  await together(readers.world, "device", () => tune(device));
  checkOwnParts(config, device, dtype);
  await adoptKernels(device, ranks.model);
  const allocation = { name, fallbackName, dtype, ranks };
  const state = await together(
    readers.world,
    "memory of the model",
    () => ModelState.allocate(device, config, allocation),
  );
  try {
    const check = () => state.requireAlive(); // another load of the same name disposes this model
    const { layout, store } = state;
    const loading = { total: parameterBytes(layout), format: showBytes };
    await withProgress(`loading ${fallbackName}`, loading, (progress) => {
      const onBytes = (bytes: number) => progress.add(bytes);
      return spreadParameters(readers, { device, layout, store }, weights, { signal, onBytes, check });
    });
    check();
  } catch (error) {
    state.dispose();
    throw error;
  }
  state.tokenizer = tokenizer;
  state.settings = source.settings;
  const extra = (tokenizer?.vocabSize ?? 0) - config.vocabSize;
  const beyond = `the tokenizer has ${extra} ids beyond the model's, which are refused where a text has them`;
  state.notes = [...source.notes ?? [], ...extra > 0 ? [beyond] : []];
  return state;
}

/**
 * Returns the configuration of a model that is loaded: that of its files, with the context and the functions of the options.
 *
 * @throws {ConfigError} for parts that are not those of the files, and for a context beyond the learned positions
 */
function loadedConfig(
  { config, file }: WeightSource,
  { context, parts }: Pick<ModelSettings, "context" | "parts">,
): ModelConfig {
  if (context && context > config.context && positionOf(config) === "learned") {
    throw new ConfigError(
      `${file}: Cannot use Model.load.context: the model learned positions for ${config.context} tokens and has none for more, ` +
        `current value is ${context}. Give at most ${config.context}, or train a model with position "rope"`,
      { path: "Model.load.context", value: context },
    );
  }
  const chosen = joinParts(config.parts, parts, file);
  const loaded = { ...config, ...(context && { context }), ...(chosen && { parts: chosen }) };
  checkConfig(loaded);
  return loaded;
}

/** Cuts the table of learned positions to a shorter context. */
function cutPositions(
  weights: Map<string, FileMatrix>,
  { dim, context }: ModelConfig,
): Map<string, FileMatrix> {
  const table = weights.get(positionsName);
  if (!table || table.shape[0] === context) return weights;
  const { file } = table;
  const read = (start: number, count: number) => table.read(start, count);
  return weights.set(positionsName, { file, shape: [context, dim], read });
}

/**
 * Returns the ranks that read a model together: all, or this one alone where data ranks load different models.
 *
 * @throws {ConfigError} for ranks of one copy that load different models
 */
async function readersOf(ranks: Ranks, model: Readonly<Record<string, unknown>>): Promise<Ranks> {
  if (ranks.model.size > 1) {
    await requireAlike(ranks, model, "Model.load");
    return ranks;
  }
  const all = await gatherValues(ranks.world, model, "model files");
  return new Set(all.map((one) => JSON.stringify(one))).size === 1 ? ranks : singleRanks;
}

/**
 * Replaces all weights of a model that is trained by those of a checkpoint of the same shape. With `device` the model moves there, as
 * after the loss of its own.
 *
 * @throws {FormatError} naming what is wrong with the checkpoint
 */
export async function restoreModel(
  model: ModelHandle,
  path: string,
  { device, signal }: Pick<ModelOptions, "device" | "signal"> = {},
): Promise<void> {
  const state = stateOf(model);
  const source = await openWeights(path);
  try {
    const weights = checkWeights(source);
    requireParts(state, source);
    if (device) {
      await tune(device);
      await state.moveTo(device);
    }
    if (!state.master) await state.requireTrained();
    const { ranks, layout, store } = state;
    await spreadParameters(ranks, { device: state.device, layout, store }, weights, { signal });
    state.pack();
  } finally {
    source.close();
  }
}

/** Refuses a checkpoint of a model with other parts: its weights would mean something else. */
function requireParts({ config, name }: ModelState, source: WeightSource): void {
  const [own, stored] = [config, source.config].map((one) =>
    changedParts(one).join(", ") || "the paper's parts"
  );
  if (own === stored) return;
  throw new FormatError(`the checkpoint is of a model with ${stored}, "${name}" has ${own}`, {
    file: source.file,
  });
}
