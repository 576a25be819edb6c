/**
 * Reading a model folder in Hugging Face's layout: config.json, generation_config.json, and the weights in one file or in
 * several with an index.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { openSafetensors, type SafetensorsFile } from "../../formats/mod.ts";
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import { openTorchFile, type TorchFile } from "../../formats/tensors/torch_file.ts";
import { foreignVocabulary } from "../../tokenizer/files/files.ts";
import { Tokenizer } from "../../tokenizer/mod.ts";
import { readHfConfig, readSettings } from "./hf_config.ts";
import { checkDownload, isFile } from "./json_files.ts";
import { weightFiles } from "./weight_files.ts";
import { matricesDiffer, type WeightSource } from "../weights/weight_source.ts";

const TABLE = "model.embed_tokens.weight";
const OUTPUT = "lm_head.weight";

/**
 * Opens a model folder.
 *
 * @throws {FormatError} naming the file and what is wrong with it
 */
export async function openHfFolder(folder: string): Promise<WeightSource> {
  const { config, fields } = await readHfConfig(`${folder}/config.json`);
  const settings = await readSettings(folder, fields);
  if (await isFile(`${folder}/adapter_config.json`)) {
    throw new FormatError(
      "an adapter stands beside the model, and it is not clear whether the weights include it: merge it into them, " +
        "or move adapter_config.json and adapter_model.* away",
      { file: `${folder}/adapter_config.json` },
    );
  }
  const { file, paths, torch } = await weightFiles(folder);
  const files: (SafetensorsFile | TorchFile)[] = [];
  const close = () => files.forEach((file) => file.close());
  try {
    const tensors = new Map<string, FileMatrix>();
    for (const path of paths) {
      await checkDownload(path);
      const opened = torch ? await openTorchFile(path) : await openSafetensors(path);
      files.push(opened);
      for (const name of opened.tensors.keys()) {
        if (tensors.has(name)) throw new FormatError(`tensor ${name} is in two files`, { file: path });
        if (/\.(qweight|qzeros|g_idx|absmax|quant_map|weight_packed)$/.test(name)) {
          throw new FormatError(
            `tensor ${name} is quantized (GPTQ, AWQ or bitsandbytes): take the repository of the unquantized model`,
            { file: path },
          );
        }
        tensors.set(name, "matrix" in opened ? opened.matrix(name) : opened.tensors.get(name)!);
      }
    }
    const untied = config.tieEmbeddings && await matricesDiffer(tensors.get(TABLE), tensors.get(OUTPUT));
    if (!config.tieEmbeddings && !tensors.has(OUTPUT) && tensors.has(TABLE)) {
      throw new FormatError(
        `tensor ${OUTPUT} is missing. If the output matrix is the table, config.json must say "tie_word_embeddings": true`,
        { file },
      );
    }
    const notes = [
      `config.json says tie_word_embeddings, but ${OUTPUT} differs from the table: both are kept`,
    ];
    return {
      file,
      config: untied ? { ...config, tieEmbeddings: false } : config,
      tensors,
      settings,
      notes: untied ? notes : [],
      tokenizer,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }

  async function tokenizer(): Promise<Tokenizer | undefined> {
    for (const name of ["tokenizer.json", "tokenizer.model"]) {
      const path = `${folder}/${name}`;
      if (!await isFile(path)) continue;
      await checkDownload(path);
      return await Tokenizer.load(path);
    }
    const remedy = await foreignVocabulary(folder);
    if (remedy === undefined) return undefined;
    throw new FormatError(`Cannot load the tokenizer: ${remedy}, or give Model.load(..., { tokenizer })`, {
      file: folder,
    });
  }
}
