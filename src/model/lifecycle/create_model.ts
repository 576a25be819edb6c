/**
 * Making a model: a new one with initial weights, and a second one with the weights of another.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { together } from "../../base/together.ts";
import { parseOptions } from "../../base/schema.ts";
import { bytes as showBytes, withProgress } from "../../display/mod.ts";
import { tune } from "../../ops/mod.ts";
import { openWorld, singleGroup } from "../../parallel/mod.ts";
import { type ModelShape, resolveConfig } from "../architecture/config.ts";
import { checkVocabulary, needlessFactor } from "../files/check_fit.ts";
import { type ModelOptions, modelOptionsSchema } from "../model_options.ts";
import { type ModelHandle, ModelState, stateOf } from "../model_state.ts";
import { initialWeights } from "../weights/init.ts";
import { fillArena, parameterBytes } from "../weights/stream_weights.ts";
import { spreadParameters } from "../ranks/spread.ts";
import { checkOwnParts } from "./check_parts.ts";
import { adoptKernels, openModelRanks, requireAlike } from "./model_ranks.ts";
import { sharedDevice } from "./shared_device.ts";

/**
 * Makes a model with initial weights.
 *
 * @throws {ConfigError} for an unknown preset or option, a part of the user's own that cannot be recorded, or a vocabulary
 * smaller than the tokenizer's
 * @throws {DeviceError} without an adapter, or when the model does not fit
 */
export async function createModel(
  source: string | ModelShape,
  options: ModelOptions = {},
): Promise<ModelState> {
  await openWorld(); // so that an error that all ranks have is shown once
  const { tokenizer, context, parts, seed, dtype, name, ...o } = parseOptions(
    modelOptionsSchema,
    options,
    "Model.create",
  );
  if (dtype === "q8") {
    throw new ConfigError(
      'Cannot use Model.create.dtype: "q8" is for models that are loaded and only used, choose "f16" or "f32"',
      { path: "Model.create.dtype", value: dtype },
    );
  }
  if (o.ropeFactor !== undefined) throw needlessFactor("a new model takes ropeScaling in its shape");
  const preset = typeof source === "string" ? source : undefined;
  const ownVocabSize = typeof source === "string" ? undefined : source?.vocabSize;
  const config = resolveConfig(source, { vocabSize: ownVocabSize ?? tokenizer?.vocabSize, context, parts });
  checkVocabulary(config, tokenizer);
  const ranks = await openModelRanks(config, o.parallel, "Model.create");
  const shared = ranks.model.size > 1;
  if (shared) await requireAlike(ranks, { config, seed, dtype }, "Model.create");
  const fallbackName = preset ?? "model";
  const group = shared ? ranks.world : singleGroup;
  const device = await together(group, "device", async () => {
    const device = o.device ?? await sharedDevice();
    await tune(device);
    return device;
  });
  checkOwnParts(config, device, dtype);
  await adoptKernels(device, ranks.model);
  const allocation = { name, fallbackName, dtype, trained: true, preset, ranks };
  const state = await together(
    group,
    "memory of the model",
    () => ModelState.allocate(device, config, allocation),
  );
  try {
    const check = () => state.requireAlive(); // another model of the same name disposes this one
    const weights = initialWeights(state.layout, seed);
    const { layout, store } = state;
    const drawing = { total: parameterBytes(layout), format: showBytes };
    await withProgress(`drawing the weights of ${state.name}`, drawing, async (progress) => {
      const transfer = { check, onBytes: (bytes: number) => progress.add(bytes) };
      if (!shared) await fillArena(device, layout, store, weights, transfer); // each rank draws its own
      else {await spreadParameters(ranks, { device, layout, store }, weights, {
          ...transfer,
          deal: "tensors",
        });}
    });
    state.pack();
  } catch (error) {
    state.dispose();
    throw error;
  }
  state.tokenizer = tokenizer;
  return state;
}

/** Makes a second model with the same weights and tokenizer; the weights are copied on the GPU. */
export async function cloneModel(model: ModelHandle, name?: string): Promise<ModelState> {
  const source = stateOf(model);
  const { device, config, dtype, master, preset, tokenizer, settings, notes, ranks } = source;
  const fallbackName = `${source.name} copy`;
  const trained = source.trained !== undefined;
  const copy = await ModelState.allocate(device, config, {
    name,
    fallbackName,
    dtype,
    trained,
    master,
    preset,
    ranks,
  });
  const encoder = device.gpu.createCommandEncoder();
  if (source.trained) copy.trained!.copyFrom(encoder, source.trained);
  if (master) copy.master!.copyFrom(encoder, master);
  if (source.packed) copy.packed!.copyFrom(encoder, source.packed);
  device.gpu.queue.submit([encoder.finish()]);
  Object.assign(copy, { tokenizer, settings, notes });
  return copy;
}
