/**
 * Loading the weights of a checkpoint: into a new model, or in place of the weights that a model has.
 *
 * @module
 */
import { checkPath, parseOptions } from "../../base/schema.ts";
import { bytes as showBytes, Progress } from "../../display/mod.ts";
import { tune } from "../../ops/mod.ts";
import { checkConfig } from "../architecture/config.ts";
import { eosIdsIn } from "../architecture/generation_settings.ts";
import { checkContext, checkVocabulary } from "../files/check_fit.ts";
import { fetchModel } from "../files/hub.ts";
import { openWeights } from "../files/open_model.ts";
import { type ModelOptions, modelOptionsSchema, type ModelSettings } from "../model_options.ts";
import { type ModelHandle, ModelState, stateOf } from "../model_state.ts";
import { fillArena, parameterBytes } from "../weights/stream_weights.ts";
import { checkWeights, type WeightSource } from "../weights/weight_source.ts";
import { openModelRanks } from "./model_ranks.ts";
import { sharedDevice } from "./shared_device.ts";

/**
 * Loads a model from a folder, a file or the hub; see `Model.load` for the formats.
 *
 * @throws {ConfigError} for a path that is none
 * @throws {FormatError} naming the file and what is wrong with it
 * @throws {DataError} when a download fails
 */
export async function loadModel(path: string, options: ModelOptions = {}): Promise<ModelState> {
  checkPath(path, "Model.load");
  const settings = parseOptions(modelOptionsSchema, options, "Model.load");
  const local = path.startsWith("hf://") ? await fetchModel(path, settings.signal) : path;
  const source = await openWeights(local, { ropeFactor: settings.ropeFactor });
  try {
    return await readModel(source, settings, baseNameOf(local));
  } finally {
    source.close();
  }
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
  const weights = checkWeights(source);
  const device = o.device ?? await sharedDevice();
  const config = { ...source.config, ...(o.context && { context: o.context }) };
  checkConfig(config);
  checkContext(config, device, source.file);
  const stored = o.tokenizer ? undefined : await source.tokenizer();
  const tokenizer = o.tokenizer ?? stored?.withEosIds(eosIdsIn(source.settings) ?? []);
  checkVocabulary(config, tokenizer, { file: source.file, stored: stored !== undefined });
  const ranks = await openModelRanks(config, o.parallel, "Model.load");
  await tune(device);
  const state = await ModelState.allocate(device, config, { name, fallbackName, dtype, ranks });
  try {
    await using progress = new Progress(`loading ${fallbackName}`, {
      total: parameterBytes(state.layout),
      format: showBytes,
    });
    const onBytes = (bytes: number) => progress.add(bytes);
    const check = () => state.requireAlive(); // another load of the same name disposes this model
    await fillArena(device, state.layout, state.store, weights, { signal, onBytes, check });
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
    if (device) {
      await tune(device);
      await state.moveTo(device);
    }
    await state.requireTrained();
    await fillArena(state.device, state.layout, state.store, weights, { signal });
    state.pack();
  } finally {
    source.close();
  }
}
