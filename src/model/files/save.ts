/**
 * Writing a model in the format that was asked for.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { writeText } from "./json_files.ts";
import { writeHfFolder } from "./hf_folder.ts";
import { modelCard } from "./model_card.ts";
import type { SaveSettings } from "../model_options.ts";
import { GGUF_FILE } from "./open_model.ts";
import type { ModelState } from "../model_state.ts";
import type { ParameterPieces } from "../weights/stream_weights.ts";
import { writeGgufModel } from "./gguf/write.ts";

const TYPES = { f32: "F32", f16: "F16", q8_0: "Q8_0" } as const;

/**
 * Writes the model to `path`, with the weights that `pieces` gives in the order of its layout.
 *
 * @throws {ConfigError} for a packing that Hugging Face folders do not have
 */
export async function saveModel(
  model: ModelState,
  path: string,
  { format = path.endsWith(".gguf") ? "gguf" : "hf", dtype, shardBytes, signal }: SaveSettings,
  pieces: AsyncGenerator<ParameterPieces>,
): Promise<void> {
  const { config, tokenizer, name, layout } = model;
  if (format === "gguf") {
    const folder = path.endsWith(".gguf") ? path.replace(/(^|[/\\])[^/\\]*$/, "") : path;
    if (folder) await Deno.mkdir(folder, { recursive: true });
    const file = path.endsWith(".gguf") ? path : `${path}/${GGUF_FILE}`;
    const content = { name, config, tokenizer, type: TYPES[dtype], signal };
    return await writeGgufModel(file, content, layout.parameters, pieces);
  }
  if (dtype !== "f32") {
    throw new ConfigError(
      `Cannot save a Hugging Face folder as "${dtype}": its weights are "f32", choose format "gguf"`,
      {
        path: "Model.save.dtype",
        value: dtype,
      },
    );
  }
  const ids = { bos: tokenizer?.bosId ?? 1, eos: tokenizer?.eosId ?? 2 };
  await writeHfFolder(path, { config, ids, shardBytes }, layout.parameters, pieces);
  await tokenizer?.save(path);
  await writeText(`${path}/README.md`, modelCard(model));
}
