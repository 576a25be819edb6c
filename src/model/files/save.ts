/**
 * Saving a model as a Hugging Face folder or a GGUF file.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { writeText } from "./json_files.ts";
import { removeEarlierTokenizer, writeHfFolder } from "./write_hf_folder.ts";
import { settingsToSave } from "../architecture/generation_settings.ts";
import { modelCard } from "./model_card.ts";
import type { SaveSettings } from "../model_options.ts";
import { GGUF_FILE } from "./open_model.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { drainArena } from "../weights/stream_weights.ts";
import { writeGgufModel } from "./gguf/write.ts";

const GGUF_TYPES = { f32: "F32", f16: "F16", q8_0: "Q8_0" } as const;

/**
 * Writes a model to `path`; see `model.save` for the files.
 *
 * @throws {ConfigError} for a number format that Hugging Face folders do not have
 */
export async function saveModel(
  model: ModelHandle,
  path: string,
  { format = path.endsWith(".gguf") ? "gguf" : "hf", dtype: wanted, shardBytes, signal }: SaveSettings,
): Promise<void> {
  const state = stateOf(model);
  const { device, store, config, tokenizer, settings, name, layout } = state;
  const dtype = wanted ?? heldType(state, format);
  const pieces = drainArena(device, layout, store, { signal });
  if (format === "gguf") {
    const folder = path.endsWith(".gguf") ? path.replace(/(^|[/\\])[^/\\]*$/, "") : path;
    if (folder) await Deno.mkdir(folder, { recursive: true });
    const file = path.endsWith(".gguf") ? path : `${path}/${GGUF_FILE}`;
    const content = { name, config, tokenizer, settings, type: GGUF_TYPES[dtype], signal };
    return await writeGgufModel(file, content, layout.parameters, pieces);
  }
  if (dtype === "q8_0") {
    throw new ConfigError(
      `Cannot save a Hugging Face folder as "${dtype}": its weights are "f32" or "f16", choose format "gguf"`,
      {
        path: "Model.save.dtype",
        value: dtype,
      },
    );
  }
  const saved = settingsToSave(settings, { bos: tokenizer?.bosId, eos: tokenizer?.eosIds });
  await writeHfFolder(path, { config, settings: saved, shardBytes, dtype }, layout.parameters, pieces);
  await removeEarlierTokenizer(path, tokenizer === undefined);
  await tokenizer?.save(path);
  await writeText(`${path}/README.md`, modelCard(model));
}

/** Returns the number format that writes the weights as the model holds them. */
function heldType({ trained, dtype }: ModelState, format: "hf" | "gguf"): "f32" | "f16" | "q8_0" {
  if (trained || dtype === "f32") return "f32";
  if (dtype === "f16") return "f16";
  return format === "gguf" ? "q8_0" : "f32";
}
