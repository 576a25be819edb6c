/**
 * The files of LoRA adapters in a checkpoint: the adapters in PEFT's format, and the frozen weights under them.
 *
 * The model in the checkpoint has the adapters merged in. They stand in a folder of their own, since a library that finds
 * adapters beside a model would add them to the merged weights again.
 *
 * @module
 */
import type { Ranks } from "../../base/exchange.ts";
import { together } from "../../base/together.ts";
import type { Adapters, LoraSettings } from "../../model/mod.ts";
import { collectFiles } from "../../model/ranks/collect.ts";
import { type HeldParameters, wholeParameters } from "../../model/ranks/held_parameters.ts";
import { spreadParameters } from "../../model/ranks/spread.ts";
import { checkMatrices } from "../../model/weights/weight_source.ts";
import { writeParameterFile } from "./moment_files.ts";
import { openSafetensors } from "../../formats/mod.ts";

/** Names inside a checkpoint. */
const FOLDER = "adapter";
const WEIGHTS = `${FOLDER}/adapter_model.safetensors`;
const FROZEN = "frozen.safetensors";

/** The two files of adapters, with what is in them. */
function filesOf({ held }: Adapters): [name: string, held: HeldParameters][] {
  return [[WEIGHTS, held.adapters], [FROZEN, held.frozen]];
}

/**
 * Writes adapters and frozen weights into the folder of a checkpoint. Every rank calls it.
 *
 * @returns the names of the files that this rank has written
 */
export async function writeAdapters(
  folder: string,
  ranks: Ranks,
  adapters: Adapters,
  signal: AbortSignal,
): Promise<string[]> {
  const { world } = ranks;
  await together(world, "adapters", async () => {
    if (world.rank > 0) return;
    await Deno.mkdir(`${folder}/${FOLDER}`);
    await Deno.writeTextFile(`${folder}/${FOLDER}/adapter_config.json`, peftConfig(adapters.layout.settings));
  });
  const files = filesOf(adapters).map(([name, held]) => {
    const parameters = wholeParameters(held.layout.parameters);
    return {
      content: [{ held, from: 0, to: parameters.length }],
      write: writeParameterFile(`${folder}/${name}`, parameters, { metadata: { format: "pt" }, signal }),
    };
  });
  const own = await collectFiles(ranks, files, { signal });
  return own.map((i) => filesOf(adapters)[i][0]);
}

/**
 * Restores adapters and frozen weights from the folder of a checkpoint, and with them the model's merged weights. Every rank
 * calls it.
 *
 * @throws {FormatError} for a file that is missing, or of another shape
 */
export async function restoreAdapters(folder: string, ranks: Ranks, adapters: Adapters): Promise<void> {
  for (const [name, held] of filesOf(adapters)) {
    const path = `${folder}/${name}`;
    using file = await together(ranks.world, name, () => openSafetensors(path));
    const matrices = new Map(file.names.map((name) => [name, file.matrix(name)]));
    checkMatrices(held.layout, matrices, path);
    await spreadParameters(ranks, held, matrices);
  }
  adapters.merge();
}

/** Returns the configuration for `PeftModel.from_pretrained(base, "adapter")`, the base being the model before the stage. */
function peftConfig({ rank, alpha, targets }: LoraSettings): string {
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: null,
    inference_mode: true,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    target_modules: targets,
    bias: "none",
    fan_in_fan_out: false,
    use_rslora: false,
    modules_to_save: null,
  };
  return JSON.stringify(config, null, 2) + "\n";
}
