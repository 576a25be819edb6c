/**
 * The files of LoRA adapters in a checkpoint: the adapters in PEFT's format, and the frozen weights under them.
 *
 * The model in the checkpoint has the adapters merged in. They stand in a folder of their own, since a library that finds
 * adapters beside a model would add them to the merged weights again.
 *
 * @module
 */
import { readSafetensors, type TensorEntry, writeSafetensors } from "../../formats/mod.ts";
import type { Adapters, LoraSettings, NamedTensors, NamedWeights, Parameter } from "../../model/mod.ts";

/** Names inside a checkpoint. */
const FOLDER = "adapter";
const WEIGHTS = `${FOLDER}/adapter_model.safetensors`;
const FROZEN = "frozen.safetensors";

/** Writes adapters and frozen weights into the folder of a checkpoint. */
export async function writeAdapters(folder: string, adapters: Adapters, signal: AbortSignal): Promise<void> {
  const { layout } = adapters;
  const read = await adapters.read();
  const metadata = { format: "pt" };
  await Deno.mkdir(`${folder}/${FOLDER}`);
  await writeSafetensors(`${folder}/${WEIGHTS}`, entries(layout.parameters, read.adapters), {
    metadata,
    signal,
  });
  await Deno.writeTextFile(`${folder}/${FOLDER}/adapter_config.json`, peftConfig(layout.settings));
  await writeSafetensors(`${folder}/${FROZEN}`, entries(layout.frozen.parameters, read.frozen), {
    metadata,
    signal,
  });
}

/**
 * Restores adapters and frozen weights from the folder of a checkpoint, and with them the model's merged weights.
 *
 * @throws {FormatError} for a file that is missing, or of another shape
 */
export async function restoreAdapters(folder: string, adapters: Adapters): Promise<void> {
  const [lora, frozen] = await Promise.all(
    [WEIGHTS, FROZEN].map((name) => readSafetensors(`${folder}/${name}`)),
  );
  adapters.restore({ adapters: floats(lora.tensors), frozen: floats(frozen.tensors) });
}

function entries(parameters: readonly Parameter[], named: NamedWeights): TensorEntry[] {
  return parameters.map(({ name, shape }) => ({ name, shape, data: named.get(name)! }));
}

function floats(tensors: Awaited<ReturnType<typeof readSafetensors>>["tensors"]): NamedTensors {
  return [...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }]);
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
