/**
 * The first step of a new process: recording, compiling and one step, with the driver's cache warm and cold.
 *
 * @module
 */
import { ask, ownStep } from "./child.ts";
import type { Section } from "./figure.ts";
import { checkLosses } from "./step.ts";
import { makeStart, writeStart } from "./start.ts";

/** Starts three processes: one fills the driver's cache, one finds it filled, one finds none. */
export async function firstStepSection(): Promise<Section> {
  const folder = await Deno.makeTempDir({ prefix: "llamero-bench-" });
  const start = `${folder}/start.safetensors`;
  try {
    await writeStart(start, makeStart());
    await ask(ownStep(start, 1));
    const warm = await ask(ownStep(start, 5));
    const cold = await ask(ownStep(start, 5, cacheIn(`${folder}/shaders`)));
    const figure = (name: string, { firstMs, losses }: typeof warm) => ({
      name,
      value: firstMs / 1e3,
      unit: "s" as const,
      note: checkLosses(losses),
    });
    const about =
      "Recording, compiling and one step of the bench model in a new process. Mesa keeps compiled " +
      "kernels on the disk; cold is with an empty folder in their place.";
    const figures = [figure("driver's cache warm", warm), figure("driver's cache cold", cold)];
    return { name: "First step", about, figures };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Moves Mesa's cache to another folder; other drivers ignore the variable. */
function cacheIn(folder: string): Record<string, string> {
  return { MESA_SHADER_CACHE_DIR: folder };
}
