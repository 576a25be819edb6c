/**
 * What a checkpoint of a stage of adapters holds beside the model, which has them merged in: the adapters in PEFT's format,
 * in a folder of their own, and the frozen weights that they were merged into.
 *
 * Not beside the model's own files: a library that finds an adapter there would add it to the merged weights again.
 *
 * @module
 */
import { readSafetensors, type TensorEntry, writeSafetensors } from "../../formats/mod.ts";
import type { Adapters, LoraSettings, NamedTensors, NamedWeights, Parameter } from "../../model/mod.ts";

/** Names inside a checkpoint. */
const FOLDER = "adapter";
const WEIGHTS = `${FOLDER}/adapter_model.safetensors`;
const FROZEN = "frozen.safetensors";

/** Writes both into the folder of a checkpoint. */
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

/** Puts them back into a training step, and the model with them. */
export async function restoreAdapters(folder: string, adapters: Adapters): Promise<void> {
  const [own, frozen] = await Promise.all(
    [WEIGHTS, FROZEN].map((name) => readSafetensors(`${folder}/${name}`)),
  );
  adapters.restore({ adapters: floats(own.tensors), frozen: floats(frozen.tensors) });
}

function entries(parameters: readonly Parameter[], named: NamedWeights): TensorEntry[] {
  return parameters.map(({ name, shape }) => ({ name, shape, data: named.get(name)! }));
}

function floats(tensors: Awaited<ReturnType<typeof readSafetensors>>["tensors"]): NamedTensors {
  return [...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }]);
}

/** The configuration that `PeftModel.from_pretrained(base, "adapter")` reads; the base is what the stage began with. */
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
