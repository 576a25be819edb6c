/**
 * Saving a model as a Hugging Face folder, a folder for this package alone, or a GGUF file.
 *
 * @module
 */
import { basename } from "node:path";
import { ConfigError } from "../../base/errors.ts";
import { bytes as showBytes, type ProgressOptions, withProgress } from "../../display/mod.ts";
import { writeText } from "./json_files.ts";
import { together } from "../../base/together.ts";
import { completeHfFolder, hfFiles, removeEarlierTokenizer } from "./write_hf_folder.ts";
import { settingsToSave } from "../architecture/generation_settings.ts";
import { modelCard } from "./model_card.ts";
import { changedParts } from "../architecture/parts.ts";
import type { SaveSettings } from "../model_options.ts";
import { GGUF_FILE } from "./open_model.ts";
import { heldWeights, type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { collectFiles } from "../ranks/collect.ts";
import { wholeParameters } from "../ranks/held_parameters.ts";
import { makeSharedFolder } from "../ranks/shared_folder.ts";
import { countedPieces, parameterBytes, type ParameterPieces } from "../weights/stream_weights.ts";
import type { Parameter } from "../weights/weight_layout.ts";
import { writeGgufModel } from "./gguf/write.ts";

const GGUF_TYPES = { f32: "F32", f16: "F16", q8_0: "Q8_0" } as const;

/**
 * Writes a model to `path`; see `model.save` for the files. Every rank that trains or uses the model calls it.
 *
 * @returns the names of the files of weights in a folder that this rank has written
 * @throws {ConfigError} for a number format that folders do not have, and for parts that the format does not have
 */
export async function saveModel(
  model: ModelHandle,
  path: string,
  { format = path.endsWith(".gguf") ? "gguf" : "hf", dtype: wanted, shardBytes, signal }: SaveSettings,
): Promise<string[]> {
  const state = stateOf(model);
  const { config, tokenizer, settings, name, ranks } = state;
  const { world } = ranks;
  if (format !== "llamero") refuseParts(state, format);
  const dtype = wanted ?? heldType(state, format);
  const parameters = wholeParameters(state.layout.parameters);
  const held = heldWeights(state);
  if (format === "gguf") {
    const folder = path.endsWith(".gguf") ? path.replace(/(^|[/\\])[^/\\]*$/, "") : path;
    if (folder) await makeSharedFolder(world, folder, "Model.save");
    const file = path.endsWith(".gguf") ? path : `${path}/${GGUF_FILE}`;
    const content = { name, config, tokenizer, settings, type: GGUF_TYPES[dtype], signal };
    await withProgress(`writing ${basename(file)}`, progressOf(parameters), async (progress) => {
      const write = (pieces: AsyncGenerator<ParameterPieces>) =>
        writeGgufModel(file, content, parameters, countedPieces(pieces, (bytes) => progress.add(bytes)));
      await collectFiles(ranks, [{ content: [{ held, from: 0, to: parameters.length }], write }], { signal });
    });
    return [];
  }
  if (dtype === "q8_0") {
    throw new ConfigError(
      `Cannot save a folder as "${dtype}": its weights are "f32" or "f16", choose format "gguf"`,
      {
        path: "Model.save.dtype",
        value: dtype,
      },
    );
  }
  await makeSharedFolder(world, path, "Model.save");
  const files = hfFiles(path, { shardBytes, dtype }, parameters);
  const own = await withProgress(`writing ${basename(path)}`, progressOf(parameters), (progress) => {
    const onBytes = (bytes: number) => progress.add(bytes * world.size); // the other ranks are about as far
    const collected = files.map(({ from, to, write }) => ({
      content: [{ held, from, to }],
      write: (pieces: AsyncGenerator<ParameterPieces>) => write(countedPieces(pieces, onBytes)),
    }));
    return collectFiles(ranks, collected, { signal });
  });
  await together(world, "model folder", async () => {
    if (world.rank > 0) return;
    const saved = settingsToSave(settings, { bos: tokenizer?.bosId, eos: tokenizer?.eosIds });
    const own = format === "llamero";
    await completeHfFolder(path, { config, settings: saved, dtype, own }, parameters, files);
    await removeEarlierTokenizer(path, tokenizer === undefined);
    await tokenizer?.save(path);
    await writeText(`${path}/README.md`, modelCard(model));
  });
  return own.map((i) => files[i].name);
}

/**
 * Refuses a format that other programs read for a model with parts that they do not have.
 *
 * @throws {ConfigError} naming the parts
 */
function refuseParts({ config, name }: ModelState, format: "hf" | "gguf"): void {
  const parts = changedParts(config);
  if (parts.length === 0) return;
  const wanted = format === "hf" ? "a Hugging Face folder" : "a GGUF file";
  throw new ConfigError(
    `Cannot save "${name}" as ${wanted}: it has ${
      parts.join(", ")
    }, and a LLaMA in that format has RMSNorm, SwiGLU and ` +
      `rotary positions. Save it for this package alone, model.save(folder, { format: "llamero" }), as a trainer's ` +
      "checkpoints are, and load it with Model.load(folder)",
    { path: "Model.save.format", value: format },
  );
}

/** Returns the options of the progress of writing weights, of which the bytes in f32 are counted. */
function progressOf(parameters: readonly Parameter[]): ProgressOptions {
  return { total: parameterBytes({ parameters }), format: showBytes };
}

/** Returns the number format that writes the weights as the model holds them. */
function heldType(
  { trained, master, dtype }: ModelState,
  format: SaveSettings["format"],
): "f32" | "f16" | "q8_0" {
  if (trained || master || dtype === "f32") return "f32";
  if (dtype === "f16") return "f16";
  return format === "gguf" ? "q8_0" : "f32";
}
